// A bucket for each principal. Contract in rate.h.
#include "guard/rate.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 512
#define WAYS 8 // buckets of a row
#define MINUTE INT64_C(60000000)
#define SECOND INT64_C(1000000)

typedef struct bucket {
    uint64_t who;    // of the principal's hash; 0: nobody's
    int64_t full_at; // when it will be full again
} bucket;

struct guard_rate {
    int64_t interval; // microseconds in which one call comes back
    int64_t depth;    // microseconds that a full bucket is worth, less one call
    bucket rows[ROWS][WAYS];
};

guard_rate *guard_rate_new(int64_t per_minute, int64_t burst) {
    if (per_minute <= 0) return NULL;
    guard_rate *r = base_alloc(sizeof *r);
    r->interval = MINUTE / per_minute;
    r->depth = (burst > 1 ? burst - 1 : 0) * r->interval;
    return r;
}

void guard_rate_free(guard_rate *r) { free(r); }

// A hash that nobody finds two principals for: who shares a bucket could use up another one's calls.
static uint64_t hash_of(slice principal) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    uint64_t who;
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)principal.s, principal.n);
    SHA256Final(hash, &context);
    memcpy(&who, hash, sizeof who);
    return who ? who : 1;
}

// The principal's own bucket, else the fullest of the row, which becomes theirs.
static bucket *bucket_of(guard_rate *r, uint64_t who) {
    bucket *row = r->rows[who % ROWS], *fullest = row;
    for (int i = 0; i < WAYS; i++) {
        if (row[i].who == who) return &row[i];
        if (row[i].full_at < fullest->full_at) fullest = &row[i];
    }
    *fullest = (bucket){.who = who};
    return fullest;
}

int64_t guard_rate_take(guard_rate *r, slice principal, int64_t now) {
    if (!r) return 0;
    bucket *b = bucket_of(r, hash_of(principal));
    int64_t full_at = b->full_at > now ? b->full_at : now, early = full_at - now - r->depth;
    if (early > 0) return (early + SECOND - 1) / SECOND;
    b->full_at = full_at + r->interval;
    return 0;
}
