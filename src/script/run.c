// Calls: coroutines, what they wait for, and their end.
//
// Everything that a script does happens inside lua_resume, from the parsing of its arguments to the writing
// of its result: a memory error at any place is an error of the call. run_resume is the one place that
// resumes, and the one that tells what became of it.
#include "script/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- threads and the ready queue ---------------------------------------------------------------------------

typedef struct new_thread {
    script_run *run;
    script_thread *made;
} new_thread;

static int make_thread(lua_State *L) {
    new_thread *work = lua_touserdata(L, 1);
    lua_State *co = lua_newthread(L);
    *(script_thread **)lua_getextraspace(co) = NULL;
    int ref = luaL_ref(L, LUA_REGISTRYINDEX); // from here on nothing raises
    script_thread *thread = base_alloc(sizeof *thread);
    *thread = (script_thread){.L = co, .ref = ref, .run = work->run, .next = work->run->threads};
    *(script_thread **)lua_getextraspace(co) = thread;
    lua_sethook(co, NULL, 0, 0);
    work->run->threads = thread;
    work->made = thread;
    return 0;
}

// One that has come to its end, to begin anew. Nothing of the former run is on its stack.
static script_thread *reuse_thread(script_run *run) {
    script_pack *pack = run->pack;
    script_thread *thread = pack->idle;
    pack->idle = thread->next;
    pack->idle_count--;
    *thread = (script_thread){.L = thread->L, .ref = thread->ref, .run = run, .next = run->threads};
    lua_sethook(thread->L, NULL, 0, 0);
    run->threads = thread;
    return thread;
}

// A coroutine for the run, or NULL when there is no memory.
script_thread *run_new_thread(script_run *run) {
    lua_State *L = run->pack->L;
    new_thread work = {.run = run};
    if (run->pack->idle) return reuse_thread(run);
    if (!lua_checkstack(L, 4)) return NULL;
    lua_pushcfunction(L, make_thread);
    lua_pushlightuserdata(L, &work);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) return work.made;
    lua_pop(L, 1);
    return NULL;
}

static void run_ready_threads(uv_idle_t *pulse) {
    script_pack *pack = pulse->data;
    size_t turn = 0; // those that become ready meanwhile come at the next turn
    for (script_thread *t = pack->ready_first; t; t = t->next_ready) turn++;
    uint64_t begun =
        uv_hrtime(); // and when a slice is over, the others get their turn first: there may be hundreds
    while (turn-- && pack->ready_first && uv_hrtime() - begun < (uint64_t)pack->host.slice * 1000) {
        script_thread *thread = pack->ready_first;
        pack->ready_first = thread->next_ready;
        if (!pack->ready_first) pack->ready_last = NULL;
        thread->ready = false;
        int arguments = thread->arguments;
        thread->arguments = 0;
        run_resume(thread, arguments);
    }
    while (pack->collecting && !pack->ready_first && uv_hrtime() - begun < (uint64_t)pack->host.slice * 1000)
        pack->collecting = !lua_gc(pack->L, LUA_GCSTEP, 0);
    if (pack->ready_first || pack->collecting) return;
    uv_idle_stop(&pack->pulse);
    pack->pulsing = false;
}

static void start_pulse(script_pack *pack) {
    if (!pack->pulsing) uv_idle_start(&pack->pulse, run_ready_threads);
    pack->pulsing = true;
}

void run_make_ready(script_thread *thread) {
    script_pack *pack = thread->run->pack;
    if (thread->ready) return;
    thread->ready = true;
    thread->next_ready = NULL;
    if (pack->ready_last) pack->ready_last->next_ready = thread;
    else pack->ready_first = thread;
    pack->ready_last = thread;
    start_pulse(pack);
}

static void leave_queue(script_thread *thread) {
    script_pack *pack = thread->run->pack;
    if (!thread->ready) return;
    script_thread *before = NULL;
    for (script_thread *t = pack->ready_first; t != thread; t = t->next_ready) before = t;
    if (before) before->next_ready = thread->next_ready;
    else pack->ready_first = thread->next_ready;
    if (pack->ready_last == thread) pack->ready_last = before;
    thread->ready = false;
}

