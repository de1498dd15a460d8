// Any lines as messages of a client: the server answers each that needs an answer with one JSON object or batch, whatever comes, and
// all requests are gone at the end. The pack is a small one of its own.
#include "fuzz.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mcp/mcp.h"

#include <uv.h>

static const char manifest[] = "pack { name = \"fuzz\" }";
static const char tools[] =
    "local t = require \"hatchway.types\"\n"
    "tool \"echo\" { title = \"E\", about = \"E.\", access = \"read\", list = true, untrusted = true, link = { run = \"value.id\" },\n"
    "  input = { value = t.any \"V\", at = t.time { optional = true }, limit = t.limit { default = 5, cap = 10 },\n"
    "    id = t.uuid { optional = true }, list = t.list { of = t.integer {}, max = 3, optional = true } },\n"
    "  run = function(args) hatchway.progress(1, 2, \"half\") hatchway.log(\"warning\", \"w\") return args end }\n"
    "tool \"nap\" { title = \"N\", about = \"N.\", access = \"read\", run = function() hatchway.sleep(1) return \"ok\" end }\n"
    "tool \"write\" { title = \"W\", about = \"W.\", access = \"write\", run = function() return \"ok\" end }\n"
    "tool \"tell\" { title = \"T\", about = \"T.\", access = \"read\", input = { uri = t.string \"U\" },\n"
    "  run = function(args) hatchway.updated(args.uri) return \"ok\" end }\n"
    "local function complete(value, arguments) return { value, arguments.n or \"none\", \"fuzz\" } end\n"
    "resource \"fuzz://{id}\" { name = \"r\", about = \"R.\", input = { id = t.string { \"I\", complete = complete } }, watch = { every = 2 },\n"
    "  run = function(args) return args end }\n"
    "prompt \"p\" { about = \"P.\", input = { n = t.integer { optional = true }, s = t.string { optional = true, complete = complete },\n"
    "  e = t.enum { values = { \"a\", \"b\" }, optional = true } }, run = function(args) return tostring(args.n) end }\n";

static const script_file files[] = {{"fuzz/pack.lua", manifest, sizeof manifest - 1}, {"fuzz/tools/a.lua", tools, sizeof tools - 1}};

static uv_loop_t loop;
static mcp_server *server;

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
    mcp_config config = {.loop = &loop, .page_size = 2, .list_max = 500, .message_max = FUZZ_MAX, .reloads = true,
                         .dashboard = "http://localhost/tenants/x"};
    server = mcp_server_new(&config, pack);
}

static void take(mcp_stream *stream, buf *message, int status) {
    json_doc doc;
    (void)stream, (void)status;
    HOLDS(json_parse(&doc, buf_view(message), 0, 0));
    HOLDS(json_is(doc.nodes, JSON_OBJECT) || json_is(doc.nodes, JSON_ARRAY));
    HOLDS(!memchr(message->s, '\n', message->n));
    json_doc_free(&doc);
    buf_free(message);
}

static void ended(void *data) { *(bool *)data = true; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice rest = {(const char *)data, size};
    mcp_stream stream = {.send = take};
    bool done = false;
    if (!server) start();
    mcp_session *session = mcp_session_new(server, &stream);
    while (rest.n) {
        mcp_session_receive(session, &stream, fuzz_line(&rest));
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    mcp_session_end(session, ended, &done);
    for (int turn = 0; turn < 100 && !done; turn++) uv_run(&loop, UV_RUN_NOWAIT);
    mcp_session_abort(session);
    HOLDS(done);
    mcp_session_free(session);
    uv_run(&loop, UV_RUN_NOWAIT);
    return 0;
}
