// Calls that nobody waits for, and the methods that tell of them. Contract in task.h.
#include "mcp/internal.h"
#include "mcp/task.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define LIVE_MAX 200                     // tasks of the process that run
#define HEARD_MAX 100                    // tasks that one listen hears of
#define KEPT INT64_C(86400000000)        // microseconds after its time is over that an outcome can be asked for
#define POLL 1000                        // milliseconds between two looks of a client
#define TELL_EVERY INT64_C(50000)        // microseconds between two notifications of progress
#define RENEW_EVERY 10000                // milliseconds
#define REQUIRED "{\"requiredCapabilities\":{\"extensions\":{\"" MCP_TASKS_EXTENSION "\":{}}}}"

struct mcp_task {
    mcp_stream stream;         // first: where its request sends to
    mcp_tasks *tasks;
    mcp_task *next, **place;
    mcp_request *request;      // NULL: it has ended, and its outcome waits to be written
    task_row row;
    bool unwritten;            // what has changed last is not in the store
    bool lost;                 // another process has taken it over or cancelled it: it ends at the next look
};

struct mcp_tasks {
    mcp_stream general;        // first: what belongs to no request goes nowhere
    mcp_server *server;
    mcp_session *session;      // of their requests
    task_store *store;
    mcp_task *live;
    size_t count;
    uv_timer_t renewal;
};

// --- opening -----------------------------------------------------------------------------------------------

static void ignore(mcp_stream *stream, buf *message, int status) {
    (void)stream, (void)status;
    buf_free(message);
}

static void adopt_orphans(mcp_tasks *tasks);

static void look_after(mcp_task *task);

static void renew(uv_timer_t *timer) {
    mcp_tasks *tasks = timer->data;
    task_store_set_patient(tasks->store, false);
    for (mcp_task *task = tasks->live, *next; task; task = next) {
        next = task->next;
        look_after(task);
    }
    task_store_expire(tasks->store);
    task_store_set_patient(tasks->store, true);
    if (tasks->server->config.tasks.adopts) adopt_orphans(tasks);
}

// Opened when the first task is begun or asked for: most servers have none.
static mcp_tasks *open_tasks(mcp_server *server, buf *error) {
    const mcp_task_config *config = &server->config.tasks;
    if (server->tasks) return server->tasks;
    store *s = config->open ? config->open(config->data, error) : NULL;
    if (!config->open) buf_text(error, "this server keeps no tasks");
    task_store *rows = s ? task_store_open(s, config->realm, error) : NULL;
    if (!rows) return NULL;
    mcp_tasks *tasks = base_alloc(sizeof *tasks);
    tasks->general.send = ignore;
    tasks->server = server;
    tasks->session = mcp_session_new(server, &tasks->general);
    tasks->store = rows;
    uv_timer_init(server->config.loop, &tasks->renewal);
    tasks->renewal.data = tasks;
    uv_timer_start(&tasks->renewal, renew, RENEW_EVERY, RENEW_EVERY);
    uv_unref((uv_handle_t *)&tasks->renewal);
    server->tasks = tasks;
    return tasks;
}

void mcp_tasks_start(mcp_server *server) {
    buf error = BUF(BUF_SMALL);
    if (!server->catalogue->has_tasks) return;
    if (!open_tasks(server, &error)) log_message(LOG_WARNING, "tasks", "%s", buf_string(&error));
    else adopt_orphans(server->tasks);
    buf_free(&error);
}

static void write_down(mcp_task *task);
static void free_task(mcp_task *task);

static void free_tasks(uv_handle_t *renewal) { free(renewal->data); }

// What runs ends here; its rows stay, for the next process.
void mcp_tasks_close(mcp_server *server) {
    mcp_tasks *tasks = server->tasks;
    if (!tasks) return;
    server->tasks = NULL;
    mcp_session_free(tasks->session);
    while (tasks->live) {
        write_down(tasks->live);
        free_task(tasks->live);
    }
    task_store_close(tasks->store);
    uv_close((uv_handle_t *)&tasks->renewal, free_tasks);
}

static const char *principal_of(const mcp_stream *stream) { return stream->principal ? stream->principal : ""; }

// --- one task ----------------------------------------------------------------------------------------------