// Nothing can wait while files are read, nor in a metamethod that C has called: lua_yieldk would raise with
// the operation under way.
void run_check_wait(lua_State *L, const char *name) {
    if (run_of(L)->loading) luaL_error(L, "%s: only in a call, not while files are read", name);
    if (!lua_isyieldable(L)) luaL_error(L, "%s: not in a metamethod", name);
}

int run_wait(lua_State *L, void (*cancel)(script_thread *), void *op, lua_KFunction then) {
    script_thread *thread = thread_of(L);
    thread->cancel = cancel;
    thread->op = op;
    return lua_yieldk(L, 0, 0, then);
}

// --- the end of a run --------------------------------------------------------------------------------------

#define IDLE_MAX 16 // coroutines that are kept for the next calls

static void free_thread(script_thread *thread) {
    script_pack *pack = thread->run->pack;
    if (thread->cancel) thread->cancel(thread);
    leave_queue(thread);
    if (thread->ended && pack->idle_count < IDLE_MAX) {
        lua_settop(thread->L, 0);
        thread->run = NULL;
        thread->next = pack->idle;
        pack->idle = thread;
        pack->idle_count++;
        return;
    }
    *(script_thread **)lua_getextraspace(thread->L) = NULL;
    luaL_unref(pack->L, LUA_REGISTRYINDEX, thread->ref);
    free(thread);
}

void run_free_idle_threads(script_pack *pack) {
    for (script_thread *thread; (thread = pack->idle); free(thread)) pack->idle = thread->next;
}

void run_drop_thread(script_thread *thread) {
    script_thread **place = &thread->run->threads;
    while (*place != thread) place = &(*place)->next;
    *place = thread->next;
    free_thread(thread);
}

static void free_run(script_run *run) {
    while (run->threads) {
        script_thread *thread = run->threads;
        run->threads = thread->next;
        free_thread(thread);
    }
    clock_cancel(run->deadline); // after the threads: one that asks has stopped the clock
    while (run->answers) {
        forwarded *answer = run->answers;
        run->answers = answer->next;
        buf_free(&answer->body);
        free(answer);
    }
    if (run->place) {
        *run->place = run->next;
        if (run->next) run->next->place = run->place;
    }
    if (run->gone) *run->gone = true;
    free(run->arguments);
    free(run);
}

void script_result_free(script_result *result) {
    buf_free(&result->body);
    buf_free(&result->structured);
    error_free(&result->error);
}

void script_cancel(script_run *run) {
    script_result_free(&run->result);
    free_run(run);
}

static void finish(script_run *run) {
    script_result result = run->result;
    script_owner owner = run->owner;
    if (run->stop != RUN_ON) { // what made it stop is garbage now, which is collected step by step
        run->pack->collecting = true;
        start_pulse(run->pack);
    }
    free_run(run);
    owner.done(owner.data, &result);
    script_result_free(&result);
}

static void set_error(script_run *run, script_outcome outcome, const char *code, const char *hint,
                      const char *format, ...) BASE_PRINTF(5, 6);

static void set_error(script_run *run, script_outcome outcome, const char *code, const char *hint,
                      const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    script_result_free(&run->result);
    run->result.outcome = outcome;
    run->result.error = (script_error){.code = base_string(code),
                                       .kind = base_string("unknown"),
                                       .message = base_string(text),
                                       .hint = base_string(hint)};
}

static void deadline_passed(void *data) {
    script_run *run = data;
    run->deadline = NULL;
    set_error(run, SCRIPT_DEADLINE, "deadline",
              run->call->wrote ? "A write was sent and may have been done: look before you repeat it."
                               : "Ask for less, or again later.",
              "\"%s\" did not end within its deadline of %g s", run->call->tool,
              (double)run->wall / 1e6);
    finish(run);
}

