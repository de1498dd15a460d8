// Messages that are written in pieces. Contract in bulk.h.
#include "rpc/bulk.h"
#include "base/secret.h"

enum { HEAD, TEXT, MIDDLE, VALUE, TAIL, OVER };

static buf *part_of(rpc_bulk *b) {
    buf *const parts[OVER] = {&b->head, &b->body, &b->middle, &b->body, &b->tail};
    return parts[b->part];
}

// The end of the piece that begins at `from`: not inside of a character (RFC 3629: four bytes at most).
static size_t piece_end(const buf *text, size_t from) {
    if (text->n - from <= RPC_PIECE) return text->n;
    size_t end = from + RPC_PIECE;
    for (int i = 0; i < 3 && ((unsigned char)text->s[end] & 0xC0) == 0x80; i++) end--;
    return end;
}

static void end_part(rpc_bulk *b) {
    bool is_needed = b->part == TEXT && b->again;
    if (!is_needed) buf_free(part_of(b));
    b->part += b->part == MIDDLE && !b->again ? 2 : 1;
    b->at = 0;
}

bool rpc_bulk_next(rpc_bulk *b, buf *out) {
    size_t before = out->n;
    while (b->part != OVER && out->n - before < RPC_PIECE) {
        const buf *part = part_of(b);
        size_t end = piece_end(part, b->at);
        if (end > b->at) {
            slice piece = {part->s + b->at, end - b->at};
            if (b->part == TEXT) json_put_escaped(out, piece);
            else buf_slice(out, piece);
        }
        b->at = end;
        if (end == part->n) end_part(b);
    }
    return out->n > before;
}

size_t rpc_bulk_left(const rpc_bulk *b) { return b->head.n + b->body.n + b->middle.n + b->tail.n; }

void rpc_bulk_scrub(rpc_bulk *b) {
    secret_scrub(&b->head);
    secret_scrub(&b->body);
    secret_scrub(&b->middle);
    secret_scrub(&b->tail);
}

void rpc_bulk_free(rpc_bulk *b) {
    buf_free(&b->head);
    buf_free(&b->body);
    buf_free(&b->middle);
    buf_free(&b->tail);
}
