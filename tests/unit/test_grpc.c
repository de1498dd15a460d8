// The push of an event: bytes out, status in.
#include "unit.h"

#include "upstream/upstream.h"

// The framed message in hexadecimal.
static const char *framed(grpc_event event) {
    static char out[400];
    buf b = BUF(1000);
    grpc_put_event(&b, &event);
    assert_true(b.n * 2 < sizeof out);
    for (size_t i = 0; i < b.n; i++) snprintf(out + 2 * i, 3, "%02x", (unsigned char)b.s[i]);
    buf_free(&b);
    return out;
}

static void an_event_is_framed_with_its_fields_in_order(void **state) {
    (void)state;
    assert_string_equal(framed((grpc_event){.key = "k", .payload = "{}"}),
                        "00" "00000007" "0a016b" "12027b7d");
    assert_string_equal(
        framed((grpc_event){.key = "k", .payload = "1", .metadata = "{}", .scope = "s", .priority = 3}),
        "00" "0000000f" "0a016b" "120131" "22027b7d" "2803" "320173");
}

static void what_is_not_given_is_absent(void **state) {
    (void)state;
    assert_string_equal(framed((grpc_event){.key = "k", .payload = "1", .scope = ""}),
                        "00" "00000008" "0a016b" "120131" "3200");
}

#define ID "b7f59a9f-417a-400e-a531-e36a6cd24bde"

// The id that an answer of these bytes names, or "none".
static const char *id_in(const char *bytes, size_t n) {
    static char id[37];
    return grpc_event_id((slice){bytes, n}, id) ? id : "none";
}

static void the_id_is_found_in_the_answer(void **state) {
    (void)state;
    static const char whole[] = "\0\0\0\0\x26\x12\x24" ID;
    size_t n = sizeof whole - 1;
    assert_string_equal(id_in(whole, n), ID);
    assert_string_equal(id_in(whole, n - 1), "none"); // cut off
    assert_string_equal(id_in("\1\0\0\0\x26\x12\x24" ID, n), "none"); // compressed
    assert_string_equal(id_in("\0\0\0\0\x04\x12\x02id", 9), "none"); // no id
    assert_string_equal(id_in("\0\0\0\0\0", 5), "none");
    assert_string_equal(id_in("", 0), "none");
    assert_string_equal(id_in("\0\0\0\0\x02\xff\xff", 7), "none"); // no message
}

static void an_id_that_is_no_uuid_is_none(void **state) {
    (void)state;
    static const char other[] = "\0\0\0\0\x26\x12\x24" "b7f59a9f-417a-400e-a531-e36a6cd24bd\xff";
    assert_string_equal(id_in(other, sizeof other - 1), "none");
}