void run_extend(script_run *run, int64_t seconds) {
    if (run->extended) return;
    run->extended = true;
    run->wall = seconds * 1000000;
    run->cpu_budget = run->item->cpu * (1 + seconds / 60);
    if (!run->clock_stands) clock_cancel(run->deadline);
    run->left = run->wall;
    if (!run->clock_stands) run_start_clock(run);
}

#define PAUSE_MAX INT64_C(3600000000) // microseconds: longer than anybody is waited for

void run_stop_clock(script_run *run) {
    run->clock_stands = true;
    run->left = run->call->deadline - clock_now();
    clock_cancel(run->deadline);
    run->deadline = NULL;
    run->call->deadline += PAUSE_MAX;
}

void run_start_clock(script_run *run) {
    run->clock_stands = false;
    run->call->deadline = clock_now() + run->left;
    run->deadline = clock_after(run->left / 1000, CLOCK_DEADLINE, deadline_passed, run);
}

// What the author is told: why, where, and what to do.
static void stopped(script_run *run) {
    if (run->stop == STOP_ASKED) {
        script_result_free(&run->result);
        run->result.outcome = SCRIPT_ASKED;
        return;
    }
    char text[200];
    const char *code = "memory", *hint = "Narrow the request; authors: keep less at a time.";
    int mb = (int)(run->pack->host.memory >> 20);
    switch (run->stop) {
    case STOP_BUDGET:
        code = "cpu_budget";
        hint = "Narrow the request; authors: declare cpu = … in the tool.";
        snprintf(text, sizeof text, "computed for longer than its budget of %g ms",
                 (double)run->cpu_budget / 1e3);
        break;
    case STOP_HELD:
        code = "held";
        hint = "Authors: use simpler patterns, keep metamethods short, and work on smaller lists at a time.";
        snprintf(text, sizeof text,
                 "held up all others in a library function or a metamethod, which cannot be paused,");
        break;
    case STOP_STRING:
        hint = "Narrow the request; authors: keep texts in a list, and pass large answers on with "
               "hatchet.forward.";
        snprintf(text, sizeof text, "made a string longer than %d MB", (int)(STRING_MAX >> 20));
        break;
    case STOP_KEYS:
        hint = "Authors: use strings as keys, or numbers that count from 1.";
        snprintf(text, sizeof text, "made a table with too many number keys that collide");
        break;
    default: snprintf(text, sizeof text, "needed more memory than there is (%d MB for the pack)", mb);
    }
    bool memory = run->stop > STOP_HELD;
    set_error(run, memory ? SCRIPT_MEMORY : SCRIPT_BUDGET, code, hint, "\"%s\" %s and was stopped%s%s",
              run->call->tool, text, *run->stopped_at ? " at " : "", run->stopped_at);
}

// What became of the entry thread's last resume, if it ended.
static void entry_ended(script_thread *thread, int status) {
    script_run *run = thread->run;
    if (status == LUA_ERRMEM) budget_memory_error(run);
    if (run->stop != RUN_ON) {
        stopped(run);
    } else if (status != LUA_OK) {
        script_result_free(&run->result);
        run->result.outcome = SCRIPT_FAILED;
        error_read(thread->L, -1, &run->result.error);
    }
    if (run->loading) return;
    finish(run);
}

void run_resume(script_thread *thread, int arguments) {
    int results;
    budget_enter(thread);
    int status = lua_resume(thread->L, NULL, arguments, &results);
    budget_leave(thread);
    thread->ended = status == LUA_OK;
    if (status != LUA_YIELD) {
        if (thread->group) group_ended(thread, status);
        else entry_ended(thread, status);
    } else if (!thread->cancel && !thread->run->loading) {
        run_make_ready(thread); // its slice is over
    }
}

// --- the beginning -----------------------------------------------------------------------------------------

// The result of the script is at the top. Turns it into run->result. Raises what is wrong with it.
static int take_result(lua_State *L, int status, lua_KContext context);

