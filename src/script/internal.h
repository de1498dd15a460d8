// What the files of script/ share. Nobody else includes this.
#ifndef HATCHWAY_SCRIPT_INTERNAL_H
#define HATCHWAY_SCRIPT_INTERNAL_H

#include "base/clock.h"
#include "base/log.h"
#include "base/slab.h"
#include "script/lua_json.h"
#include "script/script.h"

#include <lauxlib.h>
#include <lua.h>
#include <uv.h>

// The longest string, however it is made. Much of what Lua does with one string is C code of one go (it is
// compared, hashed, read as a number, changed to upper case, counted as UTF-8), so this bounds how long: to
// some 30 ms. What is passed on with hatchet.forward never becomes a string.
#define STRING_MAX ((size_t)4 << 20)

#define DECLARE_NAME_MAX 64 // bytes of the name of a tool or prompt: clients refuse longer ones

// Why a run must end although its script goes on. Once set it stays: no pcall of the script gets past it.
typedef enum stop_reason {
    RUN_ON,
    STOP_ASKED,    // it asks the client, and is started again with the answers
    STOP_BUDGET,   // it has computed for too long
    STOP_HELD,     // it has held up all others where it cannot be paused
    STOP_MEMORY,
    STOP_STRING,   // it made too long a string
    STOP_KEYS,     // it made a table with number keys that collide
} stop_reason;

// One coroutine of a run: the call itself, or a function of hatchway.all.
typedef struct script_thread {
    lua_State *L;
    int ref;                         // keeps the coroutine alive
    script_run *run;
    struct script_thread *next;      // of the run
    struct script_thread *next_ready;
    bool ready;                      // in the queue of the pack
    bool ended;                      // its function has returned: the coroutine can begin another
    // The operation that it waits for. `cancel` gives up what `op` holds; set before the yield, cleared
    // before the resume.
    void (*cancel)(struct script_thread *);
    void *op;
    // The end of a function of hatchway.all.
    struct group *group;
    int nesting;                     // of hatchway.all
    int protected;                   // calls of pcall and its like that are open
    int arguments;                   // on its stack for its first resume
} script_thread;

typedef struct forwarded {           // an answer that is passed on
    buf body;
    struct forwarded *next;
} forwarded;

struct script_run {
    script_pack *pack;
    const script_item *item;
    guard_call *call;
    script_owner owner;
    char *arguments;
    script_thread *threads;
    clock_timer *deadline;
    int64_t cpu_used, cpu_budget;
    int64_t wall;                    // microseconds that it may take
    bool clock_stands;               // a person is asked
    bool extended;                   // it has become a task
    stop_reason stop;
    char stopped_at[128];               // "file:line" where it was when it was stopped
    bool loading;                    // a pack is being read: nothing may wait
    bool returned;                   // the entry function has put the result into `result`
    forwarded *answers;
    script_thread *asker;            // waits for the client
    int64_t left;                    // microseconds of its deadline, while it does
    size_t pending;                  // bytes of requests that are out or wait
    double progress;
    bool progressed;
    bool told_changed[3];            // per script_kind
    size_t told;                     // bytes of its progress and log messages to the client
    script_result result;
    script_run *next, **place;       // the runs of the pack
    bool *gone;                      // set when the run is freed
};

struct script_pack {
    lua_State *L;
    script_layer *layers;
    size_t layer_count;
    size_t layer;                    // that is being read
    script_source built_in;          // the standard library, wherever the pack is from
    script_host host;
    slab slab;                       // where they lie
    size_t memory;                   // bytes in use
    bool pressed;                    // the last request for more was refused
    script_manifest manifest;
    script_item *items;
    size_t item_count, item_room;
    bool loading;
    const char *file;                // that is being read
    const char *unfinished;          // the name of a declaration whose table has not come yet
    bool completing;                 // and now it is there, and is being read
    int unfinished_line;
    char *prompts;                   // built-in packs: where the prompts lie
    bool needs_hatchet;
    buf scratch;                     // for one step: what is in it does not outlive a yield
    buf changes;                     // that overlays made
    script_item *specs;              // what it(…) has declared
    size_t spec_count;
    char toolset[DECLARE_NAME_MAX + 1]; // of the tools that follow in this file; "" before it is said
    buf small;                       // names of the tools of the short list, each with a zero byte at its end
    buf replays;                     // what replay(…) has named, each with a zero byte at its end
    script_item console;             // what script_eval runs as
    const script_file *next_file;    // of the step of loading that is being run
    script_thread *ready_first, *ready_last;
    script_thread *idle;             // coroutines that have ended, and belong to no run
    size_t idle_count;
    uv_idle_t pulse;
    int last_cycles;         // of the collector, since the pack was unloaded
    bool pulsing;
    bool collecting;                 // garbage, while no script is ready
    script_run *runs;
};

