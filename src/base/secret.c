// Secrets: where they are kept and how they are scrubbed. Contract in secret.h.
//
// Scrubbing looks for runs of SECRET_RUN bytes that occur in any spelling. In every run a piece of PIECE bytes
// begins at a multiple of STRIDE: only there is the outgoing text looked at, and only where a bitmap of all
// pieces says yes are the runs around it looked for in the table of all.
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BITS 16                    // of the bitmap: 65536 entries, 8 KB

typedef struct run {
    uint32_t hash;
    const char *at;
} run;

#define PIECE sizeof(uint64_t)
#define STRIDE (SECRET_RUN - PIECE + 1)

static uint8_t pieces[(1u << BITS) / 8];
static run *runs;                  // a table of a power of two: open addressing, a run is in it once
static size_t run_count, run_room;
static uint32_t top_factor;        // FACTOR to the power of SECRET_RUN - 1

#define FACTOR 0x01000193u

static uint32_t hash_of(const char *s) {
    uint32_t h = 0;
    for (int i = 0; i < SECRET_RUN; i++) h = h * FACTOR + (unsigned char)s[i];
    return h;
}

// The bit of the piece that begins here.
static uint32_t slot(const char *s) {
    uint64_t piece;
    memcpy(&piece, s, PIECE);
    return (uint32_t)(piece * 0x9E3779B97F4A7C15u >> (64 - BITS));
}

static bool may_be_piece(const char *s) {
    uint32_t bit = slot(s);
    return pieces[bit / 8] & 1u << (bit & 7);
}

static void note_piece(const char *s) {
    uint32_t bit = slot(s);
    pieces[bit / 8] |= (uint8_t)(1u << (bit & 7));
}

// The hash of the run that begins one byte after s, where `hash` is of the one at s.
static uint32_t roll(uint32_t hash, const char *s) {
    return (hash - (unsigned char)s[0] * top_factor) * FACTOR + (unsigned char)s[SECRET_RUN];
}

// Locked memory that does not go into core dumps. Best effort: where locking is refused the secret is kept
// all the same.
static char *locked(size_t n) {
    char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return base_alloc(n);
    (void)mlock(p, n);
    (void)madvise(p, n, MADV_DONTDUMP);
    return p;
}

// The place of a run in the table, or the free one where it would be.
static run *place_of(run *table, size_t room, uint32_t hash, const char *at) {
    size_t i = (hash ^ hash >> 16) & (room - 1);
    while (table[i].at && (table[i].hash != hash || memcmp(table[i].at, at, SECRET_RUN) != 0))
        i = (i + 1) & (room - 1);
    return &table[i];
}

// Room for `more` runs, half of the table staying free.
static void grow(size_t more) {
    size_t room = run_room ? run_room : 1024;
    while (room < 2 * (run_count + more)) room *= 2;
    if (room == run_room) return;
    run *table = base_alloc(room * sizeof *table);
    for (size_t i = 0; i < run_room; i++)
        if (runs[i].at) *place_of(table, room, runs[i].hash, runs[i].at) = runs[i];
    free(runs);
    runs = table;
    run_room = room;
}

// Spellings have runs in common: one of each is enough.
static void learn(const char *spelling, size_t n) {
    if (n < SECRET_RUN) return;
    size_t count = n - SECRET_RUN + 1;
    uint32_t h = hash_of(spelling);
    grow(count);
    for (size_t i = 0; i + PIECE <= n; i++) note_piece(spelling + i);
    for (size_t i = 0; i < count; i++) {
        if (i) h = roll(h, spelling + i - 1);
        run *place = place_of(runs, run_room, h, spelling + i);
        if (place->at) continue;
        *place = (run){h, spelling + i};
        run_count++;
    }
}

#define LOWER "0123456789abcdef"
#define UPPER "0123456789ABCDEF"

static void learn_hex(const char *secret, size_t n, const char *digits) {
    char *s = locked(n * 2);
    for (size_t i = 0; i < n; i++) {
        s[2 * i] = digits[(unsigned char)secret[i] >> 4];
        s[2 * i + 1] = digits[(unsigned char)secret[i] & 15];
    }
    learn(s, n * 2);
}

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Percent-encoding that leaves letters, digits and `plain` as they are; `plain` is NULL when nothing is left.
static void learn_percent(const char *secret, size_t n, const char *plain, const char *digits) {
    char *s = locked(n * 3);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)secret[i];
        if (plain && (is_alphanumeric(secret[i]) || (c && strchr(plain, c)))) {
            s[used++] = secret[i];
        } else {
            s[used++] = '%';
            s[used++] = digits[c >> 4];
            s[used++] = digits[c & 15];
        }
    }
    learn(s, used);
}