static int call_function(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (!lua_isnil(L, -1)) return luaL_error(L, "arguments: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_callk(L, 1, 1, 0, take_result);
    return take_result(L, LUA_OK, 0);
}

static int entry(lua_State *L) {
    script_run *run = run_of(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->item->run);
    return lua_json_read(L, slice_of(run->arguments), 0, call_function, 0);
}

static void take_text(lua_State *L, script_run *run) {
    size_t n;
    const char *s = lua_tolstring(L, -1, &n);
    run->result.shape = SCRIPT_TEXT;
    buf_add(&run->result.body, s, n);
}

static slice string_field(lua_State *L, const char *key) {
    size_t n = 0;
    lua_pushstring(L, key);
    lua_rawget(L, -2);
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    lua_pop(L, 1); // the table keeps it
    return (slice){s, n};
}

static void put_message(buf *out, slice role, slice content) {
    json_open(out, '{');
    json_put_key(out, "role");
    json_put_string(out, role);
    json_put_key(out, "content");
    json_put_raw(out, content);
    json_close(out, '}');
}

static void put_text_message(buf *out, slice role, slice text) {
    buf block = BUF(out->max);
    buf_text(&block, "{\"type\":\"text\",\"text\":");
    json_put_string(&block, text);
    buf_char(&block, '}');
    put_message(out, role, buf_view(&block));
    out->full |= block.full;
    buf_free(&block);
}

// The text or the one block of the message at the top.
static void take_message(lua_State *L, int number, buf *out) {
    char where[40];
    snprintf(where, sizeof where, "message %d", number);
    if (!lua_istable(L, -1))
        luaL_error(L, "a prompt returns text, or a list of { role =, text = } and { role =, content = block }");
    frozen_resolve(L, -1);
    slice role = string_field(L, "role"), text = string_field(L, "text");
    lua_pushliteral(L, "content");
    bool has_block = lua_rawget(L, -2) != LUA_TNIL;
    if (has_block == (text.s != NULL) || !(slice_is(role, "user") || slice_is(role, "assistant")))
        luaL_error(L, "%s needs role = \"user\" or \"assistant\", and text = \"…\" or content = block", where);
    if (has_block) {
        buf *block = &pack_of(L)->scratch;
        content_block(L, where);
        buf_clear(block);
        lua_json_write(L, -1, block);
        put_message(out, role, buf_view(block));
        out->full |= block->full;
    } else {
        put_text_message(out, role, text);
    }
    lua_pop(L, 1);
}

static void take_messages(lua_State *L, script_run *run) {
    buf *out = &run->result.body;
    run->result.shape = SCRIPT_MESSAGES;
    json_open(out, '[');
    if (lua_type(L, -1) == LUA_TSTRING) {
        size_t n;
        const char *s = lua_tolstring(L, -1, &n);
        put_text_message(out, SLICE("user"), (slice){s, n});
    } else if (lua_istable(L, -1)) {
        frozen_resolve(L, -1);
        for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, -1); i <= n; i++) {
            lua_rawgeti(L, -1, i);
            take_message(L, (int)i, out);
            lua_pop(L, 1);
        }
    } else {
        luaL_error(L, "the prompt returned %s; a prompt returns text, or a list of { role =, text = }",
                   luaL_typename(L, -1));
    }
    json_close(out, ']');
}

static void take_content(lua_State *L, script_run *run) {
    run->result.shape = SCRIPT_CONTENT;
    lua_getiuservalue(L, -1, 2);
    if (lua_istable(L, -1)) lua_json_write(L, -1, &run->result.structured);
    lua_pop(L, 1);
    lua_getiuservalue(L, -1, 1);
    if (run->item->kind == SCRIPT_RESOURCE && lua_rawlen(L, -1) == 0)
        luaL_error(L, "\"%s\" returned no content: a resource gives at least one block", run->item->name);
    lua_json_write(L, -1, &run->result.body);
    lua_pop(L, 1);
}

// An answer lives as long as the call that got it; a script may have kept its handle longer.
bool run_owns_answer(const script_run *run, const forwarded *answer) {
    for (const forwarded *a = run->answers; a; a = a->next)
        if (a == answer) return true;
    return false;
}

