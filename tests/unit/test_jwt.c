// Tokens of an issuer: what is let through, and each reason for which one is not.
#include "signer.h"

#include "auth/jwt.h"

#include <dlfcn.h>
#include <jwt.h>

#define NOW INT64_C(1800000000)
#define GOOD "'iss':'https://issuer.example','aud':'https://mcp.example/mcp','sub':'ann','exp':1800000100"

static EVP_PKEY *rsa, *other_rsa, *p256, *p384, *ed25519;
static auth_key_set *all; // every key under its name
static const auth_jwt_rules rules = {"https://issuer.example",
                                     "https://mcp.example/mcp",
                                     {[AUTH_RS256] = true,
                                      [AUTH_PS256] = true,
                                      [AUTH_ES256] = true,
                                      [AUTH_ES384] = true,
                                      [AUTH_EDDSA] = true}};

static int make_keys(void **state) {
    (void)state;
    buf jwks = BUF(BUF_SMALL), error = BUF(BUF_SMALL);
    rsa = signer_rsa();
    other_rsa = signer_rsa();
    p256 = signer_ec("P-256");
    p384 = signer_ec("P-384");
    ed25519 = signer_ed25519();
    assert_true(auth_signature_open(&error));
    buf_text(&jwks, "{\"keys\":[");
    signer_put_jwk(&jwks, rsa, "rsa", ",'use':'sig'");
    buf_char(&jwks, ',');
    signer_put_jwk(&jwks, p256, "p256", "");
    buf_char(&jwks, ',');
    signer_put_jwk(&jwks, p384, "p384", "");
    buf_char(&jwks, ',');
    signer_put_jwk(&jwks, ed25519, "ed25519", "");
    buf_text(&jwks, "]}");
    all = auth_key_set_of_jwks(buf_view(&jwks), &error);
    assert_buf(&error, "");
    buf_free(&jwks);
    return all ? 0 : -1;
}

static int free_keys(void **state) {
    (void)state;
    auth_key_set_free(all);
    EVP_PKEY *keys[] = {rsa, other_rsa, p256, p384, ed25519};
    for (size_t i = 0; i < COUNT(keys); i++) EVP_PKEY_free(keys[i]);
    return 0;
}

// --- what comes of a token ---------------------------------------------------------------------------------

// "good ID NAME SCOPE EXPIRES", or why not.
static const char *verdict_of(slice token, const auth_jwt_rules *by, const auth_key_set *keys) {
    static char out[1000];
    auth_jwt jwt;
    bool no_key;
    const char *why = auth_jwt_check(token, by, keys, NOW, &jwt, &no_key);
    if (why) assert_null(jwt.id);
    if (why) snprintf(out, sizeof out, "%s%s", why, no_key ? " (no key)" : "");
    else
        snprintf(out, sizeof out, "good %s %s %s %lld", jwt.id, jwt.name,
                 jwt.granted ? guard_access_name(jwt.scope) : "nothing", (long long)jwt.expires);
    auth_jwt_free(&jwt);
    return out;
}

static const char *signed_by(EVP_PKEY *key, int bits, bool pss, const char *header, const char *claims) {
    buf token = BUF(100000);
    signer_put_unsigned(&token, q(header), q(claims));
    signer_sign(&token, key, bits, pss);
    const char *out = verdict_of(buf_view(&token), &rules, all);
    buf_free(&token);
    return out;
}

static const char *with_claims(const char *claims) {
    return signed_by(p256, 256, false, "{'alg':'ES256','kid':'p256'}", claims);
}

static const char *with_header(const char *header) {
    return signed_by(p256, 256, false, header, "{" GOOD "}");
}

#define IS_GOOD "good https://issuer.example|ann| ann nothing 1800000160"

// --- tests -------------------------------------------------------------------------------------------------

static void each_algorithm_is_checked_with_its_own_key(void **state) {
    (void)state;
    static const char claims[] = "{" GOOD "}";
    assert_string_equal(signed_by(rsa, 256, false, "{'alg':'RS256','kid':'rsa'}", claims), IS_GOOD);
    assert_string_equal(signed_by(rsa, 256, true, "{'alg':'PS256','kid':'rsa'}", claims), IS_GOOD);
    assert_string_equal(signed_by(p256, 256, false, "{'alg':'ES256','kid':'p256'}", claims), IS_GOOD);
    assert_string_equal(signed_by(p384, 384, false, "{'alg':'ES384','kid':'p384'}", claims), IS_GOOD);
    assert_string_equal(signed_by(ed25519, 0, false, "{'alg':'EdDSA','kid':'ed25519'}", claims), IS_GOOD);

    assert_string_equal(signed_by(other_rsa, 256, false, "{'alg':'RS256','kid':'rsa'}", claims),
                        "the token's signature is wrong");
    assert_string_equal(
        signed_by(rsa, 256, false, "{'alg':'PS256','kid':'rsa'}", claims), // the other padding
        "the token's signature is wrong");
    assert_string_equal(
        signed_by(rsa, 512, false, "{'alg':'RS512','kid':'rsa'}", claims), // right, and not allowed
        "the token is signed in a way that is not allowed here");
}

