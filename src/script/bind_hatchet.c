// The table `hatchet`: requests to the tenant. docs/lua-api.md is the contract.
//
// A path is a template. Its names are filled from the params, one percent-encoded segment each; {tenant} is
// filled here. The rest of the params is the query. What is then sent is decided by the gate, below the
// script.
#include "script/internal.h"
#include "script/lua_json_mask.h"
#include "upstream/upstream.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES ((size_t)16 << 10)
#define QUERY_MAX_BYTES ((size_t)256 << 10)
#define BODY_MAX_BYTES ((size_t)8 << 20)
#define VALUES_MAX 2000 // of one query

// One name and value of the query, as lengths in `decoded`.
typedef struct pair {
    size_t name, value;
} pair;

// One request while it is made and while it is out. A userdata: the collector frees it whatever happens. Its user
// value is the mask of its answer, or nil.
typedef struct request {
    guard_method method;
    bool forward;
    bool push;             // of an event, by gRPC
    buf path, query, body;
    buf decoded;           // names and values of the query, one after the other, as they are
    buf pairs;             // of struct pair
    bool retry, idempotent;
    bool text;             // an answer that is no JSON is given as text
    upstream_request *sent;
    size_t pending;        // bytes that count against the ceiling of the call while it is out
    // the answer, until the coroutine has taken it
    upstream_answer answer;
    buf answer_body, detail;
} request;

static int free_request(lua_State *L) {
    request *r = lua_touserdata(L, 1);
    buf_free(&r->path);
    buf_free(&r->query);
    buf_free(&r->body);
    buf_free(&r->decoded);
    buf_free(&r->pairs);
    buf_free(&r->answer_body);
    buf_free(&r->detail);
    return 0;
}

// Segments keep what RFC 3986 calls unreserved, and a few that need no encoding: the engine looks up names as
// they are sent.
static void put_encoded(buf *out, slice text, const char *also) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     strchr("-._~", c) || strchr(also, c);
        if (plain && c) buf_char(out, (char)c);
        else buf_printf(out, "%%%02X", c);
    }
}

static int bad(lua_State *L, const char *hint, const char *format, const char *a, const char *b) {
    lua_pushfstring(L, format, a, b);
    return error_raise(L, "bad_request", "validation_error", hint, "%s", lua_tostring(L, -1));
}

static void check_segment(lua_State *L, slice value, const char *name) {
    bool dots = slice_is(value, ".") || slice_is(value, "..");
    bool control = false;
    for (size_t i = 0; i < value.n; i++) control |= (unsigned char)value.s[i] < 0x20 || value.s[i] == 0x7F;
    if (value.n == 0 || dots || control)
        bad(L, "Pass the id or the name as it is.",
            "the value of {%s} in the path \"%s\" is empty, dots, or has control characters", name,
            lua_tostring(L, 1));
}

// Fills the template at index 1 from the params at index 2. Names that were used are noted in the table at
// index `used`.
static void fill_path(lua_State *L, request *r, int used) {
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n);
    if (strlen(s) != n) bad(L, "Write a path of the API.", "the path \"%s\" has a zero byte%s", s, "");
    while (*s) {
        if (*s != '{') {
            buf_char(&r->path, *s++);
            continue;
        }
        const char *end = strchr(s, '}');
        if (!end || end == s + 1)
            bad(L, "Write names as {id}.", "the path \"%s\" has a brace without a name%s", lua_tostring(L, 1),
                "");
        lua_pushlstring(L, s + 1, (size_t)(end - s - 1)); // name
        const char *name = lua_tostring(L, -1);
        if (strcmp(name, "tenant") == 0) {
            lua_pushstring(L, upstream_config_of(run_of(L)->pack->host.upstream)->tenant);
        } else {
            if (!lua_istable(L, 2))
                bad(L, "Pass it in the second argument.", "the path \"%s\" needs the param \"%s\"",
                    lua_tostring(L, 1), name);
            lua_pushvalue(L, -1);
            lua_gettable(L, 2);
            lua_pushvalue(L, -2);
            lua_pushboolean(L, 1);
            lua_rawset(L, used);
        }
        if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1))
            bad(L, "Pass a string or an integer.", "the path \"%s\" needs the param \"%s\"",
                lua_tostring(L, 1), name);
        slice value;
        value.s = lua_tolstring(L, -1, &value.n);
        check_segment(L, value, name);
        put_encoded(&r->path, value, "!$&'()*+,;=:@");
        lua_pop(L, 2);
        s = end + 1;
    }
}

