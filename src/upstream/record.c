// Recording. Contract in record.h.
#include "upstream/record.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/when.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_MAX ((size_t)1 << 30)

static const char tail[] = "\n]}}\n";

struct recorder {
    int fd;
    char *file;
    off_t at;         // where the tail stands
    bool any, failed;
};

static bool write_at(recorder *r, off_t at, slice text) {
    while (text.n) {
        ssize_t n = pwrite(r->fd, text.s, text.n, at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.s += n;
        text.n -= (size_t)n;
        at += n;
    }
    return true;
}

// Writes text over the tail, and the tail after it, at one go. When the disk is full the file ends as before.
static bool append(recorder *r, buf *text) {
    off_t next = r->at + (off_t)text->n;
    buf_text(text, tail);
    if (text->full) return errno = EFBIG, false;
    if (write_at(r, r->at, buf_view(text))) return r->at = next, true;
    int why = errno;
    if (r->at && write_at(r, r->at, SLICE(tail)) && ftruncate(r->fd, r->at + (off_t)(sizeof tail - 1)) != 0)
        why = errno;
    errno = why;
    return false;
}

// "https://host:port" of an address.
static slice origin_of(const char *base) {
    const char *host = strstr(base, "://");
    host = host ? host + 3 : base;
    return (slice){base, (size_t)(host - base) + strcspn(host, "/?#")};
}

recorder *recorder_new(const char *file, const char *tenant, buf *error) {
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600); // payloads of a tenant: for nobody else
    if (fd < 0 && errno == EEXIST)
        return buf_printf(error, "%s exists already: record into a new file", file), NULL;
    if (fd < 0) return buf_printf(error, "cannot write %s: %s", file, strerror(errno)), NULL;
    recorder *r = base_alloc(sizeof *r);
    *r = (recorder){.fd = fd, .file = base_string(file)};
    buf head = BUF(BUF_SMALL);
    buf_text(
        &head,
        "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"hatchway\",\"version\":\"" HATCHWAY_VERSION
        "\"}");
    json_put_key(&head, "_tenant");
    json_put_text(&head, tenant);
    buf_text(&head, ",\"entries\":[");
    bool ok = append(r, &head);
    buf_free(&head);
    if (ok) return r;
    buf_printf(error, "cannot write %s: %s", file, strerror(errno));
    recorder_free(r);
    return NULL;
}

// The type that a body has for whoever looks at the file; playback does not ask for it.
static const char *type_of(slice body) {
    json_doc doc;
    bool json = body.n && json_parse(&doc, body, 0, 0);
    if (body.n) json_doc_free(&doc);
    return json || !body.n ? "application/json" : "text/plain";
}

static void put_member(buf *out, const char *key, const char *json) {
    json_put_key(out, key);
    json_put_raw(out, slice_of(json));
}

// A body as it is, or in base64: that of a request says so under a name of its own, for HAR has none. It is
// scrubbed before, for a mask in base64 would make the whole file one that cannot be played.
static void put_body(buf *out, slice body, const char *encoding) {
    json_put_key(out, "text");
    if (!encoding) {
        json_put_string(out, body);
        return;
    }
    buf clean = BUF(body.n);
    buf_slice(&clean, body);
    secret_scrub(&clean);
    buf_char(out, '"');
    buf_base64(out, buf_view(&clean));
    buf_char(out, '"');
    put_member(out, encoding, "\"base64\"");
    buf_free(&clean);
}

static void put_request(buf *out, const recorded *e) {
    buf url = BUF(BUF_SMALL * 32);
    buf_slice(&url, origin_of(e->base));
    buf_slice(&url, e->path);
    if (e->query.n) buf_char(&url, '?');
    buf_slice(&url, e->query);
    json_put_key(out, "request");
    json_open(out, '{');
    json_put_key(out, "method");
    json_put_text(out, e->method);
    json_put_key(out, "url");
    json_put_string(out, buf_view(&url));
    put_member(out, "httpVersion", e->grpc ? "\"HTTP/2\"" : "\"HTTP/1.1\"");
    buf_text(out, ",\"cookies\":[],\"headers\":[],\"queryString\":[],\"headersSize\":-1");
    json_put_key(out, "bodySize");
    json_put_int(out, (int64_t)e->body.n);
    if (e->body.n) {
        json_put_key(out, "postData");
        json_open(out, '{');
        put_member(out, "mimeType", e->grpc ? "\"application/grpc\"" : "\"application/json\"");
        put_body(out, e->body, e->grpc ? "_encoding" : NULL);
        json_close(out, '}');
    }
    json_close(out, '}');
    buf_free(&url);
}

static void put_trailer(buf *out, const char *name, slice value) {
    json_open(out, '{');
    json_put_key(out, "name");
    json_put_text(out, name);
    json_put_key(out, "value");
    json_put_string(out, value);
    json_close(out, '}');
}

static void put_trailers(buf *out, const grpc_status *status) {
    char code[16];
    snprintf(code, sizeof code, "%d", status->code);
    json_put_key(out, "_trailers");
    json_open(out, '[');
    put_trailer(out, "grpc-status", slice_of(code));
    buf_char(out, ',');
    put_trailer(out, "grpc-message", status->message);
    json_close(out, ']');
}

static void put_response(buf *out, const recorded *e) {
    json_put_key(out, "response");
    json_open(out, '{');
    json_put_key(out, "status");
    json_put_int(out, e->status);
    put_member(out, "httpVersion", e->grpc ? "\"HTTP/2\"" : "\"HTTP/1.1\"");
    buf_text(out, ",\"statusText\":\"\",\"cookies\":[],\"headers\":[]");
    buf_text(out, ",\"redirectURL\":\"\",\"headersSize\":-1");
    if (e->grpc && e->grpc->code >= 0) put_trailers(out, e->grpc);
    json_put_key(out, "bodySize");
    json_put_int(out, (int64_t)e->answer.n);
    json_put_key(out, "content");
    json_open(out, '{');
    json_put_key(out, "size");
    json_put_int(out, (int64_t)e->answer.n);
    json_put_key(out, "mimeType");
    json_put_text(out, e->grpc ? "application/grpc" : type_of(e->answer));
    put_body(out, e->answer, e->grpc ? "encoding" : NULL);
    json_close(out, '}');
    json_close(out, '}');
}

void recorder_add(recorder *r, const recorded *e) {
    char when[WHEN_TEXT];
    buf out = BUF(ENTRY_MAX);
    double milliseconds = (double)e->lasted / 1000;
    buf_text(&out, r->any ? ",\n" : "\n");
    buf_text(&out, "{\"startedDateTime\":");
    json_put_text(&out, when_format(e->began, when));
    json_put_key(&out, "time");
    json_put_real(&out, milliseconds);
    put_request(&out, e);
    put_response(&out, e);
    buf_text(&out, ",\"cache\":{},\"timings\":{\"send\":0,\"receive\":0,\"wait\":");
    json_put_real(&out, milliseconds);
    buf_text(&out, "}}");
    secret_scrub(&out);
    bool ok = append(r, &out);
    if (!ok && !r->failed)
        log_message(LOG_ERROR, "record", "an exchange is missing in the recording: %s", strerror(errno));
    r->failed |= !ok;
    r->any |= ok;
    buf_free(&out);
}

void recorder_free(recorder *r) {
    if (!r) return;
    close(r->fd);
    if (!r->any) unlink(r->file);
    free(r->file);
    free(r);
}
