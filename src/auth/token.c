// The claims of a Hatchet API token. Contract in token.h.
#include "auth/token.h"
#include "auth/jwt.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX ((size_t)64 << 10)

// The three parts of a JWT in its compact form.
static bool split(slice token, slice parts[3], buf *why) {
    int count = (int)auth_jwt_split(token, parts);
    if (count != 3)
        return buf_printf(why, "it has %d part%s between dots, and an API token has 3", count,
                          count == 1 ? "" : "s"),
               false;
    for (int i = 0; i < 3; i++)
        if (!parts[i].n) return buf_text(why, "one of its three parts is empty"), false;
    // It goes into a header as it is: no line break of a paste, say, may be in it.
    if (!slice_is_base64url(parts[0]) || !slice_is_base64url(parts[2]))
        return buf_text(why, "it has characters that no API token has"), false;
    return true;
}

static bool read_claims(const json_node *claims, auth_token *out, buf *why) {
    if (!json_is(claims, JSON_OBJECT)) return buf_text(why, "its middle part is no JSON object"), false;
    const json_node *sub = json_get(claims, "sub"), *url = json_get(claims, "server_url"),
                    *exp = json_get(claims, "exp"),
                    *grpc = json_get(claims, "grpc_broadcast_address");
    double seconds = 0;
    if (!json_is(sub, JSON_STRING) || !slice_is_uuid(sub->as.string))
        return buf_text(why, "it names no tenant (claim \"sub\", a UUID), so it is no API token of Hatchet"),
               false;
    if (url && !json_is(url, JSON_STRING)) return buf_text(why, "its claim \"server_url\" is no text"), false;
    if (exp && (!json_number(exp, &seconds) || !(seconds >= 0 && seconds < 1e12)))
        return buf_text(why, "its claim \"exp\" is no time"), false;
    out->tenant = base_copy(sub->as.string.s, sub->as.string.n);
    for (char *c = out->tenant; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    if (url && url->as.string.n) out->server_url = base_copy(url->as.string.s, url->as.string.n);
    slice address = json_string(grpc); // what is no text is looked at only when it is needed
    if (address.n) out->grpc_address = base_copy(address.s, address.n);
    out->expiry = (int64_t)(seconds * 1e6);
    return true;
}

bool auth_token_read(slice token, auth_token *out, buf *why) {
    slice parts[3];
    buf payload = BUF(TOKEN_MAX);
    json_doc doc = {0};
    bool ok = false;
    *out = (auth_token){0};
    if (!split(token, parts, why)) return false;
    if (!buf_base64url_decoded(&payload, parts[1])) buf_text(why, "its middle part is not base64url");
    else if (!json_parse(&doc, buf_view(&payload), 0, 0)) buf_text(why, "its middle part is no JSON");
    else ok = read_claims(doc.nodes, out, why);
    json_doc_free(&doc);
    buf_wipe(&payload);
    return ok;
}

void auth_token_free(auth_token *token) {
    free(token->tenant);
    free(token->server_url);
    free(token->grpc_address);
    *token = (auth_token){0};
}