// One pair of the query. The value at the top is a string, a number or a boolean; it is popped.
static void put_pair(lua_State *L, request *r, slice name) {
    if (lua_isboolean(L, -1)) lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    else if (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER) luaL_tolstring(L, -1, NULL);
    else
        bad(L, "Pass strings, numbers, booleans, or lists of them.", "the param \"%s\" is a %s", name.s,
            luaL_typename(L, -1));
    if (r->pairs.n >= VALUES_MAX * sizeof(pair))
        bad(L, "Send fewer.", "the query has too many values%s%s", "", "");
    slice value;
    value.s = lua_tolstring(L, -1, &value.n);
    if (memchr(value.s, '\0', value.n))
        bad(L, "Nothing that Hatchet keeps has it: leave it out.",
            "the param \"%s\" has the character U+0000%s", name.s, "");
    if (r->query.n) buf_char(&r->query, '&');
    put_encoded(&r->query, name, "");
    buf_char(&r->query, '=');
    put_encoded(&r->query, value, "");
    buf_slice(&r->decoded, name);
    buf_slice(&r->decoded, value);
    buf_add(&r->pairs, &(pair){name.n, value.n}, sizeof(pair));
    lua_pop(L, 2);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names of the params at index 2 that did not go into the path, sorted, in a userdata at the top.
static const char **query_names(lua_State *L, int used, size_t *count) {
    size_t room = 0;
    frozen_resolve(L, 2);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1))
        if (++room > VALUES_MAX) bad(L, "Send fewer.", "the query has too many values%s%s", "", "");
    const char **names = lua_newuserdatauv(L, (room + 1) * sizeof *names, 0);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            bad(L, "Params are a table of names.", "a param of \"%s\" has no name%s", lua_tostring(L, 1), "");
        if (strlen(lua_tostring(L, -2)) != lua_rawlen(L, -2))
            bad(L, "Use plain names.", "a param of \"%s\" has a zero byte in its name%s", lua_tostring(L, 1),
                "");
        lua_pushvalue(L, -2);
        if (lua_rawget(L, used) == LUA_TNIL) names[(*count)++] = lua_tostring(L, -3); // the params keep it
        lua_pop(L, 1);
    }
    qsort(names, *count, sizeof *names, by_name);
    return names;
}

static bool is_empty(lua_State *L) { // the table at the top
    lua_pushnil(L);
    if (!lua_next(L, -2)) return true;
    lua_pop(L, 2);
    return false;
}