static void put_time(buf *out, const char *key, int64_t time) {
    char text[WHEN_TEXT];
    json_put_key(out, key);
    json_put_text(out, when_format(time / 1000 * 1000, text));
}

// asking: the call of the task when it waits for answers, else NULL. What another process asks for cannot be
// answered here.
static void put_row(const task_row *row, const mcp_request *asking, buf *out) {
    bool elsewhere = row->status == TASK_INPUT_REQUIRED && !asking;
    json_put_key(out, "taskId");
    json_put_text(out, row->id);
    json_put_key(out, "status");
    json_put_text(out, task_status_name(elsewhere ? TASK_WORKING : row->status));
    if (row->message) json_put_key(out, "statusMessage"), json_put_text(out, row->message);
    put_time(out, "createdAt", row->created);
    put_time(out, "lastUpdatedAt", row->updated);
    json_put_key(out, "ttlMs");
    json_put_int(out, (row->expires - row->created) / 1000);
    json_put_key(out, "pollIntervalMs");
    json_put_int(out, POLL);
    if (asking) json_put_key(out, "inputRequests"), mcp_ask_put_open(asking, out);
    if (row->outcome) json_put_raw(out, slice_of(row->outcome));
}

static const mcp_request *asking_of(const mcp_task *task) {
    bool asks = task->row.status == TASK_INPUT_REQUIRED && task->request && mcp_ask_waits(task->request);
    return asks ? task->request : NULL;
}

static bool hears(const mcp_request *listen, const mcp_task *task) {
    json_doc ids;
    bool found = false;
    if (!listen->is_listen || !listen->tasks) return false;
    if (strcmp(principal_of(listen->stream), task->row.principal) != 0) return false;
    if (json_parse(&ids, slice_of(listen->tasks), 0, 0))
        for (const json_node *id = json_first(ids.nodes); id && !found; id = json_after(ids.nodes, id))
            found = slice_is(id->as.string, task->row.id);
    json_doc_free(&ids);
    return found;
}

// SEP-2663: to each listen that has named the task.
static void tell(const mcp_task *task) {
    for (const mcp_session *s = task->tasks->server->sessions; s; s = s->next) {
        for (const mcp_request *r = s->requests; r; r = r->next) {
            if (!hears(r, task)) continue;
            buf out = BUF((size_t)256 << 20);
            rpc_begin_notification(&out, "notifications/tasks");
            json_open(&out, '{');
            put_row(&task->row, asking_of(task), &out);
            mcp_put_subscription(r, &out);
            buf_text(&out, "}}");
            mcp_send(r->stream, &out);
        }
    }
}

// Its call must not be ended here, it may be running: the timer does. Until then the gate lets no write pass.
static void lose(mcp_task *task) {
    task->lost = true;
    if (task->request) task->request->call.access = GUARD_READ;
    uv_timer_start(&task->tasks->renewal, renew, 0, RENEW_EVERY);
}

static void write_down(mcp_task *task) {
    task_written is = task->lost ? TASK_LOST : task_store_change(task->tasks->store, &task->row);
    task->unwritten = is == TASK_UNWRITTEN;
    if (is == TASK_LOST) lose(task);
}

static void change(mcp_task *task, task_status status) {
    task->row.status = status;
    task->row.updated = task_clock();
    write_down(task);
    if (!task->lost) tell(task);
}

static void set_outcome(task_row *row, const char *key, slice value) {
    buf text = BUF(value.n + 32);
    json_put_key(&text, key);
    json_put_raw(&text, value);
    free(row->outcome);
    row->outcome = base_copy(text.s, text.n);
    buf_free(&text);
}

static void set_error(task_row *row, const char *sentence) {
    buf error = BUF(BUF_SMALL);
    buf_printf(&error, "{\"code\":%d,\"message\":", RPC_INTERNAL_ERROR);
    json_put_quoted(&error, slice_of(sentence));
    buf_char(&error, '}');
    set_outcome(row, "error", buf_view(&error));
    row->status = TASK_FAILED;
    row->updated = task_clock();
    buf_free(&error);
}

