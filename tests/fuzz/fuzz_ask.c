// Any answers to questions. First byte: 'l', each line that follows is the result of a legacy client to the request of ours
// that waits; otherwise each line is what a modern client sends as inputResponses, with the state that it was given before, or,
// after '=', as another state. The server answers each with one JSON object, and a state of its own opens.
#include "fuzz.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mcp/mcp.h"

#include <uv.h>

static const char manifest[] = "pack { name = \"fuzz\" }";
static const char tools[] =
    "local t = require \"hatchway.types\"\n"
    "tool \"t\" { title = \"T\", about = \"T.\", access = \"read\", run = function()\n"
    "  local a = hatchway.ask { a = hatchway.elicit { message = \"A\", fields = { n = t.integer { \"N\", min = 1 },\n"
    "    e = t.enum { values = { \"x\", \"y\" }, optional = true }, b = t.boolean { optional = true } } }, r = hatchway.roots() }\n"
    "  local s = hatchway.ask(hatchway.sample { messages = \"S\", max_tokens = 9 })\n"
    "  return { a = a, s = s, yes = hatchway.confirm(\"Sure?\") } end }\n";

static const script_file files[] = {{"fuzz/pack.lua", manifest, sizeof manifest - 1}, {"fuzz/tools/a.lua", tools, sizeof tools - 1}};

static uv_loop_t loop;
static mcp_server *server;
static buf state = {.max = FUZZ_MAX}; // that the server gave last
static int64_t waits[2];              // ids of requests of ours
static size_t answers;

static void start(void) {
    uv_loop_init(&loop);
    clock_start(&loop);
    clock_play(1795588875000000);
    log_set_level(LOG_EMERGENCY);
    script_layer *layers = calloc(1, sizeof *layers);
    layers[0] = (script_layer){{.files = files, .count = 2, .built_in = true}, strdup("fuzz")};
    script_host host = {.loop = &loop, .access = GUARD_READ, .memory = 64 << 20, .slice = 2000, .cpu = 500000, .deadline = 30000000,
                        .answer_max = FUZZ_MAX};
    script_loading *loading = script_load_begin(layers, 1, &host);
    while (script_load_step(loading)) {}
    buf error = BUF(FUZZ_MAX);
    script_pack *pack = script_load_end(loading, &error);
    if (!pack) fprintf(stderr, "%s\n", buf_string(&error));
    HOLDS(pack != NULL);
    mcp_config config = {.loop = &loop, .page_size = 2, .list_max = FUZZ_MAX, .message_max = FUZZ_MAX};
    server = mcp_server_new(&config, pack);
}

static void take(mcp_stream *stream, buf *message, int status) {
    json_doc doc;
    (void)stream, (void)status;
    HOLDS(json_parse(&doc, buf_view(message), 0, 0));
    HOLDS(json_is(doc.nodes, JSON_OBJECT));
    const json_node *result = json_get(doc.nodes, "result"), *id = json_get(doc.nodes, "id");
    if (slice_is(json_string(json_get(result, "resultType")), "input_required")) {
        HOLDS(json_get(result, "inputRequests")->count > 0);
        buf_clear(&state);
        buf_slice(&state, json_string(json_get(result, "requestState")));
        HOLDS(state.n > 0);
    }
    if (json_get(doc.nodes, "method") && id) waits[1] = waits[0], waits[0] = id->as.integer;
    else if (id) answers++;
    json_doc_free(&doc);
    buf_free(message);
}

static void give(mcp_session *session, mcp_stream *stream, buf *message) {
    if (!message->full) mcp_session_receive(session, stream, buf_view(message));
    for (int turn = 0; turn < 3; turn++) uv_run(&loop, UV_RUN_NOWAIT);
    buf_free(message);
}

static void legacy(mcp_session *session, mcp_stream *stream, slice rest) {
    buf m = BUF(FUZZ_MAX);
    buf_text(&m, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":"
                 "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}}}");
    give(session, stream, &m);
    m = BUF(FUZZ_MAX);
    buf_text(&m, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}");
    give(session, stream, &m);
    for (size_t turn = 0; rest.n; turn++) {
        slice line = fuzz_line(&rest);
        m = BUF(FUZZ_MAX);
        buf_printf(&m, "{\"jsonrpc\":\"2.0\",\"id\":%lld,", (long long)waits[turn % 2]);
        buf_text(&m, line.n && *line.s == '=' ? "\"error\":" : "\"result\":");
        if (line.n && *line.s == '=') line.s++, line.n--;
        buf_slice(&m, line);
        buf_char(&m, '}');
        give(session, stream, &m);
    }
}

static void modern(mcp_session *session, mcp_stream *stream, slice rest) {
    buf_clear(&state);
    for (int turn = 0; rest.n && turn < 50; turn++) {
        slice line = fuzz_line(&rest);
        buf m = BUF(FUZZ_MAX);
        size_t before = answers;
        buf_text(&m, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"_meta\":{"
                     "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":"
                     "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}}");
        bool other = line.n && *line.s == '=', first = !state.n;
        if (other) buf_text(&m, ",\"requestState\":"), json_put_quoted(&m, (slice){line.s + 1, line.n - 1});
        else if (!first) buf_text(&m, ",\"requestState\":"), json_put_quoted(&m, buf_view(&state));
        if (!other && line.n) buf_text(&m, ",\"inputResponses\":"), buf_slice(&m, line);
        buf_text(&m, "}}");
        json_doc doc;
        bool is_json = json_parse(&doc, buf_view(&m), 0, 0);
        json_doc_free(&doc);
        if (is_json) give(session, stream, &m);
        else buf_free(&m);
        HOLDS(answers == before + is_json);
    }
}

static void ended(void *data) { *(bool *)data = true; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mcp_stream stream = {.send = take};
    bool done = false;
    if (!size) return 0;
    if (!server) start();
    mcp_session *session = mcp_session_new(server, &stream);
    slice rest = {(const char *)data + 1, size - 1};
    if (*data == 'l') legacy(session, &stream, rest);
    else modern(session, &stream, rest);
    mcp_session_end(session, ended, &done);
    mcp_session_abort(session);
    HOLDS(done);
    HOLDS(!stream.waiting);
    mcp_session_free(session);
    uv_run(&loop, UV_RUN_NOWAIT);
    return 0;
}
