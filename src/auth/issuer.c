// The keys of the issuer. Contract in issuer.h.
#include "auth/issuer.h"
#include "base/log.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <stdio.h>

#define SECOND INT64_C(1000000)
#define LOOK_EVERY SECOND           // at a file
#define ASK_EVERY (60 * SECOND)     // a URL, at the most
#define RENEW_EVERY (3600 * SECOND) // a URL, at the least while tokens come

struct auth_issuer {
    auth_source source;
    const char *place;
    auth_fetcher fetcher;
    auth_key_set *keys;
    unsigned generation;
    void *fetch;      // on its way, or NULL
    int64_t looked;   // when the file was looked at, or the URL was asked
    struct stat seen; // of the file
};

static void take_over(auth_issuer *i, auth_key_set *keys) {
    auth_key_set_free(i->keys);
    i->keys = keys;
    i->generation++;
}

// --- a file ------------------------------------------------------------------------------------------------

static bool read_file(const char *path, buf *out, struct stat *about, buf *error) {
    FILE *file = fopen(path, "re");
    char *room = file ? buf_room(out, AUTH_SET_MAX + 1) : NULL;
    if (!room || fstat(fileno(file), about) != 0 || !S_ISREG(about->st_mode)) {
        if (file) fclose(file);
        return buf_text(error, "cannot be read, or is no file"), false;
    }
    out->n = fread(room, 1, AUTH_SET_MAX + 1, file);
    fclose(file);
    if (out->n <= AUTH_SET_MAX) return true;
    return buf_printf(error, "is longer than %zu KB", AUTH_SET_MAX >> 10), false;
}

static bool load_file(auth_issuer *i, buf *error) {
    buf text = BUF(AUTH_SET_MAX + 1);
    auth_key_set *keys = NULL;
    if (read_file(i->place, &text, &i->seen, error))
        keys = i->source == AUTH_PEM_FILE      ? auth_key_set_of_pem(buf_view(&text), error)
               : i->source == AUTH_SECRET_FILE ? auth_key_set_of_secret(buf_view(&text), error)
                                               : auth_key_set_of_jwks(buf_view(&text), error);
    if (keys) take_over(i, keys);
    buf_wipe(&text);
    return keys != NULL;
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void look_at_file(auth_issuer *i, int64_t now) {
    struct stat about = {0};
    if (now - i->looked < LOOK_EVERY) return;
    i->looked = now;
    stat(i->place, &about);
    if (is_same_file(&about, &i->seen)) return;
    i->seen = about; // a broken file is told once
    buf why = BUF(BUF_SMALL);
    if (load_file(i, &why)) log_message(LOG_NOTICE, "issuer", "read %s again", i->place);
    else log_message(LOG_ERROR, "issuer", "%s %s; the keys of before stay", i->place, buf_string(&why));
    buf_free(&why);
}

// --- a URL -------------------------------------------------------------------------------------------------

static void fetched(void *data, slice body, const char *problem) {
    auth_issuer *i = data;
    buf why = BUF(BUF_SMALL);
    i->fetch = NULL;
    auth_key_set *keys = body.s ? auth_key_set_of_jwks(body, &why) : NULL;
    if (keys) {
        take_over(i, keys);
        log_message(LOG_INFO, "issuer", "the keys at %s have come", i->place);
    } else {
        log_message(LOG_ERROR, "issuer", "the keys at %s have not come: %s%s; %s", i->place,
                    body.s ? "the answer " : "", body.s ? buf_string(&why) : problem,
                    i->keys ? "those of before stay" : "no token can be checked");
    }
    buf_free(&why);
}

static bool ask(auth_issuer *i, int64_t now, int64_t every) {
    if (i->source != AUTH_JWKS_URL) return false;
    if (i->fetch) return true;
    if (i->looked && now - i->looked < every) return false;
    i->looked = now;
    i->fetch = i->fetcher.start(i->fetcher.data, i->place, fetched, i);
    return i->fetch != NULL;
}

bool auth_issuer_ask_again(auth_issuer *i, int64_t now) { return ask(i, now, ASK_EVERY); }

// --- both --------------------------------------------------------------------------------------------------

const auth_key_set *auth_issuer_keys(auth_issuer *i, int64_t now, unsigned *generation) {
    if (i->source != AUTH_JWKS_URL) look_at_file(i, now);
    else ask(i, now, i->keys ? RENEW_EVERY : ASK_EVERY);
    *generation = i->generation;
    return i->keys;
}

auth_issuer *auth_issuer_new(auth_source source, const char *place, const auth_fetcher *fetcher, int64_t now,
                             buf *error) {
    auth_issuer *i = base_alloc(sizeof *i);
    *i = (auth_issuer){.source = source, .place = place};
    if (source == AUTH_JWKS_URL) {
        i->fetcher = *fetcher;
        ask(i, now, 0);
        return i;
    }
    i->looked = now;
    buf why = BUF(BUF_SMALL);
    bool ok = load_file(i, &why);
    if (!ok) buf_printf(error, "%s %s", place, buf_string(&why));
    buf_free(&why);
    if (ok) return i;
    auth_issuer_free(i);
    return NULL;
}

void auth_issuer_free(auth_issuer *i) {
    if (!i) return;
    if (i->fetch) i->fetcher.stop(i->fetch);
    auth_key_set_free(i->keys);
    free(i);
}