// The answer of its request. A result that says isError is one (SEP-2663: completed); failed is what the
// protocol has no result for.
static void settle(mcp_stream *stream, buf *message, int status) {
    mcp_task *task = (mcp_task *)stream;
    json_doc doc = {0};
    secret_scrub(message);
    if (status && !json_parse(&doc, buf_view(message), 0, 0)) {
        char sentence[200];
        snprintf(sentence, sizeof sentence, "The result cannot be kept: %s.", doc.error);
        set_error(&task->row, sentence);
        change(task, TASK_FAILED);
    } else if (status) {
        const json_node *result = json_get(doc.nodes, "result"), *error = json_get(doc.nodes, "error");
        set_outcome(&task->row, result ? "result" : "error", (result ? result : error)->raw);
        change(task, result ? TASK_COMPLETED : TASK_FAILED);
    }
    json_doc_free(&doc);
    buf_free(message);
}

static void free_task(mcp_task *task) {
    *task->place = task->next;
    if (task->next) task->next->place = task->place;
    task->tasks->count--;
    task_row_free(&task->row);
    free(task);
}

// An outcome that could not be written is kept, and tried again.
static void end_task(mcp_stream *stream) {
    mcp_task *task = (mcp_task *)stream;
    task->request = NULL;
    if (!task->unwritten) free_task(task);
}

static void look_after(mcp_task *task) {
    if (!task->request) {
        write_down(task);
        if (!task->unwritten) free_task(task);
    } else if (task->lost || task_store_renew(task->tasks->store, task->row.id) == TASK_LOST) {
        task->unwritten = false;
        mcp_cancel_call(task->request, "the task was cancelled or taken over by another server"); // frees it
    }
}

static mcp_task *new_task(mcp_tasks *tasks, task_row *row) {
    mcp_task *task = base_alloc(sizeof *task);
    *task = (mcp_task){.stream = {.send = settle, .end = end_task, .principal = row->principal},
                       .tasks = tasks, .row = *row, .next = tasks->live, .place = &tasks->live};
    task->stream.access = tasks->server->config.tasks.access;
    if (task->next) task->next->place = &task->next;
    tasks->live = task;
    tasks->count++;
    *row = (task_row){0};
    return task;
}

// --- beginning ---------------------------------------------------------------------------------------------

bool mcp_task_is_possible(const mcp_request *r) {
    return mcp_is_modern(r->revision) && r->client.tasks && r->item->task != SCRIPT_TASK_NEVER;
}

void mcp_refuse_without_tasks(mcp_request *r) {
    mcp_fail(r, MCP_MISSING_CAPABILITY, SLICE(REQUIRED), "this needs a client with the extension " MCP_TASKS_EXTENSION);
}

bool mcp_task_begin(mcp_request *r, int64_t seconds, buf *error) {
    if (r->task) return true;
    if (!mcp_task_is_possible(r)) return false;
    mcp_tasks *tasks = open_tasks(r->session->server, error);
    if (!tasks) return false;
    if (tasks->count == LIVE_MAX)
        return buf_printf(error, "%d tasks are running, which is the most", LIVE_MAX), false;
    int64_t now = task_clock();
    task_row row = {.principal = base_string(principal_of(r->stream)),
                    .tool = base_string(r->item->name),
                    .arguments = base_string(r->arguments),
                    .asked = mcp_ask_rounds_text(r),
                    .writes = r->item->access > GUARD_READ,
                    .abilities = r->client.abilities,
                    .seconds = seconds,
                    .created = now,
                    .updated = now,
                    .expires = now + seconds * 1000000 + KEPT};
    base_random_hex(row.id, TASK_ID);
    if (!task_store_add(tasks->store, &row)) {
        task_row_free(&row);
        return buf_text(error, "the task could not be written down, so it was not begun"), false;
    }
    mcp_task *task = new_task(tasks, &row);
    task->stream.access = r->stream->access;
    buf out = mcp_begin_as(r, "task");
    put_row(&task->row, NULL, &out);
    r->task = task;
    task->request = r;
    mcp_go_on(r, &out, tasks->session, &task->stream);
    return true;
}

// What comes from a script may hold what an upstream has echoed, and is written to a file.
static void set_text(char **place, slice text) {
    buf clean = BUF(text.n + 1);
    buf_slice(&clean, text);
    secret_scrub(&clean);
    free(*place);
    *place = base_copy(clean.s, clean.n);
    buf_free(&clean);
}

