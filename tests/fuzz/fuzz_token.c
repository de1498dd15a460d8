// Any text as a token: it is refused with a sentence, or it names a tenant and an end in time.
#include "fuzz.h"

#include "auth/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size};
    auth_token token;
    buf why = BUF(FUZZ_MAX);
    bool good = auth_token_read(text, &token, &why);
    HOLDS(good == (why.n == 0) && good == (token.tenant != NULL));
    if (good) HOLDS(strlen(token.tenant) == 36 && token.expiry >= 0);
    auth_token_free(&token);
    buf_free(&why);
    return 0;
}