static int end_result(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    script_run *run = run_of(L);
    const buf *body = &run->result.body;
    bool structured = run->result.shape == SCRIPT_STRUCTURED;
    if (structured && run->item->kind == SCRIPT_TOOL && body->n && body->s[0] != '{')
        return luaL_error(L, "\"%s\" returned an array; a tool returns an object, such as { rows = … }",
                          run->item->name);
    if (body->full || run->result.structured.full)
        return luaL_error(L, "the result is larger than %d MB", (int)(run->pack->host.answer_max >> 20));
    run->returned = true;
    return 0;
}

static int take_result(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    script_run *run = run_of(L);
    forwarded **answer = luaL_testudata(L, -1, "hatchet.answer");
    if (answer && !run_owns_answer(run, *answer))
        return luaL_error(L, "\"%s\" returned an answer of another call", run->item->name);
    script_result_free(&run->result);
    run->result.body = BUF(run->pack->host.answer_max);
    run->result.structured = BUF(run->pack->host.answer_max);
    if (run->item->kind == SCRIPT_PROMPT) {
        take_messages(L, run);
    } else if (answer) {
        run->result.shape = SCRIPT_STRUCTURED;
        run->result.body = (*answer)->body; // moved: it is the result now
        (*answer)->body = BUF(0);
    } else if (luaL_testudata(L, -1, "hatchway.content")) {
        take_content(L, run);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        take_text(L, run);
    } else if (lua_istable(L, -1)) {
        run->result.shape = SCRIPT_STRUCTURED;
        return lua_json_write_sliced(L, -1, &run->result.body, end_result, 0);
    } else {
        return luaL_error(L, "\"%s\" returned %s; return a table, a string or an answer of hatchet.forward",
                          run->item->name, luaL_typename(L, -1));
    }
    return end_result(L, LUA_OK, 0);
}

// --- watched resources and completion ----------------------------------------------------------------------

// Value and "it is final" are at the top.
static int take_watched(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    script_run *run = run_of(L);
    run->result.is_final = run->item->watch != LUA_NOREF && lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TNUMBER || lua_type(L, -1) == LUA_TBOOLEAN) luaL_tolstring(L, -1, NULL);
    return take_result(L, LUA_OK, 0);
}