bool mcp_task_save(mcp_request *r, slice json, buf *error) {
    if (!r->task) return false;
    task_row *row = &r->task->row;
    set_text(&row->saved, json);
    row->updated = task_clock();
    write_down(r->task);
    if (r->task->lost) buf_text(error, "the task was cancelled, or another server has taken it over");
    else if (r->task->unwritten) buf_text(error, "it could not be written down");
    return !error->n;
}

bool mcp_task_asks(mcp_request *r, bool waits) {
    mcp_task *task = r->task;
    char *asked = mcp_ask_rounds_text(r);
    if (asked) {
        free(task->row.asked);
        task->row.asked = asked;
    }
    change(task, waits ? TASK_INPUT_REQUIRED : TASK_WORKING);
    return !task->lost;
}

slice mcp_task_saved(const mcp_request *r) { return slice_of(r->task ? r->task->row.saved : NULL); }

// What the client reads meanwhile. It is not worth a write.
void mcp_task_progress(mcp_request *r, double done, const double *total, slice message) {
    task_row *row = &r->task->row;
    buf text = BUF(BUF_SMALL);
    if (message.n) buf_slice(&text, message);
    else if (total) buf_printf(&text, "%.15g of %.15g", done, *total);
    else buf_printf(&text, "%.15g", done);
    set_text(&row->message, buf_view(&text));
    row->updated = task_clock();
    buf_free(&text);
    int64_t now = clock_monotonic();
    if (r->told && now - r->told < TELL_EVERY) return;
    r->told = now;
    if (!r->task->lost) tell(r->task);
}

// --- taking over -------------------------------------------------------------------------------------------

// Why a task of a process that has ended cannot go on, or NULL.
static const char *reason_to_fail(const mcp_tasks *tasks, const task_row *row, const script_item *item) {
    if (!item) return "The server was stopped meanwhile, and has no tool of that name any more.";
    if (!script_is_offered(item, tasks->server->config.tasks.access))
        return "The server was stopped meanwhile, and may not run this tool any more.";
    if (item->access > GUARD_READ && !row->writes)
        return "The server was stopped meanwhile, and the tool does more than read now: call it again.";
    if (row->writes && !row->saved)
        return "The server was stopped before the end. What it had sent may have been done: look before you repeat it.";
    return NULL;
}

static void go_on(mcp_tasks *tasks, task_row *row) {
    const script_item *item = mcp_find_item(tasks->server->catalogue, SCRIPT_TOOL, slice_of(row->tool));
    const char *reason = reason_to_fail(tasks, row, item);
    if (reason) {
        set_error(row, reason);
        task_store_change(tasks->store, row);
        return;
    }
    char id[TASK_ID + 3];
    snprintf(id, sizeof id, "\"%s\"", row->id);
    char *arguments = base_string(row->arguments);
    mcp_task *task = new_task(tasks, row);
    task->request = mcp_request_new(tasks->session, &task->stream, slice_of(id));
    task->request->task = task;
    task->request->revision = MCP_2026_07_28;
    task->request->client = (mcp_client){.tasks = true, .abilities = task->row.abilities};
    if (task->row.asked) mcp_ask_restore(task->request, slice_of(task->row.asked));
    mcp_call_again(task->request, item, slice_of(arguments));
    free(arguments);
}

static mcp_task *find_live(const mcp_tasks *tasks, slice id, const char *principal) {
    for (mcp_task *task = tasks->live; task; task = task->next)
        if (!task->lost && slice_is(id, task->row.id) && strcmp(task->row.principal, principal) == 0) return task;
    return NULL;
}

static void adopt(mcp_tasks *tasks, slice id, const char *principal) {
    task_row row;
    if (tasks->count == LIVE_MAX || !task_store_find(tasks->store, id, principal, &row)) return;
    if (!task_has_ended(row.status) && task_store_take(tasks->store, row.id)) go_on(tasks, &row);
    task_row_free(&row);
}

static void adopt_orphans(mcp_tasks *tasks) {
    char id[TASK_ID + 1], *principal;
    for (int i = 0; i < 10 && task_store_orphan(tasks->store, id, &principal); i++) {
        adopt(tasks, slice_of(id), principal);
        free(principal);
    }
}

