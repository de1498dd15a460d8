// The header Authorization, and what is answered to who is not let in. Contract in access.h.
#include "auth/access.h"
#include "auth/keys.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define WELL_KNOWN "/.well-known/oauth-protected-resource"
#define SCHEME "Bearer"
#define KEY "key:" // before the id of a key: so principals are told apart
#define SEEN 1024 // tokens that were checked and are remembered

// A token that was good, known by its hash.
typedef struct seen {
    uint8_t hash[AUTH_HASH];
    unsigned generation; // of the issuer's keys
    auth_jwt jwt;        // id NULL: the place is free
} seen;

struct auth_access {
    auth_access_config config;
    auth_jwt_rules rules;
    auth_keys *keys;
    auth_issuer *issuer;
    char *metadata_url, *metadata_path; // NULL without an issuer
    seen *seen;
    buf challenge;
    auth_key key; // the last one
    char key_id[AUTH_KEY_ID + 8];
};

static int64_t now_of(const auth_access *a) {
    struct timespec now;
    if (a->config.now) return a->config.now();
    clock_gettime(CLOCK_REALTIME, &now); // not base/clock: time that is played is not the time of tokens
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

// --- configuration -----------------------------------------------------------------------------------------

// Splits "https://host[:port]/path" where the path begins. False: it is no such address.
static bool split_address(const char *address, slice *origin, const char **path) {
    size_t scheme = strncmp(address, "https://", 8) == 0 ? 8 : strncmp(address, "http://", 7) == 0 ? 7 : 0;
    size_t host = strcspn(address + scheme, "/");
    if (!scheme || !host || strpbrk(address, "?#@\"\\ ")) return false;
    for (const char *c = address; *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7F) return false;
    *origin = (slice){address, scheme + host};
    *path = strcmp(address + scheme + host, "/") == 0 ? "" : address + scheme + host;
    return true;
}

// The address of the metadata: the well-known part comes between host and path (RFC 9728, section 3.1).
static bool place_metadata(auth_access *a, buf *error) {
    slice origin;
    const char *path;
    if (!split_address(a->config.audience, &origin, &path))
        return buf_printf(error,
                          "the audience \"%s\" is not the address of a server, as in https://mcp.example/mcp",
                          a->config.audience),
               false;
    buf url = BUF(BUF_SMALL);
    buf_printf(&url, "%.*s" WELL_KNOWN "%s", (int)origin.n, origin.s, path);
    a->metadata_url = base_string(buf_string(&url));
    a->metadata_path = base_string(a->metadata_url + origin.n);
    buf_free(&url);
    return true;
}

// A secret that is shared and public keys are two worlds: what may be checked with one must not be with the
// other.
static bool check_algorithms(const auth_access_config *c, buf *error) {
    bool secret = c->source == AUTH_SECRET_FILE, any = false;
    for (int i = 0; i < AUTH_ALGORITHMS; i++) {
        any = any || c->allowed[i];
        if (c->allowed[i] && (i == AUTH_HS256) != secret)
            return buf_text(error, "HS256 goes with a secret in a file, and with no other algorithm"), false;
    }
    if (!any) buf_text(error, "no algorithm is allowed");
    return any;
}

static bool open_issuer(auth_access *a, buf *error) {
    const auth_access_config *c = &a->config;
    if (!c->audience || !c->place)
        return buf_text(error, "an issuer of tokens needs an audience, and a key file or a JWK set"), false;
    a->rules = (auth_jwt_rules){.issuer = c->issuer, .audience = c->audience};
    memcpy(a->rules.allowed, c->allowed, sizeof a->rules.allowed);
    if (!check_algorithms(c, error) || !place_metadata(a, error) || !auth_signature_open(error)) return false;
    a->seen = base_alloc(SEEN * sizeof *a->seen);
    a->issuer = auth_issuer_new(c->source, c->place, &c->fetcher, now_of(a), error);
    return a->issuer != NULL;
}

auth_access *auth_access_new(const auth_access_config *config, buf *error) {
    auth_access *a = base_alloc(sizeof *a);
    *a = (auth_access){.config = *config, .challenge = BUF(BUF_SMALL)};
    bool ok = config->store || config->issuer;
    if (!ok) buf_text(error, "there is neither a store of keys nor an issuer of tokens");
    if (ok && config->store) ok = (a->keys = auth_keys_open(config->store, error)) != NULL;
    if (ok && config->issuer) ok = open_issuer(a, error);
    if (ok) return a;
    auth_access_free(a);
    return NULL;
}

void auth_access_free(auth_access *a) {
    if (!a) return;
    for (size_t i = 0; a->seen && i < SEEN; i++) auth_jwt_free(&a->seen[i].jwt);
    free(a->seen);
    auth_keys_close(a->keys);
    auth_issuer_free(a->issuer);
    free(a->metadata_url);
    free(a->metadata_path);
    buf_free(&a->challenge);
    free(a);
}

// --- refusals ----------------------------------------------------------------------------------------------

static void put_parameter(buf *out, const char *name, const char *value) {
    buf_printf(out, "%s%s=\"%s\"", out->n == strlen(SCHEME) ? " " : ", ", name, value);
}

// All scopes that an access needs. A client may ask for these in place of those it has, so the lower ones are
// among them.
static void put_scopes(buf *out, guard_access access) {
    for (int i = GUARD_READ; i <= (int)access; i++)
        buf_printf(out, "%s%s", i ? " " : "", guard_access_name((guard_access)i));
}

// RFC 6750, section 3. `error` NULL: no token was presented, so nothing is said about one.
static bool refuse(auth_access *a, auth_refusal *no, int status, const char *error, guard_access scope,
                   const char *why) {
    buf scopes = BUF(100);
    put_scopes(&scopes, scope);
    buf_clear(&a->challenge);
    buf_text(&a->challenge, SCHEME);
    if (error) put_parameter(&a->challenge, "error", error);
    if (error) put_parameter(&a->challenge, "error_description", why);
    put_parameter(&a->challenge, "scope", buf_string(&scopes));
    if (a->metadata_url) put_parameter(&a->challenge, "resource_metadata", a->metadata_url);
    buf_free(&scopes);
    *no = (auth_refusal){.status = status, .challenge = buf_string(&a->challenge), .why = why};
    return false;
}

static bool refuse_token(auth_access *a, auth_refusal *no, const char *why) {
    return refuse(a, no, 401, "invalid_token", GUARD_READ, why);
}

// The fault is ours, or of the issuer: the token may be good.
static bool put_off(auth_refusal *no, int seconds, const char *why) {
    *no = (auth_refusal){.status = 503, .retry_after = seconds, .why = why};
    return false;
}

bool auth_require(auth_access *a, const auth_principal *who, guard_access needed, auth_refusal *no) {
    static const char *const why[] = {"this needs the scope read", "this needs the scope write",
                                      "this needs the scope destroy"};
    return who->access >= needed || refuse(a, no, 403, "insufficient_scope", needed, why[needed]);
}

// --- keys --------------------------------------------------------------------------------------------------

static bool check_key(auth_access *a, slice token, auth_principal *out, auth_refusal *no) {
    switch (auth_keys_check(a->keys, token, now_of(a), &a->key)) {
    case AUTH_KEY_GOOD: break;
    case AUTH_KEY_MISSPELT: return refuse_token(a, no, "this is no key: a character is missing or wrong");
    case AUTH_KEY_UNKNOWN: return refuse_token(a, no, "there is no such key");
    case AUTH_KEY_EXPIRED: return refuse_token(a, no, "the key has expired");
    case AUTH_KEY_REVOKED: return refuse_token(a, no, "the key was revoked");
    case AUTH_KEY_UNREADABLE: return put_off(no, 1, "the keys cannot be read now");
    }
    snprintf(a->key_id, sizeof a->key_id, KEY "%s", a->key.id);
    *out = (auth_principal){a->key_id, a->key.name, a->key.scope, a->key.expires};
    return true;
}

bool auth_holds(auth_access *a, const char *id) {
    size_t n = strlen(KEY);
    return !a->keys || strncmp(id, KEY, n) != 0 || strlen(id) != n + AUTH_KEY_ID ||
           auth_keys_hold(a->keys, id + n, now_of(a));
}

// --- tokens of the issuer ----------------------------------------------------------------------------------

static seen *place_of(auth_access *a, slice token, uint8_t hash[AUTH_HASH]) {
    auth_hash(token, hash);
    return &a->seen[(hash[0] | (size_t)hash[1] << 8) % SEEN];
}

static bool let_in(auth_access *a, const auth_jwt *jwt, auth_principal *out, auth_refusal *no) {
    if (!jwt->granted)
        return refuse(a, no, 403, "insufficient_scope", GUARD_READ,
                      "the token has none of the scopes of this server");
    *out = (auth_principal){jwt->id, jwt->name, jwt->scope, jwt->expires * SECOND};
    return true;
}

// What to answer when the issuer's keys have not come, or lack the one that the token names.
static bool await_keys(auth_access *a, bool any, int64_t now, const char *why, auth_refusal *no) {
    bool coming = auth_issuer_ask_again(a->issuer, now);
    if (!any) return put_off(no, coming ? 1 : 30, "the issuer's keys have not come yet");
    return coming ? put_off(no, 1, "the issuer's keys are being fetched again") : refuse_token(a, no, why);
}

static bool check_jwt(auth_access *a, slice token, auth_principal *out, auth_refusal *no) {
    uint8_t hash[AUTH_HASH];
    unsigned generation;
    int64_t now = now_of(a);
    const auth_key_set *keys = auth_issuer_keys(a->issuer, now, &generation);
    seen *place = place_of(a, token, hash);
    if (place->jwt.id && place->generation == generation && memcmp(place->hash, hash, sizeof hash) == 0 &&
        now / SECOND < place->jwt.expires)
        return let_in(a, &place->jwt, out, no);
    auth_jwt jwt;
    bool no_key;
    const char *why = auth_jwt_check(token, &a->rules, keys, now / SECOND, &jwt, &no_key);
    if (no_key) return await_keys(a, keys != NULL, now, why, no);
    if (why) return refuse_token(a, no, why);
    auth_jwt_free(&place->jwt);
    *place = (seen){.generation = generation, .jwt = jwt};
    memcpy(place->hash, hash, sizeof hash);
    return let_in(a, &place->jwt, out, no);
}

// --- the header --------------------------------------------------------------------------------------------

// RFC 6750, section 2.1: letters, digits and -._~+/, then any number of =.
static bool is_b64token(slice text) {
    size_t i = 0;
    while (i < text.n && (base64url_digit(text.s[i]) >= 0 || memchr("._~+/", text.s[i], 5))) i++;
    if (!i) return false;
    while (i < text.n && text.s[i] == '=') i++;
    return i == text.n;
}

bool auth_check(auth_access *a, slice header, auth_principal *out, auth_refusal *no) {
    *out = (auth_principal){0};
    if (!header.s || header.n < 6 || strncasecmp(header.s, "Bearer", 6) != 0 ||
        (header.n > 6 && header.s[6] != ' '))
        return refuse(a, no, 401, NULL, GUARD_READ,
                      "this server wants a bearer token in the header Authorization");
    slice token = {header.s + 6, header.n - 6};
    while (token.n && *token.s == ' ') token.s++, token.n--;
    if (!is_b64token(token) || token.n > AUTH_TOKEN_MAX)
        return refuse(a, no, 400, "invalid_request", GUARD_READ,
                      token.n > AUTH_TOKEN_MAX ? "the token is longer than 8192 bytes"
                                               : "the header Authorization is not Bearer and one token");
    if (a->keys && auth_key_claims(token)) return check_key(a, token, out, no);
    if (a->issuer) return check_jwt(a, token, out, no);
    return refuse_token(a, no, "there is no such key");
}

// --- metadata ----------------------------------------------------------------------------------------------

const char *auth_resource_metadata_path(const auth_access *a) { return a->metadata_path; }

bool auth_put_resource_metadata(const auth_access *a, buf *out) {
    if (!a->metadata_path) return false;
    json_open(out, '{');
    json_put_key(out, "resource");
    json_put_text(out, a->config.audience);
    json_put_key(out, "authorization_servers");
    json_open(out, '[');
    json_put_text(out, a->config.issuer);
    json_close(out, ']');
    json_put_key(out, "scopes_supported");
    json_open(out, '[');
    for (int i = GUARD_READ; i <= GUARD_DESTROY; i++) json_put_text(out, guard_access_name((guard_access)i));
    json_close(out, ']');
    json_put_key(out, "bearer_methods_supported");
    json_open(out, '[');
    json_put_text(out, "header");
    json_close(out, ']');
    if (a->config.name) {
        json_put_key(out, "resource_name");
        json_put_text(out, a->config.name);
    }
    json_close(out, '}');
    return true;
}
