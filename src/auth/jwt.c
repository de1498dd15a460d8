// Access tokens that are JWTs. Contract in jwt.h.
#include "auth/jwt.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLAIMS_MAX 4096 // nodes of JSON

size_t auth_jwt_split(slice token, slice parts[3]) {
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= token.n; i++) {
        if (i < token.n && token.s[i] != '.') continue;
        if (count < 3) parts[count] = (slice){token.s + start, i - start};
        count++;
        start = i + 1;
    }
    return count;
}

// A part as JSON. The text must live as long as the document.
static bool read_part(slice part, buf *text, json_doc *doc) {
    return buf_base64url_decoded(text, part) && json_parse(doc, buf_view(text), JSON_UNIQUE, CLAIMS_MAX) &&
           json_is(doc->nodes, JSON_OBJECT);
}

// --- header ------------------------------------------------------------------------------------------------

// RFC 9068, section 2.1. Media types have no case, and may leave out "application/" (RFC 7515, section
// 4.1.9).
static bool is_type(slice type) {
    static const char *const known[] = {"JWT", "at+jwt", "application/at+jwt"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (type.n == strlen(known[i]) && strncasecmp(type.s, known[i], type.n) == 0) return true;
    return false;
}

typedef struct header {
    auth_algorithm algorithm;
    bool has_kid;
    buf kid;
} header;

static const char *read_header(const json_node *h, const auth_jwt_rules *rules, header *out) {
    const json_node *type = json_get(h, "typ"), *kid = json_get(h, "kid");
    if (!auth_algorithm_parse(json_string(json_get(h, "alg")), &out->algorithm) ||
        !rules->allowed[out->algorithm])
        return "the token is signed in a way that is not allowed here";
    if (type && !is_type(json_string(type))) return "the token is of another type than JWT or at+jwt";
    if (json_get(h, "crit")) return "the token has a critical header that is not understood";
    if (kid && !json_is(kid, JSON_STRING)) return "the token names its key by something that is no text";
    out->has_kid = kid != NULL;
    buf_slice(&out->kid, json_string(kid));
    return NULL;
}

// --- claims ------------------------------------------------------------------------------------------------

// A time in seconds (RFC 7519, section 2: a number, maybe with a fraction). False: it is there, and none.
static bool read_time(const json_node *claims, const char *name, bool *there, double *out) {
    const json_node *time = json_get(claims, name);
    *there = time != NULL;
    return !time || (json_number(time, out) && *out >= 0 && *out < 1e12);
}

static const char *check_times(const json_node *claims, int64_t now, auth_jwt *out) {
    double expires = 0, begins = 0, issued = 0;
    bool ends, waits, dated;
    if (!read_time(claims, "exp", &ends, &expires) || !read_time(claims, "nbf", &waits, &begins) ||
        !read_time(claims, "iat", &dated, &issued))
        return "one of the token's times (exp, nbf, iat) is no number of seconds";
    if (!ends) return "the token has no end (claim exp)";
    if ((double)now >= expires + AUTH_SKEW) return "the token has expired";
    if (waits && (double)now + AUTH_SKEW < begins) return "the token is not valid yet";
    if (dated && (double)now + AUTH_SKEW < issued) return "the token was issued in the future";
    out->expires = (int64_t)expires + AUTH_SKEW;
    return NULL;
}

static bool is_for(const json_node *audience, const char *us) {
    if (json_is(audience, JSON_STRING)) return slice_is(audience->as.string, us);
    if (!json_is(audience, JSON_ARRAY)) return false;
    for (const json_node *a = json_first(audience); a; a = json_after(audience, a))
        if (json_is(a, JSON_STRING) && slice_is(a->as.string, us)) return true;
    return false;
}

// A scope includes those below it. Names that we do not know are for others.
static void grant(slice scope, auth_jwt *out) {
    guard_access access;
    if (!guard_access_parse(scope, &access)) return;
    if (!out->granted || access > out->scope) out->scope = access;
    out->granted = true;
}

static void grant_words(slice words, auth_jwt *out) {
    for (size_t i = 0, start = 0; i <= words.n; i++) {
        if (i < words.n && words.s[i] != ' ') continue;
        grant((slice){words.s + start, i - start}, out);
        start = i + 1;
    }
}

// "scope", words in a string (RFC 8693, section 4.2), else "scp", as some issuers call it: words or a list.
static void read_scopes(const json_node *claims, auth_jwt *out) {
    const json_node *scope = json_get(claims, "scope");
    if (!scope) scope = json_get(claims, "scp");
    if (json_is(scope, JSON_STRING)) grant_words(scope->as.string, out);
    if (!json_is(scope, JSON_ARRAY)) return;
    for (const json_node *s = json_first(scope); s; s = json_after(scope, s)) grant(json_string(s), out);
}

static void put_part(buf *out, slice part) {
    for (size_t i = 0; i < part.n; i++) {
        char c = part.s[i];
        if (c == '|' || c == '%' || (unsigned char)c < 0x20) buf_printf(out, "%%%02X", (unsigned)c);
        else buf_char(out, c);
    }
}

// Who it is. A part may have any characters, zero bytes too: none of them may look like another.
static const char *read_identity(const json_node *claims, auth_jwt *out) {
    const json_node *client = json_get(claims, "client_id");
    if (!client) client = json_get(claims, "azp");
    slice subject = json_string(json_get(claims, "sub")), id = json_string(client);
    if (!subject.n && !id.n) return "the token does not say whose it is (claim sub)";
    buf whole = BUF(BUF_SMALL);
    put_part(&whole, json_string(json_get(claims, "iss")));
    buf_char(&whole, '|');
    put_part(&whole, subject);
    buf_char(&whole, '|');
    put_part(&whole, id);
    out->id = base_string(buf_string(&whole));
    slice name = id.n ? id : subject;
    out->name = base_copy(name.s, name.n);
    buf_free(&whole);
    return NULL;
}

static const char *read_claims(const json_node *claims, const auth_jwt_rules *rules, int64_t now,
                               auth_jwt *out) {
    const json_node *issuer = json_get(claims, "iss");
    if (!json_is(issuer, JSON_STRING) || !slice_is(issuer->as.string, rules->issuer))
        return "the token is of another issuer";
    if (!is_for(json_get(claims, "aud"), rules->audience))
        return "the token is for another server (claim aud)";
    const char *why = check_times(claims, now, out);
    if (why) return why;
    read_scopes(claims, out);
    return read_identity(claims, out);
}

// --- whole -------------------------------------------------------------------------------------------------

static const char *check_header(slice part, const auth_jwt_rules *rules, header *out) {
    buf text = BUF(AUTH_TOKEN_MAX);
    json_doc doc = {0};
    const char *why = read_part(part, &text, &doc)
                          ? read_header(doc.nodes, rules, out)
                          : "the token's header is no JSON object, or names a member twice";
    json_doc_free(&doc);
    buf_free(&text);
    return why;
}

static const char *check_signature(slice token, const slice parts[3], const header *h,
                                   const auth_key_set *keys, bool *no_key) {
    const auth_verifier *key =
        keys ? auth_key_set_find(keys, h->has_kid ? buf_view(&h->kid) : (slice){0}, h->algorithm) : NULL;
    if ((*no_key = !key)) return "the token is signed with a key that is not among the issuer's";
    buf signature = BUF(AUTH_TOKEN_MAX);
    bool ok =
        buf_base64url_decoded(&signature, parts[2]) &&
        auth_verify(key, h->algorithm, (slice){token.s, token.n - parts[2].n - 1}, buf_view(&signature));
    buf_free(&signature);
    return ok ? NULL : "the token's signature is wrong";
}

static const char *check_claims(slice part, const auth_jwt_rules *rules, int64_t now, auth_jwt *out) {
    buf text = BUF(AUTH_TOKEN_MAX);
    json_doc doc = {0};
    const char *why = read_part(part, &text, &doc)
                          ? read_claims(doc.nodes, rules, now, out)
                          : "the token's claims are no JSON object, or name a member twice";
    json_doc_free(&doc);
    buf_wipe(&text);
    return why;
}

const char *auth_jwt_check(slice token, const auth_jwt_rules *rules, const auth_key_set *keys, int64_t now,
                           auth_jwt *out, bool *no_key) {
    slice parts[3];
    header h = {.kid = BUF(AUTH_TOKEN_MAX)};
    *out = (auth_jwt){0};
    *no_key = false;
    if (token.n > AUTH_TOKEN_MAX || auth_jwt_split(token, parts) != 3)
        return "the token is no JWT of three parts";
    for (int i = 0; i < 3; i++)
        if (!parts[i].n || !slice_is_base64url(parts[i])) return "the token is no JWT of three parts";
    const char *why = check_header(parts[0], rules, &h);
    if (!why) why = check_signature(token, parts, &h, keys, no_key);
    if (!why) why = check_claims(parts[1], rules, now, out);
    if (why) auth_jwt_free(out);
    buf_free(&h.kid);
    return why;
}

void auth_jwt_free(auth_jwt *jwt) {
    free(jwt->id);
    free(jwt->name);
    *jwt = (auth_jwt){0};
}