void mcp_task_listen(mcp_request *r, const json_node *ids, buf *honoured) {
    buf error = BUF(BUF_SMALL);
    mcp_tasks *tasks = open_tasks(r->session->server, &error);
    const char *principal = principal_of(r->stream);
    json_open(honoured, '[');
    int heard = 0;
    for (const json_node *id = json_first(ids); tasks && id && heard < HEARD_MAX; id = json_after(ids, id)) {
        task_row row = {0};
        bool found = find_live(tasks, id->as.string, principal) ||
                     task_store_find(tasks->store, id->as.string, principal, &row);
        if (found) json_put_string(honoured, id->as.string), heard++;
        task_row_free(&row);
    }
    json_close(honoured, ']');
    buf_free(&error);
}

// --- methods -----------------------------------------------------------------------------------------------

// The tasks, and the id that params name. NULL: the request has been answered.
static mcp_tasks *tasks_of(mcp_request *r, const json_node *params, slice *id) {
    const json_node *named = json_get(params, "taskId");
    buf error = BUF(BUF_SMALL);
    mcp_tasks *tasks = NULL;
    if (!r->client.tasks) {
        mcp_refuse_without_tasks(r);
    } else if (!json_is(named, JSON_STRING)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"taskId\" must be a string");
    } else if (!(tasks = open_tasks(r->session->server, &error))) {
        mcp_fail(r, RPC_INTERNAL_ERROR, SLICE(""), "%s", buf_string(&error));
    } else {
        *id = named->as.string;
    }
    buf_free(&error);
    return tasks;
}

static void refuse_unknown(mcp_request *r, slice id) {
    mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "there is no task \"%.*s\": it never was, or its time is over",
             (int)(id.n < 100 ? id.n : 100), id.s);
}

static void acknowledge(mcp_request *r) {
    buf out = mcp_begin(r);
    mcp_answer(r, &out, SLICE(""));
}

void mcp_get_task(mcp_request *r, const json_node *params) {
    slice id;
    mcp_tasks *tasks = tasks_of(r, params, &id);
    if (!tasks) return;
    const char *principal = principal_of(r->stream);
    if (!find_live(tasks, id, principal)) adopt(tasks, id, principal);
    const mcp_task *task = find_live(tasks, id, principal);
    task_row row = {0};
    if (!task && !task_store_find(tasks->store, id, principal, &row)) {
        refuse_unknown(r, id);
        return;
    }
    buf out = mcp_begin(r);
    put_row(task ? &task->row : &row, task ? asking_of(task) : NULL, &out);
    task_row_free(&row);
    mcp_answer(r, &out, SLICE(""));
}

void mcp_cancel_task(mcp_request *r, const json_node *params) {
    slice id;
    mcp_tasks *tasks = tasks_of(r, params, &id);
    if (!tasks) return;
    mcp_task *task = find_live(tasks, id, principal_of(r->stream));
    task_row row = {0};
    if (task && task->request) {
        change(task, TASK_CANCELLED);
        mcp_cancel_call(task->request, "cancelled"); // the task is gone
    } else if (task) {
        // it has ended
    } else if (!task_store_find(tasks->store, id, principal_of(r->stream), &row)) {
        refuse_unknown(r, id);
        return;
    } else if (!task_store_cancel(tasks->store, row.id)) {
        task_row_free(&row);
        mcp_fail(r, RPC_INTERNAL_ERROR, SLICE(""), "the task could not be cancelled: the store cannot be written to");
        return;
    }
    task_row_free(&row);
    acknowledge(r);
}

void mcp_update_task(mcp_request *r, const json_node *params) {
    slice id;
    mcp_tasks *tasks = tasks_of(r, params, &id);
    if (!tasks) return;
    const json_node *responses = json_get(params, "inputResponses");
    mcp_task *task = find_live(tasks, id, principal_of(r->stream));
    task_row row = {0};
    if (!json_is(responses, JSON_OBJECT)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"inputResponses\" must be an object");
    } else if (task) {
        acknowledge(r);
        if (task->request) mcp_ask_take(task->request, responses);
    } else if (!task_store_find(tasks->store, id, principal_of(r->stream), &row)) {
        refuse_unknown(r, id);
    } else {
        acknowledge(r);
    }
    task_row_free(&row);
}
