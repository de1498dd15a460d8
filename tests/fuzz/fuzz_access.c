// What comes from the network as a credential, and from an issuer as its keys. The first line says which:
//   header   the rest is the header Authorization
//   token    two lines: a header and claims, which are signed rightly here, so that the claims are looked at
//   jwks     a JWK set
//   pem      a key file
#include "fuzz.h"

#include "auth/access.h"
#include "base/log.h"

#include <sha2.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW INT64_C(1800000000)

static const auth_jwt_rules rules = {
    "https://issuer.example", "https://mcp.example/mcp", {[AUTH_HS256] = true}};

static void *no_network(void *data, const char *url, void (*done)(void *, slice, const char *),
                        void *for_whom) {
    (void)url, (void)done, (void)for_whom;
    return data;
}

static void stop(void *handle) { (void)handle; }

static auth_access *make_access(void) {
    static int anything;
    buf error = BUF(FUZZ_MAX);
    auth_access_config c = {.issuer = rules.issuer,
                            .audience = rules.audience,
                            .source = AUTH_JWKS_URL,
                            .place = "https://issuer.example/jwks",
                            .fetcher = {no_network, stop, &anything},
                            .allowed = {[AUTH_ES256] = true}};
    log_set_level(LOG_EMERGENCY);
    auth_access *a = auth_access_new(&c, &error);
    HOLDS(a != NULL && error.n == 0);
    return a;
}

// The value of a header: visible ASCII, and quotes in pairs.
static void check_challenge(const char *challenge) {
    size_t quotes = 0;
    for (const char *c = challenge; *c; c++) {
        HOLDS(*c >= 0x20 && *c < 0x7F && *c != '\\');
        quotes += *c == '"';
    }
    HOLDS(strncmp(challenge, "Bearer ", 7) == 0 && quotes % 2 == 0);
}

static void try_header(auth_access *a, slice header) {
    auth_principal who;
    auth_refusal no;
    HOLDS(!auth_check(a, header, &who, &no)); // there are no keys, so nobody is let in
    HOLDS(no.status == 400 || no.status == 401 || no.status == 503);
    HOLDS((no.status == 503) == (no.challenge == NULL) && (no.status == 503) == (no.retry_after > 0));
    if (no.challenge) check_challenge(no.challenge);
}

static void put_base64url(buf *b, slice bytes) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t bit = 0; bit < bytes.n * 8; bit += 6) {
        size_t i = bit / 8;
        unsigned pair =
            (unsigned)(unsigned char)bytes.s[i] << 8 | (i + 1 < bytes.n ? (unsigned char)bytes.s[i + 1] : 0);
        buf_char(b, letters[pair >> (10 - bit % 8) & 63]);
    }
}

// RFC 2104.
static void sign(buf *token) {
    uint8_t pads[2][64], hash[SHA256_DIGEST_LENGTH];
    SHA2_CTX context;
    for (int i = 0; i < 64; i++) {
        uint8_t k = i < (int)sizeof SECRET - 1 ? (uint8_t)SECRET[i] : 0;
        pads[0][i] = k ^ 0x36;
        pads[1][i] = k ^ 0x5C;
    }
    SHA256Init(&context);
    SHA256Update(&context, pads[0], 64);
    SHA256Update(&context, (const uint8_t *)token->s, token->n);
    SHA256Final(hash, &context);
    SHA256Init(&context);
    SHA256Update(&context, pads[1], 64);
    SHA256Update(&context, hash, sizeof hash);
    SHA256Final(hash, &context);
    buf_char(token, '.');
    put_base64url(token, (slice){(char *)hash, sizeof hash});
}

static size_t count_bars(const char *text) {
    size_t n = 0;
    for (; *text; text++) n += *text == '|';
    return n;
}

static void try_token(const auth_key_set *secret, slice header, slice claims) {
    buf token = BUF(FUZZ_MAX);
    auth_jwt jwt;
    bool no_key;
    put_base64url(&token, header);
    buf_char(&token, '.');
    put_base64url(&token, claims);
    sign(&token);
    const char *why = auth_jwt_check(buf_view(&token), &rules, secret, NOW, &jwt, &no_key);
    HOLDS(!no_key && (why ? jwt.id == NULL : jwt.id && jwt.name));
    if (!why) {
        HOLDS(token.n <= AUTH_TOKEN_MAX && jwt.expires > NOW && count_bars(jwt.id) == 2);
        HOLDS(strncmp(jwt.id, "https://issuer.example|", 23) == 0);
    }
    auth_jwt_free(&jwt);
    buf_free(&token);
}

static void try_keys(auth_key_set *(*read)(slice, buf *), slice text) {
    buf error = BUF(FUZZ_MAX);
    auth_key_set *set = read(text, &error);
    HOLDS((set == NULL) == (error.n > 0));
    auth_key_set_free(set);
    buf_free(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static auth_access *access;
    static auth_key_set *secret;
    buf error = BUF(FUZZ_MAX);
    if (!access) access = make_access();
    if (!secret) secret = auth_key_set_of_secret(SLICE(SECRET), &error);
    slice rest = {(const char *)data, size}, what = fuzz_line(&rest);
    if (slice_is(what, "header")) try_header(access, rest);
    if (slice_is(what, "jwks")) try_keys(auth_key_set_of_jwks, rest);
    if (slice_is(what, "pem")) try_keys(auth_key_set_of_pem, rest);
    if (slice_is(what, "token")) {
        slice header = fuzz_line(&rest);
        try_token(secret, header, rest);
    }
    return 0;
}
