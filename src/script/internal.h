// What the files of script/ share. Nobody else includes this.
#ifndef HATCHWAY_SCRIPT_INTERNAL_H
#define HATCHWAY_SCRIPT_INTERNAL_H

#include "base/clock.h"
#include "base/log.h"
#include "script/lua_json.h"
#include "script/script.h"

#include <lauxlib.h>
#include <lua.h>
#include <uv.h>

// Why a run must end although its script goes on. Once set it stays: no pcall of the script gets past it.
typedef enum stop_reason { RUN_ON, STOP_BUDGET, STOP_HELD, STOP_MEMORY } stop_reason;

// One coroutine of a run: the call itself, or a function of hatchway.all.
typedef struct script_thread {
    lua_State *L;
    int ref;                         // keeps the coroutine alive
    script_run *run;
    struct script_thread *next;      // of the run
    struct script_thread *next_ready;
    bool ready;                      // in the queue of the pack
    // The operation that it waits for. `cancel` gives up what `op` holds; set before the yield, cleared before the resume.
    void (*cancel)(struct script_thread *);
    void *op;
    // The end of a function of hatchway.all.
    struct group *group;
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
    stop_reason stop;
    bool loading;                    // a pack is being read: nothing may wait
    bool returned;                   // the entry function has put the result into `result`
    forwarded *answers;
    double progress;
    bool progressed;
    script_result result;
    script_run *next, **place;       // the runs of the pack
    bool *gone;                      // set when the run is freed
};

struct script_pack {
    lua_State *L;
    const script_source *source;
    script_source built_in;          // the standard library, wherever the pack is from
    char *root;
    script_host host;
    size_t memory;                   // bytes in use
    script_manifest manifest;
    script_item *items;
    size_t item_count, item_room;
    bool loading;
    const char *file;                // that is being read
    const char *unfinished;          // the name of a declaration whose table has not come yet
    char *prompts;                   // built-in packs: where the prompts lie
    bool needs_hatchet;
    buf scratch;                     // for declarations
    script_thread *ready_first, *ready_last;
    uv_idle_t pulse;
    bool pulsing;
    script_run *runs;
};

static inline script_thread *thread_of(lua_State *L) { return *(script_thread **)lua_getextraspace(L); }
static inline script_run *run_of(lua_State *L) { return thread_of(L)->run; }

// sandbox.c
lua_State *sandbox_new(script_pack *pack);
void sandbox_push_env(lua_State *L);                 // a file's globals: reads fall through to the shared ones. [-0, +1, m]
void sandbox_freeze_env(lua_State *L);               // of the environment at the top; pops it
void sandbox_push_frozen(lua_State *L, const char *name); // replaces the table at the top by one that cannot be changed
void sandbox_set_global(lua_State *L, const char *name);  // value at the top becomes a global of all files

// budget.c
void budget_start(const script_host *host);
void budget_enter(script_thread *thread);            // around each lua_resume
void budget_leave(script_thread *thread);
void budget_look(lua_State *L);                      // for loops of ours that run long: raises when the call must stop
bool budget_is_due(lua_State *L);                    // the slice is over, and the coroutine may yield here

// pattern.c, sort.c: functions of the libraries that are Lua's own but for the budget. Each puts them into the library at the top.
void pattern_open(lua_State *L);
void sort_open(lua_State *L);

// run.c
script_thread *run_new_thread(script_run *run);
void run_resume(script_thread *thread, int arguments);
void run_make_ready(script_thread *thread);          // resumed at the next turn of the loop
void run_drop_thread(script_thread *thread);         // ends a thread that is not the call itself; it must not be running
void run_check_wait(lua_State *L, const char *name); // raises where nothing can wait; called before the operation begins
int run_wait(lua_State *L, void (*cancel)(script_thread *), void *op, lua_KFunction then); // yields; what a binding returns
int run_load(script_pack *pack, lua_CFunction function, buf *error);

// errors.c
void error_push(lua_State *L, const script_error *error); // [-0, +1, m]
void error_become_table(lua_State *L);               // of the error at the top: text becomes a table like all errors. [-0, +0, m]
void error_read(lua_State *L, int index, script_error *out); // never raises, calls no metamethod
void error_free(script_error *error);
int error_raise(lua_State *L, const char *code, const char *kind, const char *hint, const char *format, ...) BASE_PRINTF(5, 6);
void error_open(lua_State *L);

// declare.c
void declare_open(lua_State *L);
void declare_free_item(script_item *item);

// The bindings: each pushes its table. [-0, +1, m]
void bind_hatchway(lua_State *L);                    // bind_hatchway.c
void bind_time(lua_State *L);                        // bind_time.c
void bind_hatchet(lua_State *L);                     // bind_hatchet.c
int bind_all(lua_State *L);                          // bind_all.c: hatchway.all
void group_ended(script_thread *thread, int status); // a function of hatchway.all has come to its end
int bind_try(lua_State *L);                          // protect.c: hatchway.try
int protect_pcall(lua_State *L);                     // protect.c
int protect_xpcall(lua_State *L);

#endif