static int call_watched(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (!lua_isnil(L, -1)) return luaL_error(L, "arguments: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_callk(L, 1, 2, 0, take_watched);
    return take_watched(L, LUA_OK, 0);
}

static int watch_entry(lua_State *L) {
    script_run *run = run_of(L);
    int function = run->item->watch != LUA_NOREF ? run->item->watch : run->item->run;
    lua_rawgeti(L, LUA_REGISTRYINDEX, function);
    return lua_json_read(L, slice_of(run->arguments), 0, call_watched, 0);
}

static int take_completions(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    script_run *run = run_of(L);
    if (!lua_istable(L, -1))
        return luaL_error(L, "a completer of \"%s\" returned %s; it returns a list of texts", run->item->name,
                          luaL_typename(L, -1));
    run->result.shape = SCRIPT_STRUCTURED;
    run->result.body = BUF(run->pack->host.answer_max);
    return lua_json_write_sliced(L, -1, &run->result.body, end_result, 0);
}

// The question is at the top, and nil. complete(value, arguments) is called.
static int call_completer(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (!lua_isnil(L, -1)) return luaL_error(L, "arguments: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    int question = lua_gettop(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run_of(L)->item->types);
    lua_getfield(L, question, "argument");
    lua_gettable(L, -2);
    lua_getfield(L, -1, "complete");
    lua_getfield(L, question, "value");
    lua_getfield(L, question, "arguments");
    lua_callk(L, 2, 1, 0, take_completions);
    return take_completions(L, LUA_OK, 0);
}

static int complete_entry(lua_State *L) {
    return lua_json_read(L, slice_of(run_of(L)->arguments), 0, call_completer, 0);
}

// --- starting ----------------------------------------------------------------------------------------------

static script_run *start(script_pack *pack, const script_item *item, slice arguments, guard_call *call,
                         const script_owner *owner, lua_CFunction begin) {
    script_run *run = base_alloc(sizeof *run);
    run->pack = pack;
    run->item = item;
    run->call = call;
    run->owner = *owner;
    run->arguments = base_copy(arguments.s, arguments.n);
    run->cpu_budget = item->cpu;
    run->place = &pack->runs;
    run->next = pack->runs;
    if (run->next) run->next->place = &run->next;
    pack->runs = run;
    run->wall = (call->deadline - clock_now() + 999) / 1000 * 1000; // as it was declared: whole milliseconds
    bool gone = false;
    run->gone = &gone;
    script_thread *thread = run_new_thread(run);
    if (thread) {
        lua_pushcfunction(thread->L, begin);
        run_resume(thread, 0);
    } else {
        run->stop = STOP_MEMORY;
        stopped(run);
        finish(run);
    }
    if (gone) return NULL; // as most that wait for nothing
    run->gone = NULL;
    if (!run->deadline && !run->clock_stands) // the first slice may have asked, or made it a task
        run->deadline = clock_after((call->deadline - clock_now()) / 1000, CLOCK_DEADLINE, deadline_passed, run);
    return run;
}

// A call that cannot begin.
static void refuse(const script_owner *owner, const char *message) {
    script_result result = {.outcome = SCRIPT_FAILED,
                            .error = {.code = base_string("script_error"),
                                      .kind = base_string("unknown"),
                                      .message = base_string(message)}};
    owner->done(owner->data, &result);
    script_result_free(&result);
}

static script_run *wake_and_start(script_pack *pack, const script_item *item, slice arguments,
                                  guard_call *call, const script_owner *owner, lua_CFunction begin) {
    buf error = BUF(BUF_SMALL);
    bool awake = pack_wake(pack, &error);
    if (!awake) refuse(owner, buf_string(&error));
    buf_free(&error);
    if (!awake) return NULL;
    return start(pack, item, arguments, call, owner, begin);
}

script_run *script_start(script_pack *pack, const script_item *item, slice arguments, guard_call *call,
                         const script_owner *owner) {
    return wake_and_start(pack, item, arguments, call, owner, entry);
}

script_run *script_watch(script_pack *pack, const script_item *item, slice arguments, guard_call *call,
                         const script_owner *owner) {
    return wake_and_start(pack, item, arguments, call, owner, watch_entry);
}

script_run *script_complete(script_pack *pack, const script_item *item, slice question, guard_call *call,
                            const script_owner *owner) {
    return wake_and_start(pack, item, question, call, owner, complete_entry);
}

// --- text that is not from a file --------------------------------------------------------------------------

#define CONSOLE "hatchway.console" // in the registry: the globals of such texts

static int write_json(lua_State *L) {
    lua_json_write(L, 1, lua_touserdata(L, 2));
    return 0;
}

// Writes the value at the index into result.structured, which is scratch here. False: it is no JSON; scratch
// is empty then.
static bool is_written(lua_State *L, int index, script_run *run) {
    forwarded **answer = luaL_testudata(L, index, "hatchet.answer");
    buf *scratch = &run->result.structured;
    *scratch = BUF(run->pack->host.answer_max);
    if (answer && !run_owns_answer(run, *answer))
        luaL_error(L, "the answer went with the input that got it; keep hatchway.value(answer)");
    if (answer) {
        buf_slice(scratch, buf_view(&(*answer)->body));
        return true;
    }
    if (lua_isnil(L, index)) return false;
    lua_pushcfunction(L, write_json);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, scratch);
    bool ok = lua_pcall(L, 2, 0, 0) == LUA_OK;
    if (!ok) buf_free(scratch);
    return ok;
}

static void put_value(lua_State *L, int index, script_run *run) {
    buf *out = &run->result.body;
    bool is_json = is_written(L, index, run);
    json_open(out, '{');
    json_put_key(out, is_json ? "value" : "text");
    if (is_json) {
        json_put_raw(out, buf_view(&run->result.structured));
        out->full |= run->result.structured.full;
    } else {
        size_t n;
        const char *text = luaL_tolstring(L, index, &n);
        json_put_string(out, (slice){text, n});
    }
    json_close(out, '}');
    buf_free(&run->result.structured);
}

static int take_values(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    script_run *run = run_of(L);
    int count = lua_gettop(L);
    luaL_checkstack(L, 8, "too many values");
    script_result_free(&run->result);
    run->result.shape = SCRIPT_VALUES;
    run->result.body = BUF(run->pack->host.answer_max);
    json_open(&run->result.body, '[');
    for (int i = 1; i <= count; i++) {
        put_value(L, i, run);
        lua_settop(L, count);
    }
    json_close(&run->result.body, ']');
    if (run->result.body.full)
        return luaL_error(L, "the result is larger than %d MB", (int)(run->pack->host.answer_max >> 20));
    run->returned = true;
    return 0;
}

static void push_console(lua_State *L) {
    if (lua_getfield(L, LUA_REGISTRYINDEX, CONSOLE) == LUA_TTABLE) return;
    lua_pop(L, 1);
    sandbox_push_env(L);
    bind_spec(L, false);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, CONSOLE);
}