static void an_algorithm_is_allowed_by_its_exact_name(void **state) {
    (void)state;
    static const char why[] = "the token is signed in a way that is not allowed here";
    static const char *const headers[] = {"{'alg':'none'}",
                                          "{'alg':'None','kid':'p256'}",
                                          "{'alg':'es256','kid':'p256'}",
                                          "{'alg':'ES256 ','kid':'p256'}",
                                          "{'alg':['ES256']}",
                                          "{'alg':null}",
                                          "{'kid':'p256'}",
                                          "{'alg':'HS256'}"};
    for (size_t i = 0; i < COUNT(headers); i++) assert_string_equal(with_header(headers[i]), why);

    buf token = BUF(BUF_SMALL); // none has no signature
    signer_put_unsigned(&token, "{\"alg\":\"none\"}", q("{" GOOD "}"));
    buf_char(&token, '.');
    assert_string_equal(verdict_of(buf_view(&token), &rules, all), "the token is no JWT of three parts");
    buf_free(&token);
}

// The public key is known to everybody: it must never be taken for the secret of HS256, even where HS256 is
// allowed by mistake.
static void a_public_key_is_no_secret(void **state) {
    (void)state;
    auth_jwt_rules careless = rules;
    careless.allowed[AUTH_HS256] = true;
    buf token = BUF(BUF_SMALL), error = BUF(BUF_SMALL);
    char *pem = signer_pem(rsa, false);
    auth_key_set *one = auth_key_set_of_pem(slice_of(pem), &error);
    signer_put_unsigned(&token, "{\"alg\":\"HS256\"}", q("{" GOOD "}"));
    signer_sign_secret(&token, slice_of(pem));
    assert_string_equal(verdict_of(buf_view(&token), &rules, one),
                        "the token is signed in a way that is not allowed here");
    assert_string_equal(verdict_of(buf_view(&token), &careless, one),
                        "the token is signed with a key that is not among the issuer's (no key)");
    auth_key_set_free(one);
    buf_free(&token);
    free(pem);
}

