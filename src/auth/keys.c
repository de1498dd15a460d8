// Bearer keys in the store. Contract in keys.h.
#include "auth/keys.h"
#include "base/log.h"
#include "base/secret.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define PREFIX "hw_"
#define PREFIX_LENGTH (sizeof PREFIX - 1)
#define CHECK_LENGTH 6
#define RECENT 64
#define USED_EVERY INT64_C(60000000) // microseconds between two notes of when a key was used

typedef struct fingerprint {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char id[AUTH_KEY_ID + 1];
} fingerprint;

// A key that was looked up a moment ago.
typedef struct recent {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    auth_key key;
    int64_t checked; // 0: the place is free
} recent;

struct auth_keys {
    store *store;
    store_query *find, *use;
    recent recent[RECENT];
};

static const char *const steps[] = {
    "CREATE TABLE keys (id TEXT PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, "
    "created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL, revoked INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX keys_by_name ON keys (name) WHERE revoked = 0",
    NULL,
};

#define COLUMNS "SELECT id, name, scope, created, expires, used, revoked, hash FROM keys "

auth_keys *auth_keys_open(store *s, buf *error) {
    auth_keys *k = base_alloc(sizeof *k);
    k->store = s;
    if (store_upgrade(s, "keys", steps, error) &&
        (k->find = store_prepare(s, COLUMNS "WHERE id = ?", error)) &&
        (k->use = store_prepare(s, "UPDATE keys SET used = ? WHERE id = ?", error)))
        return k;
    auth_keys_close(k);
    return NULL;
}

void auth_keys_close(auth_keys *k) {
    if (!k) return;
    store_query_free(k->find);
    store_query_free(k->use);
    free(k);
}

// --- the text of a key -------------------------------------------------------------------------------------

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void put_check(slice body, char out[CHECK_LENGTH]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)body.s, body.n);
    SHA256Final(hash, &context);
    for (size_t i = 0; i < CHECK_LENGTH; i++) out[i] = digits[hash[i] % 62];
}

// Bytes from 248 on are dropped: all digits are equally likely.
static bool draw(char *out, size_t n) {
    uint8_t bytes[64];
    for (size_t have = 0; have < n;) {
        if (uv_random(NULL, NULL, bytes, sizeof bytes, 0, NULL)) return false;
        for (size_t i = 0; i < sizeof bytes && have < n; i++)
            if (bytes[i] < 248) out[have++] = digits[bytes[i] % 62];
    }
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

bool auth_key_claims(slice token) { return slice_starts(token, PREFIX); }

static bool is_key(slice token) {
    char check[CHECK_LENGTH];
    if (token.n != AUTH_KEY_LENGTH || !auth_key_claims(token)) return false;
    for (size_t i = PREFIX_LENGTH; i < token.n; i++)
        if (!token.s[i] || !strchr(digits, token.s[i])) return false;
    size_t body = token.n - CHECK_LENGTH;
    put_check((slice){token.s, body}, check);
    return memcmp(check, token.s + body, CHECK_LENGTH) == 0;
}

static void take_fingerprint(slice key, fingerprint *out) {
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)key.s, key.n);
    SHA256Final(out->hash, &context);
    for (size_t i = 0; i < AUTH_KEY_ID; i++)
        out->id[i] = "0123456789abcdef"[out->hash[i / 2] >> (i % 2 ? 0 : 4) & 0xF];
    out->id[AUTH_KEY_ID] = '\0';
}

// --- made, listed, revoked ---------------------------------------------------------------------------------

static bool is_name(slice name) {
    if (!name.n || name.n > AUTH_KEY_NAME || !slice_is_utf8(name) || name.s[0] == '-') return false;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.s[i] < 0x20 || name.s[i] == 0x7F) return false;
    return true;
}

static bool insert(auth_keys *k, const fingerprint *f, slice name, guard_access scope, int64_t now,
                   int64_t expires, buf *error) {
    store_query *add =
        store_prepare(k->store,
                      "INSERT INTO keys (id, hash, name, scope, created, expires, used, revoked) "
                      "VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
                      error);
    if (!add) return false;
    store_put_text(add, slice_of(f->id));
    store_put_bytes(add, (slice){(const char *)f->hash, sizeof f->hash});
    store_put_text(add, name);
    store_put_text(add, slice_of(guard_access_name(scope)));
    store_put_int(add, now);
    store_put_int(add, expires);
    bool ok = store_run(add);
    if (!ok) buf_text(error, store_problem(k->store));
    store_query_free(add);
    return ok;
}