// Pushes the function of the text: of an expression, else of statements.
static void compile(lua_State *L, const char *text) {
    const char *expression = lua_pushfstring(L, "return %s", text);
    if (luaL_loadbufferx(L, expression, strlen(expression), "=repl", "t") == LUA_OK) return;
    lua_pop(L, 1);
    if (luaL_loadbufferx(L, text, strlen(text), "=repl", "t") == LUA_OK) return;
    const char *message = lua_tostring(L, -1);
    size_t n = strlen(message);
    bool incomplete = n > 5 && strcmp(message + n - 5, "<eof>") == 0;
    error_raise(L, incomplete ? "incomplete" : "script_error", "unknown", NULL, "%s", message);
}

static int eval(lua_State *L) {
    compile(L, run_of(L)->arguments);
    push_console(L);
    lua_setupvalue(L, -2, 1);
    lua_replace(L, 1);
    lua_settop(L, 1);
    lua_callk(L, 0, LUA_MULTRET, 0, take_values);
    return take_values(L, LUA_OK, 0);
}

script_run *script_eval(script_pack *pack, slice text, guard_call *call, const script_owner *owner) {
    pack->console =
        (script_item){.name = (char *)"repl", .cpu = pack->host.cpu, .deadline = pack->host.deadline};
    return start(pack, &pack->console, text, call, owner, eval);
}

// --- reading a pack ----------------------------------------------------------------------------------------

#define LOAD_BUDGET INT64_C(5000000) // microseconds, for one file

typedef struct load {
    script_run run;
    script_item item;
    guard_call call;
} load;

// Runs a function of ours in a coroutine of its own, on a budget. `what` names it in messages.
script_run *run_load_begin(script_pack *pack, lua_CFunction function, const char *what) {
    load *l = base_alloc(sizeof *l);
    l->item.name = (char *)what;
    l->call.tool = what;
    l->run = (script_run){
        .pack = pack, .item = &l->item, .call = &l->call, .cpu_budget = LOAD_BUDGET, .loading = true};
    script_thread *thread = run_new_thread(&l->run);
    if (thread) {
        lua_pushcfunction(thread->L, function);
    } else {
        l->run.stop = STOP_MEMORY;
        stopped(&l->run);
    }
    return &l->run;
}

bool run_load_step(script_run *run) {
    if (!run->threads) return false;
    run_resume(run->threads, 0);
    return lua_status(run->threads->L) == LUA_YIELD;
}

bool run_load_end(script_run *run, buf *error) {
    bool ended = run->threads && lua_status(run->threads->L) == LUA_OK;
    bool ok = ended && run->result.outcome == SCRIPT_OK;
    if (run->result.error.message) buf_text(error, run->result.error.message);
    script_result_free(&run->result);
    free_run(run);
    return ok;
}
