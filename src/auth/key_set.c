// PEM and JWK sets. Contract in key_set.h.
#include "auth/key_set.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

typedef struct member {
    auth_verifier *key;
    char *kid;  // NULL: it has no name
    bool bound; // it is for one algorithm only
    auth_algorithm algorithm;
} member;

struct auth_key_set {
    bool named; // tokens are held to the names
    size_t count;
    member members[AUTH_SET_KEYS];
};

void auth_key_set_free(auth_key_set *set) {
    if (!set) return;
    for (size_t i = 0; i < set->count; i++) {
        auth_verifier_free(set->members[i].key);
        free(set->members[i].kid);
    }
    free(set);
}

static auth_key_set *set_of_one(auth_verifier *key) {
    if (!key) return NULL;
    auth_key_set *set = base_alloc(sizeof *set);
    set->members[set->count++].key = key;
    return set;
}

const auth_verifier *auth_key_set_find(const auth_key_set *set, slice kid, auth_algorithm algorithm) {
    const auth_verifier *found = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const member *m = &set->members[i];
        bool named = !set->named || !kid.s || !m->kid || slice_is(kid, m->kid);
        if (!named || (m->bound && m->algorithm != algorithm) || !auth_verifier_fits(m->key, algorithm))
            continue;
        if (found) return NULL;
        found = m->key;
    }
    return found;
}

// --- PEM ---------------------------------------------------------------------------------------------------

#define BEGIN "-----BEGIN "
#define END "-----END "

// The text between the line BEGIN of this kind and its END.
static bool find_block(slice text, const char *label, slice *inside) {
    buf line = BUF(200);
    buf_printf(&line, BEGIN "%s-----", label);
    const char *begin = memmem(text.s, text.n, line.s, line.n), *end = NULL;
    if (begin) begin += line.n;
    buf_clear(&line);
    buf_printf(&line, END "%s-----", label);
    if (begin) end = memmem(begin, text.n - (size_t)(begin - text.s), line.s, line.n);
    if (end) *inside = (slice){begin, (size_t)(end - begin)};
    buf_free(&line);
    return end != NULL;
}

// Base64 with line breaks, as PEM has it (RFC 7468, section 3).
static bool put_base64_decoded(buf *out, slice text) {
    buf url = BUF(AUTH_SET_MAX);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if (c == '=' || c == '\n' || c == '\r' || c == ' ') continue;
        buf_char(&url, c == '+' ? '-' : c == '/' ? '_' : c == '-' || c == '_' ? '!' : c);
    }
    bool ok = buf_base64url_decoded(out, buf_view(&url));
    buf_free(&url);
    return ok;
}

auth_key_set *auth_key_set_of_pem(slice text, buf *error) {
    slice inside;
    buf der = BUF(AUTH_SET_MAX);
    auth_verifier *key = NULL;
    if (memmem(text.s, text.n, "PRIVATE KEY-----", 16))
        buf_text(error, "has a private key in it; give the public one: openssl pkey -pubout");
    else if (!find_block(text, "PUBLIC KEY", &inside))
        buf_text(
            error,
            "has no PEM block \"PUBLIC KEY\" in it; openssl x509 -pubkey -noout takes it from a certificate");
    else if (!put_base64_decoded(&der, inside)) buf_text(error, "is broken PEM");
    else key = auth_verifier_of_der(buf_view(&der), error);
    buf_free(&der);
    return set_of_one(key);
}

auth_key_set *auth_key_set_of_secret(slice text, buf *error) {
    if (text.n && text.s[text.n - 1] == '\n') text.n--;
    if (text.n && text.s[text.n - 1] == '\r') text.n--;
    if (memmem(text.s, text.n, BEGIN, sizeof BEGIN - 1))
        return buf_text(error, "is PEM; HS256 wants the secret itself, and a public key is none"), NULL;
    return set_of_one(auth_verifier_of_secret(text, error));
}

// --- JWK ---------------------------------------------------------------------------------------------------

#define NUMBER_MAX 2048 // bytes

// A number of the key. False: it is not there, or no base64url.
static bool put_number(buf *out, const json_node *jwk, const char *name) {
    slice text = json_string(json_get(jwk, name));
    return text.n && buf_base64url_decoded(out, text);
}

static void put_der_integer(buf *out, slice number) {
    buf padded = BUF(NUMBER_MAX + 1);
    while (number.n && !*number.s) number.s++, number.n--;
    if (!number.n || (*number.s & 0x80)) buf_char(&padded, 0);
    buf_slice(&padded, number);
    auth_put_der(out, 0x02, buf_view(&padded));
    buf_free(&padded);
}

