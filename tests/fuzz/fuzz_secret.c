// Text with pieces of a secret in it: exactly the runs of SECRET_RUN characters and more of any spelling are
// masked, as the plainest search finds them. In the input a byte from 0xF0 on stands for a piece of a
// spelling: which, where from, how long. Tokens that were never kept are masked whole.
#include "fuzz.h"

#include "base/secret.h"

#define SECRET "eyJhbGci.OiJFUz+I1/NiJ9-abc_def~0123"
#define N (sizeof SECRET - 1)

static buf spellings[15];
static size_t count;

static void put_percent(const char *plain, const char *format) {
    buf *b = &spellings[count++];
    for (const char *s = SECRET; *s; s++) {
        if (strchr(plain, *s)) buf_char(b, *s);
        else buf_printf(b, format, (unsigned char)*s);
    }
}

// The characters of base64 whose six bits lie in the secret, of which `skip` bytes of something else stand
// before.
static void put_base64(size_t skip, const char *last_two) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    buf *b = &spellings[count++];
    for (size_t bit = 0; bit < (skip + N) * 8; bit += 6) {
        unsigned digit = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned byte = i / 8 >= skip && i / 8 < skip + N ? (unsigned char)SECRET[i / 8 - skip] : 0;
            digit = digit << 1 | (byte >> (7 - i % 8) & 1);
        }
        if (bit >= skip * 8) buf_char(b, digit < 62 ? letters[digit] : last_two[digit - 62]);
    }
}

static void learn(void) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char unreserved[80];
    snprintf(unreserved, sizeof unreserved, "%s-._~", letters);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) spellings[i] = BUF(1000);
    buf_text(&spellings[count++], SECRET);
    for (int upper = 0; upper < 2; upper++) {
        put_percent("", upper ? "%02X" : "%02x");
        put_percent("", upper ? "%%%02X" : "%%%02x");
        put_percent(letters, upper ? "%%%02X" : "%%%02x");
        put_percent(unreserved, upper ? "%%%02X" : "%%%02x");
    }
    for (size_t skip = 0; skip < 3; skip++) {
        put_base64(skip, "+/");
        put_base64(skip, "-_");
    }
    secret_keep(SLICE(SECRET));
}

static void build(buf *text, const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 0xF0 || i + 2 >= size) {
            buf_char(text, (char)data[i]);
            continue;
        }
        slice spelling = buf_view(&spellings[data[i] % count]);
        size_t from = data[i + 1] % spelling.n, n = data[i + 2] % 48;
        buf_add(text, spelling.s + from, n < spelling.n - from ? n : spelling.n - from);
        i += 2;
    }
}

static bool is_run(const char *s) {
    for (size_t i = 0; i < count; i++)
        if (memmem(spellings[i].s, spellings[i].n, s, SECRET_RUN)) return true;
    return false;
}

static void mask_plainly(buf *out, slice text) {
    size_t end = 0; // of the masked stretch
    for (size_t i = 0; i < text.n; i++) {
        if (i + SECRET_RUN <= text.n && is_run(text.s + i)) {
            if (i > end || end == 0) buf_text(out, SECRET_MASK);
            end = i + SECRET_RUN;
        }
        if (i >= end) buf_char(out, text.s[i]);
    }
}

// Of text with tokens in it nothing but those goes: it gets no longer, and none is left.
static void check_tokens(slice given) {
    buf text = BUF(FUZZ_MAX);
    buf_slice(&text, given);
    size_t masked = secret_mask_tokens(&text);
    HOLDS(masked ? text.n < given.n : slice_equal(buf_view(&text), given));
    HOLDS(secret_mask_tokens(&text) == 0);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    buf text = BUF(FUZZ_MAX), wanted = BUF(FUZZ_MAX);
    if (!count) learn();
    build(&text, data, size < 1000 ? size : 1000);
    check_tokens(buf_view(&text));
    mask_plainly(&wanted, buf_view(&text));
    secret_scrub(&text);
    HOLDS(slice_equal(buf_view(&text), buf_view(&wanted)));
    HOLDS(secret_scrub(&text) == 0);
    buf_free(&text);
    buf_free(&wanted);
    return 0;
}