// The base64 of the secret when `skip` bytes stand before it: the characters that the secret alone decides,
// and the last one as it is when nothing follows.
static void learn_base64(const char *secret, size_t n, size_t skip, const char *last_two) {
    char alphabet[65];
    memcpy(alphabet, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 62);
    memcpy(alphabet + 62, last_two, 3);
    char *s = locked(n * 2);
    size_t used = 0;
    for (size_t bit = (6 - skip * 8 % 6) % 6; bit < n * 8; bit += 6) {
        size_t i = bit / 8;
        unsigned pair =
            (unsigned)(unsigned char)secret[i] << 8 | (i + 1 < n ? (unsigned char)secret[i + 1] : 0);
        s[used++] = alphabet[pair >> (10 - bit % 8) & 63];
    }
    learn(s, used);
}

const char *secret_keep(slice text) {
    if (!text.n) return "";
    char *s = locked(text.n + 1);
    memcpy(s, text.s, text.n);
    s[text.n] = '\0';
    top_factor = 1;
    for (int i = 1; i < SECRET_RUN; i++) top_factor *= FACTOR;
    learn(s, text.n);
    for (int upper = 0; upper < 2; upper++) {
        const char *digits = upper ? UPPER : LOWER;
        learn_hex(s, text.n, digits);
        learn_percent(s, text.n, NULL, digits);
        learn_percent(s, text.n, "", digits);
        learn_percent(s, text.n, "-._~", digits); // RFC 3986, section 2.3
    }
    for (size_t skip = 0; skip < 3; skip++) {
        learn_base64(s, text.n, skip, "+/");
        learn_base64(s, text.n, skip, "-_");
    }
    return s;
}

static bool is_run(uint32_t hash, const char *at) { return place_of(runs, run_room, hash, at)->at != NULL; }

// Where the first run at or after `from` begins, or n.
static size_t next_run(const char *s, size_t n, size_t from) {
    for (size_t piece = from + STRIDE - 1; piece + PIECE <= n; piece += STRIDE) {
        if (!may_be_piece(s + piece)) continue;
        size_t i = piece - (STRIDE - 1);
        uint32_t hash = hash_of(s + i);
        for (;; hash = roll(hash, s + i++)) {
            if (is_run(hash, s + i)) return i;
            if (i == piece || i + SECRET_RUN == n) break;
        }
    }
    return n;
}

// The end of the masked stretch that begins at s[i], where a run has just been found: runs may overlap or
// touch.
static size_t stretch_end(const char *s, size_t n, size_t i) {
    size_t end = i + SECRET_RUN;
    uint32_t hash = hash_of(s + i);
    for (; i < end && i + SECRET_RUN < n; i++) {
        hash = roll(hash, s + i);
        if (is_run(hash, s + i + 1)) end = i + 1 + SECRET_RUN;
    }
    return end;
}

size_t secret_scrub(buf *b) {
    char *s = b->s;
    size_t n = b->n, out = 0, from = 0, masked = 0;
    if (run_count == 0) return 0;
    for (size_t i; (i = next_run(s, n, from)) < n; masked++) {
        size_t end = stretch_end(s, n, i);
        memmove(s + out, s + from, i - from);
        out += i - from;
        memcpy(s + out, SECRET_MASK, sizeof SECRET_MASK - 1);
        out += sizeof SECRET_MASK - 1;
        from = end;
    }
    if (masked) memmove(s + out, s + from, n - from);
    b->n = out + n - from;
    return masked;
}

static size_t part_length(const char *s, const char *end) {
    size_t n = 0;
    while (s + n < end && (is_alphanumeric(s[n]) || s[n] == '-' || s[n] == '_')) n++;
    return n;
}

// Is this how `{"` begins in base64url?
static bool is_beginning(const char *s, const char *end) { return end - s >= 3 && memcmp(s, "eyJ", 3) == 0; }

// The length of the token that begins here, or 0.
static size_t token_length(const char *s, const char *end) {
    if (!is_beginning(s, end)) return 0;
    const char *at = s + part_length(s, end);
    for (int part = 0; part < 2; part++) {
        if (at == end || *at != '.') return 0;
        size_t n = part_length(at + 1, end);
        if (n == 0) return 0;
        at += 1 + n;
    }
    return (size_t)(at - s);
}

size_t secret_mask_tokens(buf *b) {
    size_t out = 0, masked = 0;
    for (size_t i = 0; i < b->n;) {
        const char *s = b->s + i, *end = b->s + b->n;
        size_t n = token_length(s, end);
        if (n) {
            memcpy(b->s + out, SECRET_MASK, sizeof SECRET_MASK - 1);
            out += sizeof SECRET_MASK - 1;
            masked++;
        } else { // nor does one begin later in the same part: no part is looked at again and again
            n = is_beginning(s, end) ? part_length(s, end) : 1;
            memmove(b->s + out, s, n);
            out += n;
        }
        i += n;
    }
    b->n = out;
    return masked;
}

bool secret_equal(slice a, slice b) {
    unsigned char difference = a.n != b.n;
    for (size_t i = 0; i < a.n && i < b.n; i++) difference |= (unsigned char)(a.s[i] ^ b.s[i]);
    return difference == 0;
}