static void a_secret_of_its_own_is_one(void **state) {
    (void)state;
    static const slice secret = SLICE("0123456789abcdef0123456789abcdef");
    auth_jwt_rules hs = {rules.issuer, rules.audience, {[AUTH_HS256] = true}};
    buf token = BUF(BUF_SMALL), error = BUF(BUF_SMALL);
    auth_key_set *one = auth_key_set_of_secret(SLICE("0123456789abcdef0123456789abcdef\n"), &error);
    signer_put_unsigned(&token, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", q("{" GOOD "}"));
    signer_sign_secret(&token, secret);
    assert_string_equal(verdict_of(buf_view(&token), &hs, one), IS_GOOD);
    token.s[token.n - 2] = (char)(token.s[token.n - 2] == 'A' ? 'B' : 'A');
    assert_string_equal(verdict_of(buf_view(&token), &hs, one), "the token's signature is wrong");
    auth_key_set_free(one);
    buf_free(&token);
}

static void only_three_clean_parts_are_a_token(void **state) {
    (void)state;
    static const char why[] = "the token is no JWT of three parts";
    buf token = BUF(BUF_SMALL);
    signer_put_unsigned(&token, q("{'alg':'ES256','kid':'p256'}"), q("{" GOOD "}"));
    signer_sign(&token, p256, 256, false);
    char *good = base_string(buf_string(&token));
    assert_string_equal(verdict_of(slice_of(good), &rules, all), IS_GOOD);

    static const char *const forms[] = {"%s\n", " %s", "%s.", ".%s", "%s.a.b", "%s=", "%s\t", "a.%s"};
    for (size_t i = 0; i < COUNT(forms); i++) {
        char text[4000];
        snprintf(text, sizeof text, forms[i], good);
        assert_string_equal(verdict_of(slice_of(text), &rules, all), why);
    }
    assert_string_equal(verdict_of((slice){good, strlen(good) + 1}, &rules, all), why); // with its zero byte
    assert_string_equal(verdict_of((slice){0}, &rules, all), why);
    assert_string_equal(verdict_of(SLICE("a.b"), &rules, all), why);
    assert_string_equal(verdict_of(SLICE(".."), &rules, all), why);
    buf_clear(&token); // 8192 bytes are taken, and one more is not
    for (int i = 0; i < 8188; i++) buf_char(&token, 'A');
    buf_text(&token, ".A.A");
    assert_string_equal(verdict_of(buf_view(&token), &rules, all),
                        "the token's header is no JSON object, or names a member twice");
    buf_char(&token, 'A');
    assert_string_equal(verdict_of(buf_view(&token), &rules, all), why);
    free(good);
    buf_free(&token);
}

static void types_are_JWT_and_access_token(void **state) {
    (void)state;
    static const char why[] = "the token is of another type than JWT or at+jwt";
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','typ':'at+jwt'}"), IS_GOOD);
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','typ':'application/AT+JWT'}"), IS_GOOD);
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','typ':'jwt'}"), IS_GOOD);
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','typ':'dpop+jwt'}"), why);
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','typ':'JWTs'}"), why);
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','typ':7}"), why);
}

static void headers_are_strict(void **state) {
    (void)state;
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','crit':['b64'],'b64':false}"),
                        "the token has a critical header that is not understood");
    assert_string_equal(with_header("{'alg':'ES256','kid':'p256','crit':[]}"),
                        "the token has a critical header that is not understood");
    assert_string_equal(with_header("{'alg':'none','alg':'ES256','kid':'p256'}"),
                        "the token's header is no JSON object, or names a member twice");
    assert_string_equal(with_header("['ES256']"),
                        "the token's header is no JSON object, or names a member twice");
    assert_string_equal(with_header("{'alg':'ES256','kid':7}"),
                        "the token names its key by something that is no text");
    // a key that comes with the token is not looked at
    assert_string_equal(
        with_header("{'alg':'ES256','kid':'none of ours','jwk':{'kty':'EC'},'jku':'https://evil.example'}"),
        "the token is signed with a key that is not among the issuer's (no key)");
}

static void the_key_is_chosen_by_its_name(void **state) {
    (void)state;
    static const char why[] = "the token is signed with a key that is not among the issuer's (no key)";
    assert_string_equal(with_header("{'alg':'ES256'}"), IS_GOOD); // the only one of its kind
    assert_string_equal(with_header("{'alg':'ES256','kid':'P256'}"), why);
    assert_string_equal(with_header("{'alg':'ES256','kid':'rsa'}"), why);  // not of that kind
    assert_string_equal(with_header("{'alg':'ES256','kid':'p384'}"), why); // nor of that curve
}

