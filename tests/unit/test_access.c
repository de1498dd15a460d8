// The header Authorization: who is let in, and exactly what is answered to who is not.
#include "signer.h"

#include "auth/access.h"
#include "auth/keys.h"
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define CLAIMS "'iss':'https://issuer.example','aud':'https://mcp.example/mcp','exp':1800000600"

static char folder[64];
static int64_t now; // of all that is tested here
static EVP_PKEY *key, *next_key;

static int64_t clock_of_test(void) { return now; }

static const char *path(const char *name) {
    static char text[160];
    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static void write_file(const char *name, const char *text) {
    static int turn;
    char fresh[170]; // put in place whole, as an editor would; the file is another one then
    snprintf(fresh, sizeof fresh, "%s.%d", path(name), turn++);
    FILE *file = fopen(fresh, "w");
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(fresh, path(name)), 0);
}

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hatchway-access-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    log_set_level(LOG_EMERGENCY); // what goes wrong here goes wrong on purpose
    key = signer_ec("P-256");
    next_key = signer_ec("P-256");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    EVP_PKEY_free(key);
    EVP_PKEY_free(next_key);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static int at_noon(void **state) {
    (void)state;
    now = 1800000000 * SECOND;
    return 0;
}

static auth_access_config config(void) {
    return (auth_access_config){.issuer = "https://issuer.example",
                                .audience = "https://mcp.example/mcp",
                                .source = AUTH_PEM_FILE,
                                .allowed = {[AUTH_ES256] = true},
                                .name = "Hatchet",
                                .now = clock_of_test};
}

static auth_access *open_access(const auth_access_config *c) {
    buf error = BUF(BUF_SMALL);
    auth_access *a = auth_access_new(c, &error);
    assert_buf(&error, "");
    assert_non_null(a);
    return a;
}

static auth_access *with_pem(char place[160]) {
    char *pem = signer_pem(key, false);
    write_file("issuer.pem", pem);
    free(pem);
    strcpy(place, path("issuer.pem"));
    auth_access_config c = config();
    c.place = place;
    return open_access(&c);
}

// "ID NAME ACCESS EXPIRES", or "STATUS CHALLENGE (WHY)".
static const char *told(bool ok, const auth_principal *who, const auth_refusal *no) {
    static char out[4][2000];
    static unsigned turn;
    char *text = out[turn++ % 4];
    if (ok)
        snprintf(text, sizeof out[0], "%s %s %s %lld", who->id, who->name, guard_access_name(who->access),
                 (long long)(who->expires / SECOND));
    else if (no->challenge) snprintf(text, sizeof out[0], "%d %s", no->status, no->challenge);
    else snprintf(text, sizeof out[0], "%d after %d s: %s", no->status, no->retry_after, no->why);
    return text;
}

static const char *check(auth_access *a, slice header) {
    auth_principal who;
    auth_refusal no = {0};
    bool ok = auth_check(a, header, &who, &no);
    return told(ok, &who, &no);
}

static const char *check_text(auth_access *a, const char *header) { return check(a, slice_of(header)); }

