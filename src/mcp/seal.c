// Sealed texts. Contract in seal.h.
#include "mcp/seal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 8
#define SPENT_MAX 4096
#define KEY crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define EXPIRY 8 // bytes before the text: when it ends
#define SEALED_MAX (MCP_SEAL_NAME + EXPIRY + MCP_SEAL_TEXT_MAX + TAG)
#define CODE sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(MCP_SEAL_NAME == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "the name is the nonce");

struct mcp_seal {
    unsigned char keys[KEYS_MAX][KEY]; // locked in memory, once there are any
    size_t count;
    mcp_seal_id *spent;         // those that have expired are overwritten
    size_t spent_count, spent_room;
};

mcp_seal *mcp_seal_new(void) { return base_alloc(sizeof(mcp_seal)); }

void mcp_seal_free(mcp_seal *seal) {
    if (!seal) return;
    sodium_munlock(seal->keys, sizeof seal->keys); // overwrites them
    free(seal->spent);
    free(seal);
}

// libsodium calls it when it is used wrongly. It is here, and sodium_init is not called, so that the linker
// does not take all of libsodium, which each process would map: that function chooses among variants for each
// processor. What is used here works without it, in its portable variant.
void sodium_misuse(void) { abort(); }

static void have_key(mcp_seal *seal) {
    if (seal->count) return;
    sodium_mlock(seal->keys, sizeof seal->keys); // where that is not allowed, they may be swapped out
    randombytes_buf(seal->keys[seal->count++], KEY);
}

// One line of the file. Empty ones and comments are passed over.
static const char *take_line(mcp_seal *seal, const char *line) {
    size_t n = strcspn(line, "\r\n"), made = 0;
    if (n == 0 || *line == '#') return NULL;
    if (seal->count == KEYS_MAX) return "more than 8 keys";
    if (sodium_hex2bin(seal->keys[seal->count], KEY, line, n, NULL, &made, NULL) != 0 || made != KEY)
        return "a key is 64 hexadecimal digits (openssl rand -hex 32)";
    seal->count++;
    return NULL;
}

mcp_seal *mcp_seal_read(const char *path, buf *error) {
    FILE *file = fopen(path, "r");
    mcp_seal *seal = mcp_seal_new();
    const char *problem = file ? NULL : "cannot be read";
    char line[256];
    sodium_mlock(seal->keys, sizeof seal->keys);
    for (int number = 1; !problem && fgets(line, sizeof line, file); number++) {
        problem = take_line(seal, line);
        if (problem) buf_printf(error, "line %d: ", number);
    }
    sodium_memzero(line, sizeof line);
    if (file) fclose(file);
    if (!problem && !seal->count) problem = "there is no key in it (openssl rand -hex 32)";
    if (!problem) return seal;
    buf_text(error, problem);
    mcp_seal_free(seal);
    return NULL;
}

static void put_expiry(uint8_t *out, int64_t expires) {
    for (int i = 0; i < EXPIRY; i++) out[i] = (uint8_t)((uint64_t)expires >> (8 * i));
}

static int64_t expiry_of(const uint8_t *bytes) {
    uint64_t expires = 0;
    for (int i = 0; i < EXPIRY; i++) expires |= (uint64_t)bytes[i] << (8 * i);
    return (int64_t)expires;
}

bool mcp_seal_close(mcp_seal *seal, slice binding, slice text, int64_t expires, buf *out) {
    if (text.n > MCP_SEAL_TEXT_MAX) return false;
    have_key(seal);
    size_t plain = EXPIRY + text.n, whole = MCP_SEAL_NAME + plain + TAG;
    uint8_t *bytes = base_alloc(whole), *body = bytes + MCP_SEAL_NAME;
    randombytes_buf(bytes, MCP_SEAL_NAME);
    put_expiry(body, expires);
    if (text.n) memcpy(body + EXPIRY, text.s, text.n);
    crypto_aead_xchacha20poly1305_ietf_encrypt(body, NULL, body, plain, (const uint8_t *)binding.s, binding.n,
                                               NULL, bytes, seal->keys[0]);
    size_t length = sodium_base64_ENCODED_LEN(whole, CODE); // with the zero byte at its end
    char *room = buf_room(out, length);
    if (room) {
        sodium_bin2base64(room, length, bytes, whole, CODE);
        out->n += length - 1;
    }
    free(bytes);
    return room != NULL;
}

// Bytes above 127, which sodium_base642bin may take for `-` and `_`.
static bool is_ascii(slice text) {
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.s[i] > 127) return false;
    return true;
}

// With each key.
static bool decrypt(const mcp_seal *seal, slice binding, uint8_t *bytes, size_t n, uint8_t *plain) {
    for (size_t i = 0; i < seal->count; i++)
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, bytes + MCP_SEAL_NAME,
                                                       n - MCP_SEAL_NAME, (const uint8_t *)binding.s,
                                                       binding.n, bytes, seal->keys[i]) == 0)
            return true;
    return false;
}

mcp_sealed mcp_seal_open(mcp_seal *seal, slice binding, slice sealed, int64_t now, buf *text, mcp_seal_id *id) {
    if (sealed.n > sodium_base64_ENCODED_LEN(SEALED_MAX, CODE)) return MCP_SEAL_BROKEN;
    have_key(seal);
    size_t room = sealed.n / 4 * 3 + 3, n = 0;
    uint8_t *bytes = base_alloc(2 * room), *plain = bytes + room;
    mcp_sealed is = MCP_SEAL_BROKEN;
    bool decoded = is_ascii(sealed) &&
                   sodium_base642bin(bytes, room, sealed.s, sealed.n, NULL, &n, NULL, CODE) == 0;
    if (decoded && n >= MCP_SEAL_NAME + EXPIRY + TAG && decrypt(seal, binding, bytes, n, plain))
        is = now < expiry_of(plain) ? MCP_SEAL_GOOD : MCP_SEAL_EXPIRED;
    if (is == MCP_SEAL_GOOD) {
        memcpy(id->name, bytes, MCP_SEAL_NAME);
        id->expires = expiry_of(plain);
        buf_add(text, plain + EXPIRY, n - MCP_SEAL_NAME - EXPIRY - TAG);
    }
    sodium_memzero(plain, room);
    free(bytes);
    return is;
}

bool mcp_seal_spend(mcp_seal *seal, const mcp_seal_id *id, int64_t now) {
    mcp_seal_id *place = NULL;
    for (size_t i = 0; i < seal->spent_count; i++) {
        mcp_seal_id *spent = &seal->spent[i];
        if (spent->expires <= now) place = spent;
        else if (memcmp(spent->name, id->name, MCP_SEAL_NAME) == 0) return false;
    }
    if (!place && seal->spent_count == SPENT_MAX) return false;
    if (!place && seal->spent_count == seal->spent_room) {
        seal->spent_room = seal->spent_room ? 2 * seal->spent_room : 16;
        seal->spent = base_grow(seal->spent, seal->spent_room * sizeof *seal->spent);
    }
    if (!place) place = &seal->spent[seal->spent_count++];
    *place = *id;
    return true;
}