// The query, in the order of the alphabet, so that one request is always spelt the same. Lists repeat their
// name.
static void fill_query(lua_State *L, request *r, int used) {
    if (lua_isnoneornil(L, 2)) return;
    if (!lua_istable(L, 2))
        bad(L, "Pass a table, or nil.", "the params of \"%s\" are a %s", lua_tostring(L, 1),
            luaL_typename(L, 2));
    size_t count = 0;
    const char **names = query_names(L, used, &count);
    for (size_t i = 0; i < count; i++) {
        slice name = slice_of(names[i]);
        lua_getfield(L, 2, names[i]);
        if (!lua_istable(L, -1)) {
            put_pair(L, r, name);
            continue;
        }
        frozen_resolve(L, -1);
        lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
        if (n == 0 && !is_empty(L))
            bad(L, "Pass a list.", "the param \"%s\" is a table of names%s", name.s, "");
        for (lua_Integer k = 1; k <= n; k++) {
            lua_rawgeti(L, -1, k);
            put_pair(L, r, name);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static bool option(lua_State *L, int index, const char *name, bool otherwise) {
    if (!lua_istable(L, index)) return otherwise;
    lua_getfield(L, index, name);
    bool value = lua_isnil(L, -1) ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

// The request, which is at the top, keeps what its options say of the members that are wanted.
static void keep_mask(lua_State *L, int options) {
    if (!lua_istable(L, options)) return;
    if (lua_getfield(L, options, "only") != LUA_TNIL) {
        luaL_argexpected(L, lua_istable(L, -1), options, "a table as the option only");
        lua_json_push_mask(L, -1);
        lua_setiuservalue(L, -3, 1);
    }
    lua_pop(L, 1);
}

static void fill_body(lua_State *L, request *r) {
    if (r->method == GUARD_GET || lua_isnoneornil(L, 3)) return;
    lua_json_write(L, 3, &r->body);
    if (r->body.full) bad(L, "Send less.", "the body for \"%s\" is too large%s", lua_tostring(L, 1), "");
}

// --- sending -----------------------------------------------------------------------------------------------

// Notes the ids that a write names, for the log.
static void note_ids(guard_call *call, const request *r) {
    slice path = buf_view(&r->path);
    for (size_t i = 0; i + 36 <= path.n && call->ids.n < 4000; i++) {
        bool uuid =
            path.s[i + 8] == '-' && path.s[i + 13] == '-' && path.s[i + 18] == '-' && path.s[i + 23] == '-';
        if (!uuid || (i && path.s[i - 1] != '/')) continue;
        if (call->ids.n) buf_char(&call->ids, ' ');
        buf_add(&call->ids, path.s + i, 36);
        i += 35;
    }
}

static void answered(void *data, const upstream_answer *answer) {
    script_thread *thread = data;
    request *r = thread->op;
    r->sent = NULL;
    thread->run->pending -= r->pending;
    r->answer = *answer;
    upstream_take_body(answer, &r->answer_body);
    if (answer->detail) buf_text(&r->detail, answer->detail);
    thread->cancel = NULL;
    thread->op = NULL;
    run_resume(thread, 0);
}

static void cancel_request(script_thread *thread) {
    request *r = thread->op;
    if (r->sent) upstream_cancel(r->sent);
    r->sent = NULL;
    thread->run->pending -= r->pending;
}

static int raise_failure(lua_State *L, request *r) {
    guard_call *call = run_of(L)->call;
    upstream_failure failure;
    r->answer.body = buf_view(&r->answer_body);
    r->answer.detail = buf_string(&r->detail);
    guard_request asked = {.method = r->method, .path = buf_view(&r->path), .push = r->push};
    upstream_explain(run_of(L)->pack->host.upstream, &asked, &r->answer, &failure);
    memccpy(call->error_kind, failure.kind, '\0', sizeof call->error_kind - 1);
    script_error error = {.code = (char *)failure.code,
                          .kind = (char *)failure.kind,
                          .status = failure.status,
                          .retryable = failure.retryable,
                          .message = (char *)buf_string(&failure.message),
                          .hint = (char *)buf_string(&failure.hint)};
    error_push(L, &error);
    upstream_failure_free(&failure);
    return lua_error(L);
}

static bool is_success(const request *r) { return r->answer.status >= 200 && r->answer.status < 300; }

// A write that was answered 2xx is done, whatever its echo is like: too large, cut off, no JSON.
static bool is_done_write(const request *r) { return r->method != GUARD_GET && is_success(r); }

static int push_forwarded(lua_State *L, request *r) {
    script_run *run = run_of(L);
    const char *error;
    size_t offset;
    forwarded **handle = lua_newuserdatauv(L, sizeof *handle, 0);
    luaL_setmetatable(L, "hatchet.answer");
    forwarded *answer = base_alloc(sizeof *answer);
    size_t kept = 0; // all that the call keeps has one ceiling
    for (const forwarded *a = run->answers; a; a = a->next) kept += a->body.n;
    answer->body = r->answer_body; // moved
    r->answer_body = BUF(0);
    answer->next = run->answers;
    run->answers = answer;
    *handle = answer;
    bool ok = json_make_compact(&answer->body, &error, &offset);
    if (ok && answer->body.n <= run->pack->host.answer_max - kept) return 1;
    buf_free(&answer->body);
    r->answer.fault = ok ? "too_large" : "invalid_json";
    if (!ok) buf_printf(&r->detail, "%s (at byte %zu)", error, offset);
    return raise_failure(L, r);
}

// The body has been read: request, mask, value and nil, or nil and what is wrong with it as JSON.
static int after_reading(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    request *r = lua_touserdata(L, -4);
    if (!lua_isnil(L, -1) && r->text && r->answer_body.n <= STRING_MAX) {
        lua_pushlstring(L, r->answer_body.s, r->answer_body.n);
        buf_free(&r->answer_body);
        return 1;
    }
    buf_free(&r->answer_body);
    if (!lua_isnil(L, -1) && !is_done_write(r)) {
        r->answer.fault = "invalid_json";
        buf_text(&r->detail, lua_tostring(L, -1));
        return raise_failure(L, r);
    }
    lua_pop(L, 1);
    return 1;
}

static int push_value(lua_State *L, request *r) {
    slice body = buf_view(&r->answer_body);
    while (body.n && strchr(" \r\n\t", body.s[body.n - 1])) body.n--;
    if (body.n && !(is_done_write(r) && body.n > STRING_MAX)) {
        int mask = lua_getiuservalue(L, -1, 1) == LUA_TUSERDATA ? lua_gettop(L) : 0;
        return lua_json_read(L, body, mask, after_reading, 0);
    }
    buf_free(&r->answer_body);
    if (r->method == GUARD_GET && !r->text) { // Hatchet has something to say to every GET
        r->answer.fault = "invalid_json";
        buf_text(&r->detail, "it is empty");
        return raise_failure(L, r);
    }
    lua_pushnil(L);
    return 1;
}

// The event that was pushed: { id = }, or {} where the answer does not say.
static int push_event(lua_State *L, request *r) {
    char id[37];
    lua_createtable(L, 0, 1);
    if (grpc_event_id(buf_view(&r->answer_body), id)) {
        lua_pushstring(L, id);
        lua_setfield(L, -2, "id");
    }
    buf_free(&r->answer_body);
    return 1;
}

// The coroutine goes on with the answer.
static int after_request(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    request *r = lua_touserdata(L, -1);
    if (r->push && is_success(r)) return push_event(L, r);
    if (r->answer.fault && is_done_write(r)) {
        lua_pushnil(L);
        return 1;
    }
    if (r->answer.fault || !is_success(r)) return raise_failure(L, r);
    return r->forward ? push_forwarded(L, r) : push_value(L, r);
}

static int send_request(lua_State *L, request *r) { // the request is at the top
    script_thread *thread = thread_of(L);
    script_run *run = thread->run;
    upstream *u = run->pack->host.upstream;
    size_t count = r->pairs.n / sizeof(pair);
    r->pending = r->path.n + r->query.n + r->decoded.n + r->body.n;
    if (run->pending + r->pending > run->pack->host.memory)
        return bad(L, "Send fewer at once, or smaller ones.",
                   "the requests of the call that are out or wait are too large together%s%s", "", "");
    cassette_pair *pairs = lua_newuserdatauv(L, (count + 1) * sizeof *pairs, 0);
    const char *at = r->decoded.s;
    for (size_t i = 0; i < count; i++) {
        pair p;
        memcpy(&p, r->pairs.s + i * sizeof p, sizeof p);
        pairs[i] = (cassette_pair){{at, p.name}, {at + p.name, p.value}};
        at += p.name + p.value;
    }
    upstream_spec spec = {.call = run->call,
                          .method = r->method,
                          .path = buf_view(&r->path),
                          .query = buf_view(&r->query),
                          .pairs = pairs,
                          .pair_count = count,
                          .body = buf_view(&r->body),
                          .push = r->push,
                          .retry = r->retry,
                          .idempotent = r->idempotent,
                          .done = answered,
                          .data = thread};
    r->sent = upstream_send(u, &spec);
    run->pending += r->pending;
    buf_free(&r->query); // it has copied what it needs
    buf_free(&r->decoded);
    buf_free(&r->pairs);
    buf_free(&r->body);
    lua_pop(L, 1);
    return run_wait(L, cancel_request, r, after_request);
}

static void pass_gate(lua_State *L, request *r) {
    script_run *run = run_of(L);
    guard_request asked = {
        .method = r->method, .path = buf_view(&r->path), .body = buf_view(&r->body), .push = r->push};
    buf why = BUF(BUF_SMALL), hint = BUF(BUF_SMALL);
    if (!guard_pass(run->call, &asked, &why, &hint)) {
        buf_free(&r->body); // it may be large, and be garbage for long
        script_error error = {.code = (char *)"refused_by_gate", .kind = (char *)"unauthorized",
                              .message = (char *)buf_string(&why), .hint = (char *)buf_string(&hint)};
        error_push(L, &error);
        buf_free(&why);
        buf_free(&hint);
        lua_error(L);
    }
    if (guard_request_access(&asked) > GUARD_READ) note_ids(run->call, r);
}

static int ask(lua_State *L, guard_method method, bool forward) {
    script_run *run = run_of(L);
    int options = method == GUARD_GET ? 3 : 4;
    static const char *const names[] = {"hatchet.get", "hatchet.post", "hatchet.patch", "hatchet.delete"};
    run_check_wait(L, forward ? "hatchet.forward" : names[method]);
    lua_settop(L, options);
    lua_newtable(L); // names that the path uses
    int used = lua_gettop(L);
    request *r = lua_newuserdatauv(L, sizeof *r, 1);
    *r = (request){.method = method,
                   .forward = forward,
                   .path = BUF(PATH_MAX_BYTES),
                   .query = BUF(QUERY_MAX_BYTES),
                   .body = BUF(BODY_MAX_BYTES),
                   .decoded = BUF(QUERY_MAX_BYTES),
                   .pairs = BUF(VALUES_MAX * sizeof(pair)),
                   .answer_body = BUF(upstream_config_of(run->pack->host.upstream)->body_max),
                   .detail = BUF(BUF_SMALL)};
    luaL_setmetatable(L, "hatchet.request");
    fill_path(L, r, used);
    fill_query(L, r, used);
    fill_body(L, r);
    if (r->path.full || r->query.full)
        bad(L, "Send fewer or shorter values.", "the address of \"%s\" is too long%s", lua_tostring(L, 1),
            "");
    r->retry = option(L, options, "retry", true);
    r->idempotent = option(L, options, "idempotent", false);
    r->text = method == GUARD_GET && option(L, options, "text", false);
    if (!forward) keep_mask(L, options);
    pass_gate(L, r);
    return send_request(L, r);
}

// --- events ------------------------------------------------------------------------------------------------

// A text of the event at index 1, as protobuf has them; NULL if it is nil. It stays on the stack.
static const char *event_text(lua_State *L, const char *name) {
    if (lua_getfield(L, 1, name) == LUA_TNIL) return NULL;
    size_t n;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    if (!text || strlen(text) != n || !slice_is_utf8((slice){text, n}))
        bad(L, "See the documentation of hatchet.push.",
            "the %s of an event is text in UTF-8 without a zero byte%s", name, "");
    return text;
}

// The same for JSON: a table is encoded, a text is sent as it is.
static const char *event_json(lua_State *L, const char *name, buf *out) {
    if (lua_getfield(L, 1, name) == LUA_TTABLE) {
        lua_json_write(L, lua_gettop(L), out);
        if (out->full) bad(L, "Send less.", "the %s of the event is too large%s", name, "");
        return buf_string(out);
    }
    lua_pop(L, 1);
    return event_text(L, name);
}

static bool is_object(slice text) {
    json_reader r;
    json_start(&r, text);
    return json_next(&r) == JSON_T_OBJECT && json_skip(&r, JSON_T_OBJECT) && json_next(&r) == JSON_T_END;
}

static int event_priority(lua_State *L) {
    if (lua_getfield(L, 1, "priority") == LUA_TNIL) return 0;
    lua_Integer priority = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (priority < 1 || priority > 3)
        bad(L, "1 is low, 3 is high.", "the priority of an event is 1, 2 or 3%s%s", "", "");
    return (int)priority;
}

// A misspelt field would be an event without it.
static void check_fields_of_event(lua_State *L) {
    static const char *const known[] = {"key", "payload", "metadata", "priority", "scope"};
    frozen_resolve(L, 1);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) found |= strcmp(name, known[i]) == 0;
        if (!found)
            bad(L, "It has key, payload, metadata, priority and scope.", "an event has no field \"%s\"%s",
                name, "");
    }
}

// Fills the body from the table at index 1. What the engine would take without a check is checked here.
static void fill_event(lua_State *L, request *r) {
    check_fields_of_event(L);
    grpc_event event = {
        .key = event_text(L, "key"), .scope = event_text(L, "scope"), .priority = event_priority(L)};
    if (!event.key || !*event.key) bad(L, "Name the event.", "an event needs a key%s%s", "", "");
    event.payload = event_json(L, "payload", &r->query); // buffers that this request has no other use for
    event.metadata = event_json(L, "metadata", &r->decoded);
    if (!event.payload) event.payload = "{}";
    if (event.metadata && !is_object(slice_of(event.metadata)))
        bad(L, "Pass a table of names, or JSON text.", "the metadata of an event is an object%s%s", "", "");
    grpc_put_event(&r->body, &event);
    if (r->body.full) bad(L, "Send less.", "the event is too large%s%s", "", "");
    buf_free(&r->query);
    buf_free(&r->decoded);
}

static int push(lua_State *L) {
    script_run *run = run_of(L);
    const upstream_config *config = upstream_config_of(run->pack->host.upstream);
    run_check_wait(L, "hatchet.push");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    request *r = lua_newuserdatauv(L, sizeof *r, 1);
    *r = (request){.method = GUARD_POST,
                   .push = true,
                   .path = BUF(PATH_MAX_BYTES),
                   .query = BUF(BODY_MAX_BYTES),
                   .body = BUF(BODY_MAX_BYTES),
                   .decoded = BUF(BODY_MAX_BYTES),
                   .answer_body = BUF(config->body_max),
                   .detail = BUF(BUF_SMALL),
                   .retry = true};
    luaL_setmetatable(L, "hatchet.request");
    buf_text(&r->path, GUARD_PUSH);
    pass_gate(L, r); // before the texts are looked at: a read tool learns what it may not do
    if (!config->grpc.base && !config->cassette)
        return error_raise(L, "not_configured", "unknown", NULL, "%s", config->grpc.problem);
    fill_event(L, r);
    lua_pushvalue(L, 2);
    return send_request(L, r);
}

static int get(lua_State *L) { return ask(L, GUARD_GET, false); }
static int forward(lua_State *L) { return ask(L, GUARD_GET, true); }
static int post(lua_State *L) { return ask(L, GUARD_POST, false); }
static int patch(lua_State *L) { return ask(L, GUARD_PATCH, false); }
static int delete(lua_State *L) { return ask(L, GUARD_DELETE, false); }

static void set_string(lua_State *L, const char *key, const char *value) {
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

// Pushes the table of the capability. [-0, +1, m]
void bind_hatchet(lua_State *L) {
    static const luaL_Reg functions[] = {{"get", get},     {"forward", forward}, {"post", post},
                                         {"patch", patch}, {"delete", delete},   {"push", push},
                                         {NULL, NULL}};
    const upstream_config *config = upstream_config_of(run_of(L)->pack->host.upstream);
    sandbox_meta(L, "hatchet.request", "__gc", free_request);
    sandbox_meta(L, "hatchet.answer", NULL, NULL);
    luaL_newlib(L, functions);
    set_string(L, "tenant", config->tenant);
    set_string(L, "namespace", config->namespace);
    set_string(L, "source", config->source);
}