static bool is_taken(auth_keys *k, slice name, buf *error) {
    store_query *one = store_prepare(k->store, "SELECT id FROM keys WHERE name = ? AND revoked = 0", error);
    if (!one) return true;
    store_put_text(one, name);
    bool taken = store_next(one);
    if (taken)
        buf_printf(error, "there is a key \"%.*s\" already (%.*s); choose another name, or revoke it first",
                   (int)name.n, name.s, AUTH_KEY_ID, store_text(one, 0).s);
    store_query_free(one);
    return taken;
}

bool auth_keys_create(auth_keys *k, slice name, guard_access scope, int64_t now, int64_t expires, buf *text,
                      buf *error) {
    char key[AUTH_KEY_LENGTH] = PREFIX;
    fingerprint f;
    if (!is_name(name))
        return buf_printf(error, "a key needs a name of 1 to %d bytes without control characters",
                          AUTH_KEY_NAME),
               false;
    if (is_taken(k, name, error)) return false;
    if (!draw(key + PREFIX_LENGTH, AUTH_KEY_LENGTH - PREFIX_LENGTH - CHECK_LENGTH))
        return buf_text(error, "the system gives no random numbers"), false;
    put_check((slice){key, AUTH_KEY_LENGTH - CHECK_LENGTH}, key + AUTH_KEY_LENGTH - CHECK_LENGTH);
    take_fingerprint((slice){key, sizeof key}, &f);
    bool ok = insert(k, &f, name, scope, now, expires, error);
    if (ok) buf_add(text, key, sizeof key);
    explicit_bzero(key, sizeof key);
    return ok;
}

static void copy_text(char *out, size_t room, slice text) {
    size_t n = text.n < room ? text.n : room - 1;
    memcpy(out, text.s, n);
    out[n] = '\0';
}

// A word that is none cannot be in the store, unless somebody wrote it there: then it grants the least.
static void read_row(store_query *row, auth_key *out) {
    *out = (auth_key){.created = store_int(row, 3),
                      .expires = store_int(row, 4),
                      .used = store_int(row, 5),
                      .revoked = store_int(row, 6)};
    copy_text(out->id, sizeof out->id, store_text(row, 0));
    copy_text(out->name, sizeof out->name, store_text(row, 1));
    if (!guard_access_parse(store_text(row, 2), &out->scope)) out->scope = GUARD_READ;
}

bool auth_keys_list(auth_keys *k, void (*each)(void *, const auth_key *), void *data, buf *error) {
    auth_key key;
    store_query *all = store_prepare(k->store, COLUMNS "ORDER BY created, id", error);
    if (!all) return false;
    while (store_next(all)) {
        read_row(all, &key);
        each(data, &key);
    }
    bool ok = !store_failed(all);
    if (!ok) buf_text(error, store_problem(k->store));
    store_query_free(all);
    return ok;
}

static auth_key_state state_of(const auth_key *key, int64_t now) {
    if (key->revoked) return AUTH_KEY_REVOKED;
    return key->expires && now >= key->expires ? AUTH_KEY_EXPIRED : AUTH_KEY_GOOD;
}

typedef struct search {
    int64_t now;
    bool found;
} search;

static void find_good(void *data, const auth_key *key) {
    search *s = data;
    if (!s->now || state_of(key, s->now) == AUTH_KEY_GOOD) s->found = true;
}

bool auth_keys_any(auth_keys *k, int64_t now) {
    search s = {.now = now};
    buf ignored = BUF(BUF_SMALL);
    auth_keys_list(k, find_good, &s, &ignored);
    buf_free(&ignored);
    return s.found;
}