// A frame of n bytes: the same two again and again (a field and what it has), and then the id.
static buf crowded(const char field[2], size_t n) {
    buf b = BUF(n + 100);
    const char frame[5] = {0, (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    buf_add(&b, frame, 5);
    while (b.n < n - 34) buf_add(&b, field, 2);
    buf_text(&b, "\x12\x24" ID);
    assert_int_equal(b.n, n + 5);
    return b;
}

static void the_memory_of_an_answer_is_bounded(void **state) {
    (void)state;
    buf few = crowded("\x28\x01", 40 + 38), many = crowded("\x28\x01", (size_t)1 << 20),
        empty = crowded("\x2a\x00", (size_t)1 << 20);
    assert_string_equal(id_in(few.s, few.n), ID);
    assert_string_equal(id_in(many.s, many.n), "none");
    assert_string_equal(id_in(empty.s, empty.n), "none");
    buf_free(&few);
    buf_free(&many);
    buf_free(&empty);
}

// The engine may send the payload back.
static void a_large_answer_of_few_fields_is_read(void **state) {
    (void)state;
    size_t text = (size_t)2 << 20, n = 38 + 5 + text;
    buf b = BUF(n + 100);
    const char frame[5] = {0, (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    buf_add(&b, frame, 5);
    buf_text(&b, "\x12\x24" ID "\x22\x80\x80\x80\x01"); // field 4, its length
    while (b.n < n + 5) buf_char(&b, 'x');
    assert_string_equal(id_in(b.s, b.n), ID);
    buf_free(&b);
}

// "fault status name: body" of an answer of this HTTP status after its trailers.
static const char *settled(const char *fault, int http, int code, const char *message) {
    static char out[300];
    upstream_answer a = {.fault = fault, .status = http, .body = SLICE("body")};
    buf text = BUF(200);
    grpc_settle(&a, (grpc_status){code, slice_of(message)}, &text);
    snprintf(out, sizeof out, "%s %d %s: %.*s", a.fault ? a.fault : "-", a.status, a.grpc ? a.grpc : "-",
             (int)a.body.n, a.body.s);
    buf_free(&text);
    return out;
}

static void a_status_becomes_the_http_status_of_the_same_meaning(void **state) {
    (void)state;
    assert_string_equal(settled(NULL, 200, 0, ""), "- 200 -: body");
    assert_string_equal(settled(NULL, 200, 3, "bad json"), "- 400 INVALID_ARGUMENT: bad json");
    assert_string_equal(settled(NULL, 200, 16, "invalid auth token"),
                        "- 401 UNAUTHENTICATED: invalid auth token");
    assert_string_equal(settled(NULL, 200, 12, ""), "- 501 UNIMPLEMENTED: ");
    assert_string_equal(settled(NULL, 200, 14, ""), "- 503 UNAVAILABLE: ");
    assert_string_equal(settled(NULL, 200, 99, "x"), "- 500 UNKNOWN: x");
}

static void a_message_is_percent_decoded(void **state) {
    (void)state;
    assert_string_equal(settled(NULL, 200, 3, "a%20b %C3%A9 100% %2"),
                        "- 400 INVALID_ARGUMENT: a b \xC3\xA9 100% %2");
}

static void a_quota_is_told_from_a_message_that_is_too_large(void **state) {
    (void)state;
    assert_string_equal(settled(NULL, 200, 8, "quota"), "- 429 RESOURCE_EXHAUSTED: quota");
    assert_string_equal(settled(NULL, 200, 8, "grpc: received message larger than max (5 vs. 4)"),
                        "- 400 RESOURCE_EXHAUSTED: grpc: received message larger than max (5 vs. 4)");
}

static void an_answer_without_a_status_is_no_success(void **state) {
    (void)state;
    assert_string_equal(settled(NULL, 200, -1, ""), "protocol 0 -: body");
    assert_string_equal(settled(NULL, 502, -1, ""), "- 502 -: body"); // of a proxy
    assert_string_equal(settled("truncated", 200, -1, ""), "truncated 0 -: body");
    assert_string_equal(settled("too_large", 200, 0, ""), "too_large 200 -: body");
    // The server may end a call before it has read all.
    assert_string_equal(settled("truncated", 200, 3, "why"), "- 400 INVALID_ARGUMENT: why");
    assert_string_equal(settled("protocol", 200, 14, ""), "- 503 UNAVAILABLE: ");
}

static void codes_are_small_numbers(void **state) {
    (void)state;
    assert_int_equal(grpc_code(SLICE("0")), 0);
    assert_int_equal(grpc_code(SLICE("16")), 16);
    assert_int_equal(grpc_code(SLICE("")), -1);
    assert_int_equal(grpc_code(SLICE("-1")), -1);
    assert_int_equal(grpc_code(SLICE("100")), -1);
    assert_int_equal(grpc_code(SLICE("ok")), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_framed_with_its_fields_in_order),
        cmocka_unit_test(what_is_not_given_is_absent),
        cmocka_unit_test(the_id_is_found_in_the_answer),
        cmocka_unit_test(an_id_that_is_no_uuid_is_none),
        cmocka_unit_test(the_memory_of_an_answer_is_bounded),
        cmocka_unit_test(a_large_answer_of_few_fields_is_read),
        cmocka_unit_test(a_status_becomes_the_http_status_of_the_same_meaning),
        cmocka_unit_test(a_message_is_percent_decoded),
        cmocka_unit_test(a_quota_is_told_from_a_message_that_is_too_large),
        cmocka_unit_test(an_answer_without_a_status_is_no_success),
        cmocka_unit_test(codes_are_small_numbers),
    };
    return cmocka_run_group_tests_name("the push of an event", tests, NULL, NULL);
}