static inline script_thread *thread_of(lua_State *L) { return *(script_thread **)lua_getextraspace(L); }
static inline script_run *run_of(lua_State *L) { return thread_of(L)->run; }

static inline script_pack *pack_of(lua_State *L) { // also where no run is
    void *pack;
    lua_getallocf(L, &pack);
    return pack;
}


// sandbox.c
lua_State *sandbox_new(script_pack *pack);
void sandbox_push_env(lua_State *L); // a file's globals: reads fall through to the shared ones. [-0, +1, m]
void sandbox_freeze_env(lua_State *L);               // of the environment at the top; pops it
void sandbox_set_global(lua_State *L, const char *name);  // value at the top becomes a global of all files

// freeze.c
// Replaces the table at the top by one that cannot be changed, nor tables in it
void sandbox_push_frozen(lua_State *L, const char *name);
// Registers the metatable of a kind of userdata, which scripts cannot see, with one event (NULL: none).
// [-0, +0, m]
void sandbox_meta(lua_State *L, const char *name, const char *event, lua_CFunction function);
void frozen_freeze_fields(lua_State *L); // freezes the tables in the table at the top. [-0, +0, e]
// Pushes the original of a frozen table, for reading only; false: it is not frozen
bool frozen_original(lua_State *L, int index);
void frozen_resolve(lua_State *L, int index); // puts the original in the place of a frozen table. [-0, +0, -]
// Puts a copy that may be changed in its place; other tables stay. [-0, +0, m]
void frozen_thaw(lua_State *L, int index);
void frozen_open(lua_State *L);                      // next, rawget, rawlen

// core.c
void core_check(lua_State *L);                       // raises if Lua is not what core.c takes it for
#define CORE_LARGE ((size_t)96 << 10)
bool core_may_grow(size_t size);                     // asked before each new block that is as large or larger
void core_rest(size_t memory);                       // how much there is: the collector rests accordingly; 0: as Lua does
// Tells the collector of memory that is not Lua's and is freed with a value of it. [-0, +0, e]
void core_charge(lua_State *L, size_t bytes);

// budget.c
void budget_start(const script_host *host);
void budget_enter(script_thread *thread);            // around each lua_resume
void budget_leave(script_thread *thread);
void budget_look(lua_State *L); // for loops of ours that run long: raises when the call must stop
// The slice is over, and the coroutine may yield here; raises like budget_look
bool budget_is_due(lua_State *L);
// The allocator has refused memory; its last word unless there is some after all
void budget_note_refusal(stop_reason reason);
void budget_end_of_memory(void); // it has refused the same once more, after a collection
void budget_memory_error(script_run *run);           // a memory error has come out of the run: it stops

// pattern.c, text.c, list.c, sort.c: functions of the libraries that are Lua's own but for the budget. Each
// puts them into the library at the top.
void pattern_open(lua_State *L);
void text_open(lua_State *L);
void list_open(lua_State *L);
void sort_open(lua_State *L);