bool auth_keys_revoke(auth_keys *k, slice which, int64_t now, buf *id, buf *error) {
    store_query *one = store_prepare(k->store,
                                     "SELECT id, revoked FROM keys WHERE id = ? OR name = ? "
                                     "ORDER BY revoked = 0 DESC, id = ? DESC, revoked DESC",
                                     error);
    store_query *end =
        store_prepare(k->store, "UPDATE keys SET revoked = ? WHERE id = ? AND revoked = 0", error);
    bool ok = false;
    if (one && end) {
        for (int i = 0; i < 3; i++) store_put_text(one, which);
        bool found = store_next(one), before = found && store_int(one, 1);
        if (found) buf_slice(id, store_text(one, 0));
        if (found) store_stop(one);
        if (!found)
            buf_printf(error, "there is no key \"%.*s\"; hatchway key list shows them", (int)which.n,
                       which.s);
        else if (before) buf_printf(error, "the key \"%.*s\" was revoked before", (int)which.n, which.s);
        store_put_int(end, now);
        store_put_text(end, buf_view(id));
        ok = found && !before && store_run(end);
        if (found && !before && !ok) buf_text(error, store_problem(k->store));
    }
    store_query_free(one);
    store_query_free(end);
    return ok;
}

// --- checked -----------------------------------------------------------------------------------------------

// Nobody waits for this: if another process is writing, the next call notes it.
static void note_use(auth_keys *k, const char *id, int64_t now) {
    store_set_patience(k->store, 0);
    store_put_int(k->use, now);
    store_put_text(k->use, slice_of(id));
    store_run(k->use);
    store_set_patience(k->store, STORE_PATIENCE);
}

static auth_key_state look_up(auth_keys *k, const fingerprint *f, int64_t now, auth_key *out) {
    store_put_text(k->find, slice_of(f->id));
    if (!store_next(k->find)) {
        if (!store_failed(k->find)) return AUTH_KEY_UNKNOWN;
        log_message(LOG_ERROR, "keys", "the keys cannot be read: %s", store_problem(k->store));
        return AUTH_KEY_UNREADABLE;
    }
    bool same = secret_equal(store_bytes(k->find, 7), (slice){(const char *)f->hash, sizeof f->hash});
    read_row(k->find, out);
    store_stop(k->find);
    if (!same) return AUTH_KEY_UNKNOWN;
    auth_key_state state = state_of(out, now);
    if (state == AUTH_KEY_GOOD && now - out->used >= USED_EVERY) note_use(k, out->id, now);
    return state;
}

// An id begins with the first byte of the hash.
static recent *recent_of(auth_keys *k, const char *id) {
    return &k->recent[(unsigned)(hex_digit(id[0]) * 16 + hex_digit(id[1])) % RECENT];
}

static bool is_fresh(const recent *r, int64_t now) {
    return r->checked && now >= r->checked && now - r->checked < AUTH_KEY_DELAY;
}

bool auth_keys_hold(auth_keys *k, const char *id, int64_t now) {
    recent *r = recent_of(k, id);
    if (is_fresh(r, now) && strcmp(r->key.id, id) == 0) return state_of(&r->key, now) == AUTH_KEY_GOOD;
    store_put_text(k->find, slice_of(id));
    if (!store_next(k->find)) return store_failed(k->find);
    *r = (recent){.checked = now};
    read_row(k->find, &r->key);
    slice hash = store_bytes(k->find, 7);
    if (hash.n == sizeof r->hash) memcpy(r->hash, hash.s, hash.n);
    store_stop(k->find);
    return state_of(&r->key, now) == AUTH_KEY_GOOD;
}

auth_key_state auth_keys_check(auth_keys *k, slice token, int64_t now, auth_key *out) {
    fingerprint f;
    if (token.n != AUTH_KEY_LENGTH) return AUTH_KEY_MISSPELT;
    take_fingerprint(token, &f);
    recent *r = recent_of(k, f.id);
    bool known = is_fresh(r, now) && secret_equal((slice){(const char *)r->hash, sizeof r->hash},
                                                  (slice){(const char *)f.hash, sizeof f.hash});
    if (known) {
        *out = r->key;
        return state_of(out, now);
    }
    if (!is_key(token)) return AUTH_KEY_MISSPELT;
    auth_key_state state = look_up(k, &f, now, out);
    if (state != AUTH_KEY_GOOD) return state;
    *r = (recent){.key = *out, .checked = now};
    memcpy(r->hash, f.hash, sizeof f.hash);
    return state;
}