static void claims_say_for_whom_and_until_when(void **state) {
    (void)state;
    static const struct {
        const char *claims, *why;
    } cases[] = {
        {"{'iss':'https://issuer.example','aud':['x','https://mcp.example/"
         "mcp'],'sub':'ann','exp':1800000100}",
         IS_GOOD},
        {"{'iss':'https://issuer.example/','aud':'https://mcp.example/mcp','sub':'ann','exp':1800000100}",
         "the token is of another issuer"},
        {"{'aud':'https://mcp.example/mcp','sub':'ann','exp':1800000100}", "the token is of another issuer"},
        {"{'iss':['https://issuer.example'],'aud':'https://mcp.example/mcp','exp':1800000100}",
         "the token is of another issuer"},
        {"{'iss':'https://issuer.example','aud':'https://mcp.example','sub':'ann','exp':1800000100}",
         "the token is for another server (claim aud)"},
        {"{'iss':'https://issuer.example','aud':[],'sub':'ann','exp':1800000100}",
         "the token is for another server (claim aud)"},
        {"{'iss':'https://issuer.example','sub':'ann','exp':1800000100}",
         "the token is for another server (claim aud)"},
        {"{'iss':'https://issuer.example','aud':'https://mcp.example/mcp','sub':'ann'}",
         "the token has no end (claim exp)"},
        {"{'iss':'https://issuer.example','aud':'https://mcp.example/mcp','exp':1800000100}",
         "the token does not say whose it is (claim sub)"},
        {"{" GOOD ",'sub':'eve'}", "the token's claims are no JSON object, or name a member twice"},
        {"[]", "the token's claims are no JSON object, or name a member twice"},
        {"{" GOOD ",}", "the token's claims are no JSON object, or name a member twice"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(with_claims(cases[i].claims), cases[i].why);
}

static void clocks_may_be_a_minute_apart(void **state) {
    (void)state;
#define AT(times) "{'iss':'https://issuer.example','aud':'https://mcp.example/mcp','sub':'ann'," times "}"
    static const struct {
        const char *claims, *why;
    } cases[] = {
        {AT("'exp':1799999941"), "good https://issuer.example|ann| ann nothing 1800000001"},
        {AT("'exp':1799999940"), "the token has expired"},
        {AT("'exp':0"), "the token has expired"},
        {AT("'exp':1800000100.5"), IS_GOOD},
        {AT("'exp':'1800000100'"), "one of the token's times (exp, nbf, iat) is no number of seconds"},
        {AT("'exp':1e300"), "one of the token's times (exp, nbf, iat) is no number of seconds"},
        {AT("'exp':-1"), "one of the token's times (exp, nbf, iat) is no number of seconds"},
        {AT("'exp':1800000100,'nbf':1800000060"), IS_GOOD},
        {AT("'exp':1800000100,'nbf':1800000061"), "the token is not valid yet"},
        {AT("'exp':1800000100,'nbf':true"),
         "one of the token's times (exp, nbf, iat) is no number of seconds"},
        {AT("'exp':1800000100,'iat':1800000061"), "the token was issued in the future"},
        {AT("'exp':1800000100,'iat':1700000000"), IS_GOOD},
    };
#undef AT
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(with_claims(cases[i].claims), cases[i].why);
}

static void scopes_are_read_as_issuers_write_them(void **state) {
    (void)state;
#define WHO "good https://issuer.example|ann| ann "
    static const struct {
        const char *more, *scope;
    } cases[] = {
        {"'scope':'read'", "read"},
        {"'scope':'openid write offline_access'", "write"},
        {"'scope':'destroy read'", "destroy"},
        {"'scp':'read write'", "write"},
        {"'scp':['read','destroy']", "destroy"},
        {"'scp':[7,null,'read']", "read"},
        {"'scope':'read','scp':['destroy']", "read"}, // the standard one counts
        {"'scope':'READ reader  x:write'", "nothing"},
        {"'scope':''", "nothing"},
        {"'scope':{'read':true}", "nothing"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char claims[500], expected[200];
        snprintf(claims, sizeof claims, "{" GOOD ",%s}", cases[i].more);
        snprintf(expected, sizeof expected, WHO "%s 1800000160", cases[i].scope);
        assert_string_equal(with_claims(claims), expected);
    }
#undef WHO
}

// Nobody can choose a subject that looks like another subject with a client, or like the beginning of one.
static void identities_do_not_run_into_each_other(void **state) {
    (void)state;
#define WHO(who) "{'iss':'https://issuer.example','aud':'https://mcp.example/mcp','exp':1800000100," who "}"
    assert_string_equal(with_claims(WHO("'sub':'ann','client_id':'cli'")),
                        "good https://issuer.example|ann|cli cli nothing 1800000160");
    assert_string_equal(with_claims(WHO("'sub':'ann|cli'")),
                        "good https://issuer.example|ann%7Ccli| ann|cli nothing 1800000160");
    assert_string_equal(with_claims(WHO("'sub':'ann%7Ccli'")),
                        "good https://issuer.example|ann%257Ccli| ann%7Ccli nothing 1800000160");
    assert_string_equal(with_claims(WHO("'sub':'ann\\u0000x'")),
                        "good https://issuer.example|ann%00x| ann nothing 1800000160");
    assert_string_equal(with_claims(WHO("'azp':'cli'")),
                        "good https://issuer.example||cli cli nothing 1800000160");
#undef WHO
}

// --- beside libjwt -----------------------------------------------------------------------------------------

// Opened, not linked: jansson, which it calls, has functions of the same names as base/json.
static struct {
    int (*new)(jwt_t **);
    int (*add_grants_json)(jwt_t *, const char *);
    int (*add_header)(jwt_t *, const char *, const char *);
    int (*set_alg)(jwt_t *, jwt_alg_t, const unsigned char *, int);
    char *(*encode_str)(jwt_t *);
    int (*decode)(jwt_t **, const char *, const unsigned char *, int);
    void (*free)(jwt_t *);
} libjwt;

static int open_libjwt(void **state) {
    (void)state;
    void *library = dlopen("libjwt.so.0", RTLD_NOW | RTLD_LOCAL);
    static const char *const names[] = {"jwt_new",     "jwt_add_grants_json", "jwt_add_header",
                                        "jwt_set_alg", "jwt_encode_str",      "jwt_decode",
                                        "jwt_free"};
    for (size_t i = 0; i < COUNT(names); i++) {
        void *symbol = library ? dlsym(library, names[i]) : NULL;
        if (!symbol) return -1;
        memcpy((char *)&libjwt + i * sizeof symbol, &symbol, sizeof symbol);
    }
    return 0;
}

static bool libjwt_takes(const char *token, const char *key) {
    jwt_t *read = NULL;
    bool ok = libjwt.decode(&read, token, (const unsigned char *)key, (int)strlen(key)) == 0;
    if (ok) libjwt.free(read);
    return ok;
}

// libjwt makes tokens, and says the same as we do of those that it can read.
static void libjwt_agrees(void **state) {
    (void)state;
    static const struct {
        jwt_alg_t algorithm;
        const char *name;
    } kinds[] = {{JWT_ALG_RS256, "rsa"}, {JWT_ALG_ES256, "p256"}, {JWT_ALG_ES384, "p384"}};
    EVP_PKEY *keys[] = {rsa, p256, p384};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        jwt_t *made;
        char *secret = signer_pem(keys[i], true), *public = signer_pem(keys[i], false);
        assert_int_equal(libjwt.new(&made), 0);
        assert_int_equal(libjwt.add_grants_json(made, q("{" GOOD "}")), 0);
        assert_int_equal(libjwt.add_header(made, "kid", kinds[i].name), 0);
        assert_int_equal(
            libjwt.set_alg(made, kinds[i].algorithm, (unsigned char *)secret, (int)strlen(secret)), 0);
        char *token = libjwt.encode_str(made);
        assert_string_equal(verdict_of(slice_of(token), &rules, all), IS_GOOD);
        assert_true(libjwt_takes(token, public));
        char *inside = strrchr(token, '.') + 10; // of the signature
        *inside = (char)(*inside == 'A' ? 'B' : 'A');
        assert_string_equal(verdict_of(slice_of(token), &rules, all), "the token's signature is wrong");
        assert_false(libjwt_takes(token, public));
        free(token);
        libjwt.free(made);
        free(secret);
        free(public);
    }
}

// Why it is not the one that decides: what it takes, and we do not.
static void libjwt_takes_more(void **state) {
    (void)state;
    buf token = BUF(BUF_SMALL), error = BUF(BUF_SMALL);
    char *pem = signer_pem(rsa, false);
    auth_key_set *one = auth_key_set_of_pem(slice_of(pem), &error);
    signer_put_unsigned(&token, "{\"alg\":\"HS256\"}", q("{" GOOD "}")); // the public key as a secret
    signer_sign_secret(&token, slice_of(pem));
    assert_true(libjwt_takes(buf_string(&token), pem));
    assert_string_equal(verdict_of(buf_view(&token), &rules, one),
                        "the token is signed in a way that is not allowed here");

    signer_put_unsigned(&token, "{\"alg\":\"rs256\"}", q("{" GOOD "}"));
    signer_sign(&token, rsa, 256, false);
    assert_true(libjwt_takes(buf_string(&token), pem));
    assert_string_equal(verdict_of(buf_view(&token), &rules, one),
                        "the token is signed in a way that is not allowed here");

    signer_put_unsigned(&token, "{\"alg\":\"RS256\"}", q("{" GOOD ",'exp':1}"));
    signer_sign(&token, rsa, 256, false);
    assert_true(libjwt_takes(buf_string(&token), pem));
    assert_string_equal(verdict_of(buf_view(&token), &rules, one),
                        "the token's claims are no JSON object, or name a member twice");
    auth_key_set_free(one);
    buf_free(&token);
    free(pem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_is_checked_with_its_own_key),
        cmocka_unit_test(an_algorithm_is_allowed_by_its_exact_name),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(a_secret_of_its_own_is_one),
        cmocka_unit_test(only_three_clean_parts_are_a_token),
        cmocka_unit_test(types_are_JWT_and_access_token),
        cmocka_unit_test(headers_are_strict),
        cmocka_unit_test(the_key_is_chosen_by_its_name),
        cmocka_unit_test(claims_say_for_whom_and_until_when),
        cmocka_unit_test(clocks_may_be_a_minute_apart),
        cmocka_unit_test(scopes_are_read_as_issuers_write_them),
        cmocka_unit_test(identities_do_not_run_into_each_other),
        cmocka_unit_test_setup(libjwt_agrees, open_libjwt),
        cmocka_unit_test_setup(libjwt_takes_more, open_libjwt),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