// run.c
script_thread *run_new_thread(script_run *run);
void run_free_idle_threads(script_pack *pack);       // when its Lua state is gone
void run_resume(script_thread *thread, int arguments);
void run_make_ready(script_thread *thread);          // resumed at the next turn of the loop
// Ends a thread that is not the call itself; it must not be running
void run_drop_thread(script_thread *thread);
// Raises where nothing can wait; called before the operation begins
void run_check_wait(lua_State *L, const char *name);
bool run_owns_answer(const script_run *run, const forwarded *answer);
void run_extend(script_run *run, int64_t seconds);   // it has become a task: its deadline, its budget; once
// Between them the wall time of the call stands still: a person is asked.
void run_stop_clock(script_run *run);
void run_start_clock(script_run *run);
// Yields; what a binding returns
int run_wait(lua_State *L, void (*cancel)(script_thread *), void *op, lua_KFunction then);
script_run *run_load_begin(script_pack *pack, lua_CFunction function, const char *what);
bool run_load_step(script_run *run);                 // true while it has not ended
// Frees it; false and the reason when it raised or has not ended
bool run_load_end(script_run *run, buf *error);

// errors.c
void error_push(lua_State *L, const script_error *error); // [-0, +1, m]
// Of the error at the top: text becomes a table like all errors. [-0, +0, m]
void error_become_table(lua_State *L);
void error_read(lua_State *L, int index, script_error *out); // never raises, calls no metamethod
void error_free(script_error *error);
int error_raise(lua_State *L, const char *code, const char *kind, const char *hint, const char *format, ...)
    BASE_PRINTF(5, 6);
void error_open(lua_State *L);

// declare.c
void declare_open(lua_State *L);
void declare_free_item(script_item *item);

typedef struct declare_field {
    const char *name;
    int type;
    bool needed;
} declare_field;

#define FIELDS_MAX 32
#define DECLARE_ANY (-2) // a type that is checked where it is used

// The table of a declaration at index 1: only these fields, each of its type, the needed ones there. Puts a
// plain copy in its place: a metamethod could answer differently when a field is read again.
void declare_check_fields(lua_State *L, const declare_field *fields, size_t count, const char *what);
char *declare_text(lua_State *L, const char *name); // a copy of a text field of it, or NULL
void declare_replace_text(lua_State *L, const char *name, char **text); // if the field is there
bool declare_is_name(const char *s);
// Writes the value at the index as JSON into the scratch of the pack, which is returned, and raises unless it
// fits the JSON Schema. `what` begins the messages
buf *declare_json(lua_State *L, int index, const char *schema, const char *what);

// Files are read step by step; between them, when the instructions are asked for, and in calls, nothing is
// declared.
static inline bool declare_is_reading(const script_pack *pack) { return pack->loading && pack->file; }

// pack.c: reads the files of a baked pack, before its first call. False and a sentence if that fails.
bool pack_wake(script_pack *pack, buf *error);

// content.c
int bind_content(lua_State *L);                      // hatchway.content
// Puts a checked copy of the block at the top into its place, in the form of the protocol. `where` names it in
// messages. [-0, +0, e]
void content_block(lua_State *L, const char *where);
buf *content_annotations(lua_State *L, int index, const char *what); // declare_json of annotations

int manifest_declare(lua_State *L);                  // manifest.c: pack { }

// select.c
int select_declare(lua_State *L);                    // toolset "name"
char *select_toolset(const script_pack *pack, const script_item *replaced); // of a new tool; NULL: of none
script_offer select_offer(const script_pack *pack, const script_item *item);

// The bindings: each pushes its table. [-0, +1, m]
void bind_hatchway(lua_State *L);                    // bind_hatchway.c
void bind_time(lua_State *L);                        // bind_time.c
void bind_hatchet(lua_State *L);                     // bind_hatchet.c
void bind_task(lua_State *L);                        // bind_task.c: adds to the table at the top. [-0, +0, m]
int bind_all(lua_State *L);                          // bind_all.c: hatchway.all
void bind_ask(lua_State *L);                         // bind_ask.c: puts its functions into the table at the top
// bind_spec.c: puts its functions into the globals at the top. [-0, +0, e]
void bind_spec(lua_State *L, bool spec);
void group_ended(script_thread *thread, int status); // a function of hatchway.all has come to its end
int bind_try(lua_State *L);                          // protect.c: hatchway.try
int protect_pcall(lua_State *L);                     // protect.c
int protect_xpcall(lua_State *L);

#endif