static const char *check_token(auth_access *a, EVP_PKEY *by, const char *kid, const char *claims) {
    buf token = BUF(BUF_SMALL), header = BUF(BUF_SMALL);
    char head[100];
    snprintf(head, sizeof head, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
    signer_put_unsigned(&token, head, q(claims));
    signer_sign(&token, by, 256, false);
    buf_printf(&header, "Bearer %s", buf_string(&token));
    const char *out = check(a, buf_view(&header));
    buf_free(&token);
    buf_free(&header);
    return out;
}

#define PLACE "resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\""

// --- the header --------------------------------------------------------------------------------------------

static void without_a_token_nothing_is_said_about_one(void **state) {
    (void)state;
    char place[160];
    auth_access *a = with_pem(place);
    static const char *const headers[] = {"",      "Basic YTpi", "Bearerx abc",
                                          "Beare", "DPoP abc",   "Digest a=\"Bearer b\""};
    assert_string_equal(check(a, (slice){0}), "401 Bearer scope=\"read\", " PLACE);
    for (size_t i = 0; i < COUNT(headers); i++)
        assert_string_equal(check_text(a, headers[i]), "401 Bearer scope=\"read\", " PLACE);
    auth_access_free(a);
}

static void a_header_is_bearer_and_one_token(void **state) {
    (void)state;
    char place[160], long_header[8300];
    auth_access *a = with_pem(place);
    static const char *const headers[] = {"Bearer",     "Bearer ",     "Bearer a b",     "Bearer a, Bearer b",
                                          "Bearer a ",  "Bearer =",    "Bearer a=b",     "Bearer \"a\"",
                                          "Bearer a\n", "Bearer a\tb", "Bearer \xC3\xA4"};
    static const char broken[] =
        "400 Bearer error=\"invalid_request\", "
        "error_description=\"the header Authorization is not Bearer and one token\", "
        "scope=\"read\", " PLACE;
    for (size_t i = 0; i < COUNT(headers); i++) assert_string_equal(check_text(a, headers[i]), broken);
    assert_string_equal(check(a, (slice){"Bearer a\0b", 10}), broken);

    static const char no_jwt[] =
        "401 Bearer error=\"invalid_token\", "
        "error_description=\"the token is no JWT of three parts\", scope=\"read\", " PLACE;
    assert_string_equal(check_text(a, "Bearer abc"), no_jwt);
    assert_string_equal(check_text(a, "bEARER   abc"), no_jwt); // RFC 9110, section 11.1
    memset(long_header, 'a', sizeof long_header);
    memcpy(long_header, "Bearer ", 7);
    assert_string_equal(check(a, (slice){long_header, 7 + 8192}), no_jwt);
    assert_string_equal(
        check(a, (slice){long_header, 7 + 8193}),
        "400 Bearer error=\"invalid_request\", error_description=\"the token is longer than 8192 bytes\", "
        "scope=\"read\", " PLACE);
    auth_access_free(a);
}

// --- tokens ------------------------------------------------------------------------------------------------

static void a_token_is_good_until_it_ends(void **state) {
    (void)state;
    char place[160];
    auth_access *a = with_pem(place);
    static const char claims[] = "{" CLAIMS ",'sub':'ann','client_id':'cli','scope':'write'}";
    static const char ann[] = "https://issuer.example|ann|cli cli write 1800000660";
    buf token = BUF(BUF_SMALL);
    buf_text(&token, "Bearer ");
    buf unsigned_token = BUF(BUF_SMALL);
    signer_put_unsigned(&unsigned_token, "{\"alg\":\"ES256\"}", q(claims));
    signer_sign(&unsigned_token, key, 256, false);
    buf_slice(&token, buf_view(&unsigned_token));
    for (int i = 0; i < 3; i++) assert_string_equal(check(a, buf_view(&token)), ann);
    now += 659 * SECOND; // it is remembered no longer than it is good
    assert_string_equal(check(a, buf_view(&token)), ann);
    now += SECOND;
    assert_string_equal(check(a, buf_view(&token)),
                        "401 Bearer error=\"invalid_token\", "
                        "error_description=\"the token has expired\", scope=\"read\", " PLACE);
    buf_free(&token);
    buf_free(&unsigned_token);
    auth_access_free(a);
}

static void a_token_that_grants_nothing_is_told_what_to_ask_for(void **state) {
    (void)state;
    char place[160];
    auth_access *a = with_pem(place);
    assert_string_equal(
        check_token(a, key, "", "{" CLAIMS ",'sub':'ann','scope':'openid'}"),
        "403 Bearer error=\"insufficient_scope\", "
        "error_description=\"the token has none of the scopes of this server\", scope=\"read\", " PLACE);
    auth_access_free(a);
}

static void what_is_missing_is_asked_for_at_once(void **state) {
    (void)state;
    char place[160];
    auth_access *a = with_pem(place);
    auth_principal who = {.access = GUARD_READ};
    auth_refusal no;
    assert_true(auth_require(a, &who, GUARD_READ, &no));
    assert_string_equal(
        told(auth_require(a, &who, GUARD_WRITE, &no), &who, &no),
        "403 Bearer error=\"insufficient_scope\", error_description=\"this needs the scope write\", "
        "scope=\"read write\", " PLACE);
    assert_string_equal(
        told(auth_require(a, &who, GUARD_DESTROY, &no), &who, &no),
        "403 Bearer error=\"insufficient_scope\", error_description=\"this needs the scope destroy\", "
        "scope=\"read write destroy\", " PLACE);
    who.access = GUARD_DESTROY; // includes the others
    assert_true(auth_require(a, &who, GUARD_WRITE, &no));
    auth_access_free(a);
}

static void metadata_says_who_issues_tokens(void **state) {
    (void)state;
    char place[160];
    auth_access *a = with_pem(place);
    buf json = BUF(BUF_SMALL);
    assert_string_equal(auth_resource_metadata_path(a), "/.well-known/oauth-protected-resource/mcp");
    assert_true(auth_put_resource_metadata(a, &json));
    assert_buf(&json,
               q("{'resource':'https://mcp.example/mcp','authorization_servers':['https://issuer.example'],"
                 "'scopes_supported':['read','write','destroy'],'bearer_methods_supported':['header'],"
                 "'resource_name':'Hatchet'}"));
    buf_free(&json);
    auth_access_free(a);
}

// --- the issuer's keys -------------------------------------------------------------------------------------

static void a_file_of_keys_is_read_again(void **state) {
    (void)state;
    char place[160];
    auth_access *a = with_pem(place);
    static const char claims[] = "{" CLAIMS ",'sub':'ann','scope':'read'}";
    static const char ann[] = "https://issuer.example|ann| ann read 1800000660";
    static const char wrong[] =
        "401 Bearer error=\"invalid_token\", error_description=\"the token's signature is wrong\", "
        "scope=\"read\", " PLACE;
    assert_string_equal(check_token(a, key, "", claims), ann);
    assert_string_equal(check_token(a, next_key, "", claims), wrong);

    now += 2 * SECOND;
    write_file("issuer.pem", "no key"); // what is broken changes nothing
    assert_string_equal(check_token(a, key, "", claims), ann);

    now += 2 * SECOND;
    char *pem = signer_pem(next_key, false);
    write_file("issuer.pem", pem);
    assert_string_equal(check_token(a, next_key, "", claims), ann);
    assert_string_equal(check_token(a, key, "", claims), wrong); // nor is what was let in before
    free(pem);
    auth_access_free(a);
}

// Who fetches in this test: it keeps what was asked for, and answers when the test says so.
static struct {
    int asked, stopped;
    void (*done)(void *for_whom, slice body, const char *problem);
    void *for_whom;
} network;

static void *start(void *data, const char *url, void (*done)(void *, slice, const char *), void *for_whom) {
    assert_ptr_equal(data, &network);
    assert_string_equal(url, "https://issuer.example/jwks");
    network.asked++;
    network.done = done;
    network.for_whom = for_whom;
    return &network;
}

static void stop(void *handle) {
    assert_ptr_equal(handle, &network);
    network.stopped++;
}

static void answer(EVP_PKEY *of, const char *kid) {
    buf jwks = BUF(BUF_SMALL);
    buf_text(&jwks, "{\"keys\":[");
    signer_put_jwk(&jwks, of, kid, "");
    buf_text(&jwks, "]}");
    network.done(network.for_whom, buf_view(&jwks), NULL);
    buf_free(&jwks);
}

static void keys_of_a_url_are_fetched_and_nobody_waits(void **state) {
    (void)state;
    static const char claims[] = "{" CLAIMS ",'sub':'ann','scope':'read'}";
    static const char ann[] = "https://issuer.example|ann| ann read 1800000660";
    static const char unknown[] =
        "401 Bearer error=\"invalid_token\", error_description=\"the token is signed with a key "
        "that is not among the issuer's\", scope=\"read\", " PLACE;
    auth_access_config c = config();
    c.source = AUTH_JWKS_URL;
    c.place = "https://issuer.example/jwks";
    c.fetcher = (auth_fetcher){start, stop, &network};
    auth_access *a = open_access(&c);
    assert_int_equal(network.asked, 1); // at the start
    assert_string_equal(check_token(a, key, "1", claims),
                        "503 after 1 s: the issuer's keys have not come yet");
    network.done(network.for_whom, (slice){0}, "the answer is HTTP 500");
    assert_string_equal(check_token(a, key, "1", claims),
                        "503 after 30 s: the issuer's keys have not come yet");
    assert_int_equal(network.asked, 1);
    now += 60 * SECOND; // once a minute
    assert_string_equal(check_token(a, key, "1", claims),
                        "503 after 1 s: the issuer's keys have not come yet");
    assert_int_equal(network.asked, 2);
    answer(key, "1");
    assert_string_equal(check_token(a, key, "1", claims), ann);

    // another key: asked for, but not at each token that names what is not there
    assert_string_equal(check_token(a, next_key, "2", claims), unknown);
    now += 60 * SECOND;
    assert_string_equal(check_token(a, next_key, "2", claims),
                        "503 after 1 s: the issuer's keys are being fetched again");
    assert_string_equal(check_token(a, key, "1", claims), ann); // others are not held up
    network.done(network.for_whom, SLICE("{}"), NULL);          // what is broken changes nothing
    assert_string_equal(check_token(a, key, "1", claims), ann);
    now += 60 * SECOND;
    check_token(a, next_key, "2", claims);
    answer(next_key, "2");
    assert_string_equal(check_token(a, next_key, "2", claims), ann);
    assert_string_equal(check_token(a, key, "1", claims), unknown);
    assert_int_equal(network.asked, 4);

    now += 60 * SECOND;
    check_token(a, key, "1", claims);
    auth_access_free(a);
    assert_int_equal(network.stopped, 1);
}

static void keys_of_a_url_are_renewed_every_hour(void **state) {
    (void)state;
    auth_access_config c = config();
    c.source = AUTH_JWKS_URL;
    c.place = "https://issuer.example/jwks";
    c.fetcher = (auth_fetcher){start, stop, &network};
    network.asked = 0;
    auth_access *a = open_access(&c);
    answer(key, "1");
    now += 3599 * SECOND;
    check_text(a, "Bearer abc");
    assert_int_equal(network.asked, 1);
    now += SECOND;
    check_text(a, "Bearer abc");
    assert_int_equal(network.asked, 2);
    answer(next_key, "2");
    auth_access_free(a);
}

static const char *source_error(auth_source source, const char *text) {
    static char out[500];
    char place[160];
    buf error = BUF(BUF_SMALL);
    write_file("source", text);
    strcpy(place, path("source"));
    assert_null(auth_issuer_new(source, place, NULL, now, &error));
    assert_true(strncmp(buf_string(&error), place, strlen(place)) == 0);
    snprintf(out, sizeof out, "%s", buf_string(&error) + strlen(place) + 1);
    buf_free(&error);
    return out;
}

static void a_file_that_is_no_key_is_told(void **state) {
    (void)state;
    EVP_PKEY *small = EVP_RSA_gen(1024), *odd = signer_ec("secp256k1");
    char *private = signer_pem(key, true), *weak = signer_pem(small, false),
         *strange = signer_pem(odd, false);
    assert_string_equal(source_error(AUTH_PEM_FILE, private),
                        "has a private key in it; give the public one: openssl pkey -pubout");
    assert_string_equal(source_error(AUTH_PEM_FILE, weak),
                        "is an RSA key of 1024 bits; 2048 to 8192 are taken");
    assert_string_equal(source_error(AUTH_PEM_FILE, strange),
                        "is of a kind that is not taken: RSA, P-256, P-384 and Ed25519 are");
    assert_string_equal(
        source_error(AUTH_PEM_FILE, "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n"),
        "is of a kind that is not taken: RSA, P-256, P-384 and Ed25519 are");
    assert_string_equal(
        source_error(AUTH_PEM_FILE, "-----BEGIN PUBLIC KEY-----\n!!\n-----END PUBLIC KEY-----\n"),
        "is broken PEM");
    assert_string_equal(
        source_error(AUTH_PEM_FILE, ""),
        "has no PEM block \"PUBLIC KEY\" in it; openssl x509 -pubkey -noout takes it from a certificate");
    assert_string_equal(source_error(AUTH_SECRET_FILE, "too short\n"),
                        "is a secret of 9 bytes; HS256 needs 32 or more");
    assert_string_equal(source_error(AUTH_SECRET_FILE, weak),
                        "is PEM; HS256 wants the secret itself, and a public key is none");
    assert_string_equal(source_error(AUTH_JWKS_FILE, "[]"), "is no JWK set: an object with \"keys\", a list");
    assert_string_equal(
        source_error(AUTH_JWKS_FILE, q("{'keys':[{'kty':'oct','k':'AAAA'},{'kty':'RSA','n':'AQAB'},"
                                       "{'kty':'EC','crv':'P-256','x':'AA','y':'AA'},7]}")),
        "has no key that is for signatures and of a kind that is taken");
    EVP_PKEY_free(small);
    EVP_PKEY_free(odd);
    free(private);
    free(weak);
    free(strange);
}

static const char *config_error(auth_access_config c) {
    static char out[300];
    buf error = BUF(BUF_SMALL);
    assert_null(auth_access_new(&c, &error));
    snprintf(out, sizeof out, "%s", buf_string(&error));
    buf_free(&error);
    return out;
}

static void a_configuration_that_is_half_is_told(void **state) {
    (void)state;
    auth_access_config c = config();
    assert_string_equal(config_error((auth_access_config){0}),
                        "there is neither a store of keys nor an issuer of tokens");
    assert_string_equal(config_error(c),
                        "an issuer of tokens needs an audience, and a key file or a JWK set");
    c.place = "/nowhere";
    assert_string_equal(config_error(c), "/nowhere cannot be read, or is no file");
    c.audience = "mcp.example";
    assert_string_equal(config_error(c), "the audience \"mcp.example\" is not the address of a server, as in "
                                         "https://mcp.example/mcp");
    c.allowed[AUTH_HS256] = true;
    assert_string_equal(config_error(c), "HS256 goes with a secret in a file, and with no other algorithm");
    c.allowed[AUTH_HS256] = c.allowed[AUTH_ES256] = false;
    assert_string_equal(config_error(c), "no algorithm is allowed");
}

// --- keys of our own ---------------------------------------------------------------------------------------

static void keys_are_known_until_they_end(void **state) {
    (void)state;
    buf error = BUF(BUF_SMALL), text = BUF(100), id = BUF(100), header = BUF(200);
    store *s = store_open(path("keys"), &error);
    auth_keys *keys = auth_keys_open(s, &error);
    assert_buf(&error, "");
    assert_false(auth_keys_any(keys, now));
    assert_true(
        auth_keys_create(keys, SLICE("laptop"), GUARD_WRITE, now, now + 3600 * SECOND, &text, &error));
    assert_int_equal(text.n, AUTH_KEY_LENGTH);
    assert_true(auth_keys_any(keys, now));
    assert_false(auth_keys_any(keys, now + 3600 * SECOND));
    buf_printf(&header, "Bearer %s", buf_string(&text));

    auth_access *a = open_access(&(auth_access_config){.store = s, .now = clock_of_test});
    const char *let_in = check(a, buf_view(&header));
    assert_non_null(strstr(let_in, " laptop write 1800003600"));
    assert_true(strncmp(let_in, "key:", 4) == 0 && strchr(let_in, ' ') == let_in + 4 + AUTH_KEY_ID);
    now += 3600 * SECOND;
    assert_string_equal(check(a, buf_view(&header)),
                        "401 Bearer error=\"invalid_token\", "
                        "error_description=\"the key has expired\", scope=\"read\"");
    now -= 3599 * SECOND;
    assert_true(strncmp(check(a, buf_view(&header)), "key:", 4) == 0);
    assert_true(auth_keys_revoke(keys, SLICE("laptop"), now, &id, &error));
    now += AUTH_KEY_DELAY;
    assert_string_equal(check(a, buf_view(&header)),
                        "401 Bearer error=\"invalid_token\", "
                        "error_description=\"the key was revoked\", scope=\"read\"");
    assert_false(auth_keys_any(keys, now));

    // a character is wrong, or two are exchanged: it cannot be a key
    char *last = header.s + header.n - 20;
    *last = (char)(*last == 'x' ? 'y' : 'x');
    assert_string_equal(
        check(a, buf_view(&header)),
        "401 Bearer error=\"invalid_token\", "
        "error_description=\"this is no key: a character is missing or wrong\", scope=\"read\"");
    assert_string_equal(
        check_text(a, "Bearer hw_short"),
        "401 Bearer error=\"invalid_token\", "
        "error_description=\"this is no key: a character is missing or wrong\", scope=\"read\"");
    assert_string_equal(check_text(a, "Bearer eyJ.e30.AA"),
                        "401 Bearer error=\"invalid_token\", "
                        "error_description=\"there is no such key\", scope=\"read\"");
    assert_null(auth_resource_metadata_path(a)); // nobody issues tokens
    assert_false(auth_put_resource_metadata(a, &error));
    auth_access_free(a);
    auth_keys_close(keys);
    store_close(s);
    buf_free(&text);
    buf_free(&id);
    buf_free(&header);
}

static void of_another_store_a_key_is_unknown(void **state) {
    (void)state;
    buf error = BUF(BUF_SMALL), text = BUF(100), header = BUF(200);
    store *one = store_open(path("one"), &error), *two = store_open(path("two"), &error);
    auth_keys *keys = auth_keys_open(one, &error);
    assert_true(auth_keys_create(keys, SLICE("mine"), GUARD_READ, now, 0, &text, &error));
    buf_printf(&header, "Bearer %s", buf_string(&text));
    auth_access *a = open_access(&(auth_access_config){.store = two, .now = clock_of_test});
    assert_string_equal(check(a, buf_view(&header)),
                        "401 Bearer error=\"invalid_token\", "
                        "error_description=\"there is no such key\", scope=\"read\"");
    auth_access_free(a);
    auth_keys_close(keys);
    store_close(one);
    store_close(two);
    buf_free(&text);
    buf_free(&header);
}

static void find_used(void *data, const auth_key *k) { *(int64_t *)data = k->used; }

static void the_use_of_a_key_is_noted_once_a_minute(void **state) {
    (void)state;
    buf error = BUF(BUF_SMALL), text = BUF(100);
    int64_t begin = now, used = -1;
    auth_key found;
    store *s = store_open(path("used"), &error), *other = store_open(path("used"), &error);
    auth_keys *keys = auth_keys_open(s, &error);
    assert_true(auth_keys_create(keys, SLICE("mine"), GUARD_READ, now, 0, &text, &error));
    assert_int_equal(auth_keys_check(keys, buf_view(&text), now, &found), AUTH_KEY_GOOD);
    now += 59 * SECOND;
    assert_int_equal(auth_keys_check(keys, buf_view(&text), now, &found), AUTH_KEY_GOOD);
    auth_keys_list(keys, find_used, &used, &error);
    assert_int_equal(used, begin);
    now += SECOND;
    assert_true(
        store_do(other, "BEGIN IMMEDIATE")); // while another process writes, nobody waits for the note
    assert_int_equal(auth_keys_check(keys, buf_view(&text), now, &found), AUTH_KEY_GOOD);
    auth_keys_list(keys, find_used, &used, &error);
    assert_int_equal(used, begin);
    assert_true(store_do(other, "COMMIT"));
    now += SECOND;
    assert_int_equal(auth_keys_check(keys, buf_view(&text), now, &found), AUTH_KEY_GOOD);
    auth_keys_list(keys, find_used, &used, &error);
    assert_int_equal(used, begin + 61 * SECOND);
    auth_keys_close(keys);
    store_close(s);
    store_close(other);
    buf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_a_token_nothing_is_said_about_one, at_noon),
        cmocka_unit_test_setup(a_header_is_bearer_and_one_token, at_noon),
        cmocka_unit_test_setup(a_token_is_good_until_it_ends, at_noon),
        cmocka_unit_test_setup(a_token_that_grants_nothing_is_told_what_to_ask_for, at_noon),
        cmocka_unit_test_setup(what_is_missing_is_asked_for_at_once, at_noon),
        cmocka_unit_test_setup(metadata_says_who_issues_tokens, at_noon),
        cmocka_unit_test_setup(a_file_of_keys_is_read_again, at_noon),
        cmocka_unit_test_setup(keys_of_a_url_are_fetched_and_nobody_waits, at_noon),
        cmocka_unit_test_setup(keys_of_a_url_are_renewed_every_hour, at_noon),
        cmocka_unit_test_setup(a_file_that_is_no_key_is_told, at_noon),
        cmocka_unit_test_setup(a_configuration_that_is_half_is_told, at_noon),
        cmocka_unit_test_setup(keys_are_known_until_they_end, at_noon),
        cmocka_unit_test_setup(of_another_store_a_key_is_unknown, at_noon),
        cmocka_unit_test_setup(the_use_of_a_key_is_noted_once_a_minute, at_noon),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
