// The CPU budget of calls: slices, and the stop that no script catches.
//
// A count hook that is always set makes every instruction of Lua 5.4 slower. So there is none: a timer signal
// sets it, which lua_sethook allows (it is how lua.c handles an interrupt). The hook then looks at the
// thread's CPU clock and
//   - lets the script go on, if the slice is not over yet (the timer counts wall time and may come early);
//   - makes it yield, so that other calls get their turn; the coroutine is resumed at the next turn of the
//   loop;
//   - raises an error when the call has spent its budget, again at each instruction, until the script is out
//   of it.
// Where a yield is impossible (inside a pattern, or a metamethod that C has called) the script may hold the
// others up for HOLD_MAX only.
#include "script/internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define TICKS_BETWEEN_REPEATS 16
#define HOLD_MAX 30000 // microseconds beyond its slice that a script may go on where it cannot be paused

static timer_t timer;
static int64_t slice_length;               // microseconds
static volatile sig_atomic_t ticking;      // the timer is running
static volatile sig_atomic_t due;          // it has ticked since the script was resumed
static lua_State *volatile running;        // what the signal interrupts
static int64_t entered;                    // CPU clock when it was resumed
static stop_reason refusal;                // why the allocator has refused last

#define LOOKED_LATELY 200 // microseconds

// The CPU clock of the thread in microseconds. It is a system call, which would be a good part of a short call:
// so it is read again only when the last look is some time ago, and what has passed since then counts as
// computed. That is as much as LOOKED_LATELY too much, when the thread has not had the processor meanwhile.
static int64_t cpu_clock(void) {
    static int64_t seen, seen_at = INT64_MIN / 2;
    int64_t now = clock_monotonic();
    if (now - seen_at < LOOKED_LATELY) return seen + now - seen_at;
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    seen_at = now;
    return seen = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// The timer repeats: Lua may lose a hook that is set while it leaves another one, and then a later tick sets
// it again.
static void tick_every(int64_t microseconds) {
    ticking = microseconds != 0;
    struct timespec period = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    timer_settime(timer, 0, &(struct itimerspec){.it_value = period, .it_interval = period}, NULL);
}

static void hook(lua_State *L, lua_Debug *event);

// Decides whether the run must stop now; `spent` is what it has used since it was resumed.
static bool must_stop(lua_State *L, script_run *run, int64_t spent) {
    if (run->stop != RUN_ON) return true;
    if (run->cpu_used + spent >= run->cpu_budget) run->stop = STOP_BUDGET;
    else if (!run->loading && spent >= slice_length + HOLD_MAX && !lua_isyieldable(L)) run->stop = STOP_HELD;
    return run->stop != RUN_ON;
}

// Notes the file and the line that run, the first time: raising leaves them.
static void note_place(lua_State *L, script_run *run) {
    lua_Debug frame;
    for (int level = 0; !*run->stopped_at && lua_getstack(L, level, &frame); level++) {
        if (!lua_getinfo(L, "Sl", &frame) || frame.currentline <= 0) continue;
        snprintf(run->stopped_at, sizeof run->stopped_at, "%s:%d", frame.short_src, frame.currentline);
    }
}

static void stop(lua_State *L) {
    note_place(L, run_of(L));
    if (lua_gethookcount(L) != 1 || lua_gethookmask(L) == 0)
        lua_sethook(L, hook, LUA_MASKCOUNT, 1); // it stays: the next instruction raises again
    luaL_error(L, "the call is stopped");
}

static void hook(lua_State *L, lua_Debug *event) {
    (void)event;
    script_thread *thread = thread_of(L);
    if (!thread) return;
    int64_t spent = cpu_clock() - entered;
    if (must_stop(L, thread->run, spent)) stop(L);
    lua_sethook(L, NULL, 0, 0);
    if (spent >= slice_length && lua_isyieldable(L)) lua_yield(L, 0);
    else due = 0; // too early, or impossible here: the next tick looks again
}

// Matching is in C, where nothing can be paused: the time since the last resume counts as if no yield were
// possible.
void budget_look(lua_State *L) {
    script_thread *thread = thread_of(L);
    if (!thread) return;
    script_run *run = thread->run;
    int64_t spent = cpu_clock() - entered;
    if (!must_stop(L, run, spent) && !run->loading && spent >= slice_length + HOLD_MAX) run->stop = STOP_HELD;
    if (run->stop != RUN_ON) stop(L);
}

// Called by the allocator, at any place inside of Lua: reads, and asks for nothing. Lua may find memory after
// a collection.
void budget_note_refusal(stop_reason reason) {
    lua_State *L = running;
    refusal = reason;
    if (!L || !thread_of(L) || run_of(L)->stop != RUN_ON) return;
    *run_of(L)->stopped_at = '\0';
    note_place(L, run_of(L));
}

// A collection has not helped either. Most often Lua raises now, but it only goes on as it is when its table
// of strings cannot grow, and would collect everything again for each string from now on: the call is over.
void budget_end_of_memory(void) {
    lua_State *L = running;
    if (!L || !thread_of(L) || run_of(L)->stop != RUN_ON) return;
    run_of(L)->stop = STOP_MEMORY;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

void budget_memory_error(script_run *run) {
    if (run->stop == RUN_ON) run->stop = refusal == RUN_ON ? STOP_MEMORY : refusal;
}

bool budget_is_due(lua_State *L) {
    if (!due || !thread_of(L) || !lua_isyieldable(L)) return false;
    if (must_stop(L, run_of(L), cpu_clock() - entered)) stop(L);
    return true;
}

static void on_signal(int number) {
    (void)number;
    lua_State *L = running;
    if (!L) { // no script runs: the next one starts the timer again
        tick_every(0);
        return;
    }
    due = 1;
    static unsigned
        ticks; // setting a hook visits all calls that are open, 200,000 perhaps: not more often than needed
    if (lua_gethookmask(L) == 0 || ++ticks % TICKS_BETWEEN_REPEATS == 0)
        lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

void budget_start(const script_host *host) {
    static bool started;
    slice_length = host->slice;
    if (started) return;
    started = true;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGURG, &action, NULL);
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGURG; // ignored by default: harmless if it comes late
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
}

void budget_enter(script_thread *thread) {
    entered = cpu_clock();
    due = 0;
    refusal = RUN_ON;
    running = thread->L;
    if (thread->run->stop != RUN_ON) lua_sethook(thread->L, hook, LUA_MASKCOUNT, 1);
    if (!ticking) tick_every(slice_length / 2);
}

void budget_leave(script_thread *thread) {
    running = NULL;
    thread->run->cpu_used += cpu_clock() - entered;
}