static bool put_rsa(buf *der, const json_node *jwk) {
    buf n = BUF(NUMBER_MAX), e = BUF(NUMBER_MAX), pair = BUF(BUF_SMALL), bits = BUF(BUF_SMALL);
    bool ok = put_number(&n, jwk, "n") && put_number(&e, jwk, "e");
    if (ok) {
        put_der_integer(&pair, buf_view(&n));
        put_der_integer(&pair, buf_view(&e));
        auth_put_der(&bits, 0x30, buf_view(&pair));
        auth_put_der_key(der, auth_der_rsa, buf_view(&bits));
    }
    buf_free(&n);
    buf_free(&e);
    buf_free(&pair);
    buf_free(&bits);
    return ok;
}

// RFC 7518, section 6.2.1: both coordinates have the full length of the curve.
static bool put_ec(buf *der, const json_node *jwk) {
    slice curve = json_string(json_get(jwk, "crv"));
    bool p256 = slice_is(curve, "P-256");
    size_t length = p256 ? 32 : 48;
    buf point = BUF(NUMBER_MAX);
    if (!p256 && !slice_is(curve, "P-384")) return false;
    buf_char(&point, 4); // not compressed
    bool ok = put_number(&point, jwk, "x") && point.n == 1 + length && put_number(&point, jwk, "y") &&
              point.n == 1 + 2 * length;
    if (ok) auth_put_der_key(der, p256 ? auth_der_p256 : auth_der_p384, buf_view(&point));
    buf_free(&point);
    return ok;
}

static bool put_okp(buf *der, const json_node *jwk) {
    buf x = BUF(NUMBER_MAX);
    bool ok = slice_is(json_string(json_get(jwk, "crv")), "Ed25519") && put_number(&x, jwk, "x") && x.n == 32;
    if (ok) auth_put_der_key(der, auth_der_ed25519, buf_view(&x));
    buf_free(&x);
    return ok;
}

// RFC 7517, sections 4.2 and 4.3.
static bool is_for_signatures(const json_node *jwk) {
    const json_node *use = json_get(jwk, "use"), *operations = json_get(jwk, "key_ops");
    if (use && !slice_is(json_string(use), "sig")) return false;
    if (!operations) return true;
    for (const json_node *o = json_first(operations); o; o = json_after(operations, o))
        if (slice_is(json_string(o), "verify")) return true;
    return false;
}

static auth_verifier *verifier_of(const json_node *jwk) {
    slice type = json_string(json_get(jwk, "kty"));
    buf der = BUF(BUF_SMALL), ignored = BUF(BUF_SMALL);
    bool ok = slice_is(type, "RSA")   ? put_rsa(&der, jwk)
              : slice_is(type, "EC")  ? put_ec(&der, jwk)
              : slice_is(type, "OKP") ? put_okp(&der, jwk)
                                      : false; // "oct" is a secret, and a secret in public is none
    auth_verifier *key = ok ? auth_verifier_of_der(buf_view(&der), &ignored) : NULL;
    buf_free(&der);
    buf_free(&ignored);
    return key;
}

// What cannot be used is passed over: a set may hold keys for others.
static void add_jwk(auth_key_set *set, const json_node *jwk) {
    member m = {0};
    const json_node *kid = json_get(jwk, "kid"), *algorithm = json_get(jwk, "alg");
    if (set->count == AUTH_SET_KEYS || !is_for_signatures(jwk)) return;
    if (algorithm && !auth_algorithm_parse(json_string(algorithm), &m.algorithm)) return;
    m.bound = algorithm != NULL;
    if (!(m.key = verifier_of(jwk))) return;
    if (json_is(kid, JSON_STRING)) m.kid = base_copy(kid->as.string.s, kid->as.string.n);
    set->members[set->count++] = m;
}

auth_key_set *auth_key_set_of_jwks(slice json, buf *error) {
    json_doc doc = {0};
    auth_key_set *set = base_alloc(sizeof *set);
    set->named = true;
    const json_node *keys = NULL;
    if (json_parse(&doc, json, JSON_UNIQUE, 16384)) keys = json_get(doc.nodes, "keys");
    for (const json_node *k = json_is(keys, JSON_ARRAY) ? json_first(keys) : NULL; k; k = json_after(keys, k))
        add_jwk(set, k);
    if (!json_is(keys, JSON_ARRAY)) buf_text(error, "is no JWK set: an object with \"keys\", a list");
    else if (!set->count) buf_text(error, "has no key that is for signatures and of a kind that is taken");
    json_doc_free(&doc);
    if (set->count) return set;
    auth_key_set_free(set);
    return NULL;
}
