// What an API token says about itself.
#include "unit.h"

#include "auth/token.h"

#define TENANT "707d0855-80ab-4e1f-a156-f1c4546cbf52"

// A token with these claims.
static slice token_of(buf *token, const char *claims) {
    buf_clear(token);
    put_base64url(token, SLICE("{\"alg\":\"ES256\"}"));
    buf_char(token, '.');
    put_base64url(token, slice_of(q(claims)));
    buf_text(token, ".c2lnbmF0dXJl");
    return buf_view(token);
}

// "tenant server_url expiry", or what is wrong.
static const char *read_token(slice token) {
    static char out[512];
    auth_token read;
    buf why = BUF(400);
    bool ok = auth_token_read(token, &read, &why);
    assert_int_equal(ok, why.n == 0);
    if (ok)
        snprintf(out, sizeof out, "%s %s %lld", read.tenant, read.server_url ? read.server_url : "-",
                 (long long)read.expiry);
    else snprintf(out, sizeof out, "%s", buf_string(&why));
    if (ok) auth_token_free(&read);
    assert_null(read.tenant);
    buf_free(&why);
    return out;
}

static const char *claims(const char *json) {
    buf token = BUF(100000);
    const char *out = read_token(token_of(&token, json));
    buf_free(&token);
    return out;
}

static void the_claims_are_read(void **state) {
    (void)state;
    assert_string_equal(
        claims("{'sub':'" TENANT "','server_url':'https://hatchet.example','exp':1795242544,'aud':['x']}"),
        TENANT " https://hatchet.example 1795242544000000");
    assert_string_equal(claims("{'sub':'707D0855-80AB-4E1F-A156-F1C4546CBF52'}"), TENANT " - 0");
    assert_string_equal(claims("{'sub':'" TENANT "','server_url':'','exp':1795242544.5}"),
                        TENANT " - 1795242544500000");
}

static void what_is_wrong_with_the_claims(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"[]", "its middle part is no JSON object"},
        {"{", "its middle part is no JSON"},
        {"{}", "it names no tenant (claim \"sub\", a UUID), so it is no API token of Hatchet"},
        {"{'sub':'me'}", "it names no tenant (claim \"sub\", a UUID), so it is no API token of Hatchet"},
        {"{'sub':7}", "it names no tenant (claim \"sub\", a UUID), so it is no API token of Hatchet"},
        {"{'sub':'" TENANT "','server_url':7}", "its claim \"server_url\" is no text"},
        {"{'sub':'" TENANT "','exp':'soon'}", "its claim \"exp\" is no time"},
        {"{'sub':'" TENANT "','exp':-1}", "its claim \"exp\" is no time"},
        {"{'sub':'" TENANT "','exp':1e300}", "its claim \"exp\" is no time"},
        {"{'sub':'" TENANT "','exp':1e999}", "its claim \"exp\" is no time"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(claims(cases[i][0]), cases[i][1]);
}

static void what_is_wrong_with_the_form(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "it has 1 part between dots, and an API token has 3"},
        {"a.b", "it has 2 parts between dots, and an API token has 3"},
        {"a.b.c.d.e", "it has 5 parts between dots, and an API token has 3"},
        {"a..c", "one of its three parts is empty"},
        {".b.c", "one of its three parts is empty"},
        {"a.b.", "one of its three parts is empty"},
        {"a.b.c", "its middle part is not base64url"},
        {"a.e+/=.c", "its middle part is not base64url"},
        {"a.e30=.c", "its middle part is not base64url"},
        {"a.e3 0.c", "its middle part is not base64url"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(read_token(slice_of(cases[i][0])), cases[i][1]);
}

static void no_piece_of_the_token_is_told(void **state) {
    (void)state;
    static const char *const tokens[] = {"secretsecretsecret", "secret.secret.secret", "x.secre_secret.y",
                                         "a.secret!.b"};
    for (size_t i = 0; i < COUNT(tokens); i++) assert_null(strstr(read_token(slice_of(tokens[i])), "secre"));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_claims_are_read),
        cmocka_unit_test(what_is_wrong_with_the_claims),
        cmocka_unit_test(what_is_wrong_with_the_form),
        cmocka_unit_test(no_piece_of_the_token_is_told),
    };
    return cmocka_run_group_tests_name("API tokens", tests, NULL, NULL);
}
