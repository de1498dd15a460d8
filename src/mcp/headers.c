// What the header fields of a request say of its body, held against it (mcp 2026-07-28, transports: standard
// headers, custom headers from tool parameters). Servers in between trust them; so they may not lie.
#include "mcp/internal.h"

#include <string.h>

#define VALUE_MAX ((size_t)64 << 10)
#define PREFIX "Mcp-Param-"

static int field(mcp_request *r, const char *name, slice *value) {
    return r->stream->header(r->stream, name, value);
}

static bool mismatch(mcp_request *r, const char *name, const char *what) {
    mcp_fail(r, MCP_HEADER_MISMATCH, SLICE(""), "header %s %s", name, what);
    return false;
}

// Dates sort as text.
static bool is_of_modern_times(slice version) {
    const char *first = mcp_revision_name(MCP_2026_07_28);
    return version.n == strlen(first) && *version.s == '2' && memcmp(version.s, first, version.n) >= 0;
}

bool mcp_check_version_header(mcp_request *r, slice method, const json_node *meta) {
    slice version;
    const json_node *own = json_get(meta, MCP_META_VERSION);
    int count = r->stream->header ? field(r, "MCP-Protocol-Version", &version) : -1;
    if (count < 0 || (own && !json_is(own, JSON_STRING))) return true;
    if (!own && !(count && is_of_modern_times(version))) return true; // of a legacy revision
    r->revision = MCP_2026_07_28;
    if (count != 1) return mismatch(r, "MCP-Protocol-Version", count ? "stands there twice" : "is missing");
    if (own)
        return slice_equal(version, own->as.string) ||
               mismatch(r, "MCP-Protocol-Version", "is not the version that _meta names");
    if (slice_is(method, "initialize"))
        return mismatch(r, "MCP-Protocol-Version", "names a version that has no initialize");
    mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "_meta has to have \"%s\"%s", MCP_META_VERSION,
             json_get(meta, MCP_META_CAPABILITIES) ? "" : " and \"" MCP_META_CAPABILITIES "\"");
    return false;
}

// --- values ------------------------------------------------------------------------------------------------

// A value is visible ASCII with blanks and tabs inside, or "=?base64?…?=".
bool mcp_header_value(slice text, buf *out) {
    static const char begin[] = "=?base64?", end[] = "?=";
    size_t b = sizeof begin - 1, e = sizeof end - 1;
    if (text.n >= b + e && memcmp(text.s, begin, b) == 0 && memcmp(text.s + text.n - e, end, e) == 0)
        return buf_base64_decoded(out, (slice){text.s + b, text.n - b - e}) && slice_is_utf8(buf_view(out));
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] != '\t' && (text.s[i] < ' ' || text.s[i] > '~')) return false;
    buf_slice(out, text);
    return !out->full;
}

// Numbers are equal by value: 42 is 42.0.
static bool is_number(slice text, const json_node *value) {
    json_doc doc;
    double a, b;
    bool same =
        json_parse(&doc, text, 0, 1) && json_number(doc.nodes, &a) && json_number(value, &b) && a == b;
    json_doc_free(&doc);
    return same;
}

static bool says(slice text, const json_node *value) {
    if (json_is(value, JSON_STRING)) return slice_equal(text, value->as.string);
    if (json_is(value, JSON_TRUE)) return slice_is(text, "true");
    if (json_is(value, JSON_FALSE)) return slice_is(text, "false");
    return is_number(text, value);
}

// value: what the body says; NULL or null: nothing.
static bool check_value(mcp_request *r, const char *name, const json_node *value) {
    slice text;
    int count = field(r, name, &text);
    if (json_is(value, JSON_NULL)) value = NULL;
    if (!value) return !count || mismatch(r, name, "names what the body does not have");
    if (count != 1) return mismatch(r, name, count ? "stands there twice" : "is missing");
    buf decoded = BUF(VALUE_MAX);
    bool ok = mcp_header_value(text, &decoded), same = ok && says(buf_view(&decoded), value);
    buf_free(&decoded);
    return same || mismatch(r, name, ok ? "is not what the body says" : "is neither ASCII nor =?base64?…?=");
}

// --- which headers -----------------------------------------------------------------------------------------

// "x-mcp-header": "Region" at a property of the schema: Mcp-Param-Region says its value.
static bool check_arguments(mcp_request *r, const json_node *schema, const json_node *arguments) {
    const json_node *properties = json_get(schema, "properties");
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        slice header = json_string(json_get(p, "x-mcp-header"));
        const json_node *value = json_is(arguments, JSON_OBJECT) ? json_member(arguments, p->key) : NULL;
        if (header.n && header.n < 100) {
            char name[sizeof PREFIX + 100];
            memcpy(name, PREFIX, sizeof PREFIX - 1);
            memcpy(name + sizeof PREFIX - 1, header.s, header.n);
            name[sizeof PREFIX - 1 + header.n] = '\0';
            if (!check_value(r, name, value)) return false;
        }
        if (json_get(p, "properties") && !check_arguments(r, p, value)) return false;
    }
    return true;
}

static bool check_tool_arguments(mcp_request *r, const json_node *params) {
    slice name = json_string(json_get(params, "name"));
    const script_item *tool = mcp_find_item(r->session->server->catalogue, SCRIPT_TOOL, name);
    if (!tool || !tool->input || !strstr(tool->input, "\"x-mcp-header\"")) return true;
    return check_arguments(r, script_input(tool), json_get(params, "arguments"));
}

// The member of params that Mcp-Name repeats, or NULL.
static const char *name_of(slice method) {
    if (slice_is(method, "tools/call") || slice_is(method, "prompts/get")) return "name";
    if (slice_is(method, "resources/read")) return "uri";
    bool of_task = slice_is(method, "tasks/get") || slice_is(method, "tasks/update") || slice_is(method, "tasks/cancel");
    return of_task ? "taskId" : NULL;
}

bool mcp_check_headers(mcp_request *r, slice method, const json_node *params) {
    const char *member = name_of(method);
    json_node as_value = {.type = JSON_STRING, .as.string = method};
    if (!r->stream->header) return true;
    if (!check_value(r, "Mcp-Method", &as_value)) return false;
    if (member && !check_value(r, "Mcp-Name", json_get(params, member))) return false;
    return !slice_is(method, "tools/call") || check_tool_arguments(r, params);
}
