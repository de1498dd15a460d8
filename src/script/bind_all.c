// hatchway.all: functions that run at once, each in a coroutine of its own.
#include "script/internal.h"

#include <stdlib.h>

#define GROUP_MAX 1000    // functions of one hatchway.all
#define TOGETHER_MAX 2000 // functions of one call that run at once
#define NESTING_MAX 20    // of one hatchway.all in another: their ends call each other, in C

// Lives in the parent's coroutine, as a userdata that its stack keeps.
typedef struct group {
    script_thread *parent;
    int left;              // functions that still run
    bool failed;           // the first error is at the top of the parent's stack
} group;

// Ends the functions that still run. Those that have ended are gone already.
static void stop_others(group *g) {
    script_run *run = g->parent->run;
    for (script_thread *t = run->threads; t;) {
        if (t->group != g) {
            t = t->next;
            continue;
        }
        t->group = NULL;
        run_drop_thread(t);
        t = run->threads; // a group inside it has taken others along
    }
}

static void cancel_group(script_thread *parent) { stop_others(parent->op); }

static int after_all(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    group *g = lua_touserdata(L, 3); // functions, results, group[, error]
    if (g->failed) return lua_error(L);
    lua_settop(L, 2);
    return 1;
}

typedef struct delivery {
    script_thread *child;
    group *g;
} delivery;

// Puts the child's result under its key into the parent's results. Runs protected, on the main coroutine.
static int deliver(lua_State *L) {
    delivery *d = lua_touserdata(L, 1);
    lua_State *from = d->child->L, *to = d->g->parent->L;
    lua_pushvalue(to, 2);      // results
    lua_xmove(to, L, 1);
    lua_settop(from, 2);       // key, value
    lua_xmove(from, L, 2);
    lua_rawset(L, -3);
    return 0;
}

static void fail_group(group *g, script_thread *child) {
    lua_State *to = g->parent->L;
    g->failed = true;
    if (child && lua_checkstack(to, 1)) lua_xmove(child->L, to, 1);
    else lua_pushnil(to);
}

void group_ended(script_thread *child, int status) {
    group *g = child->group;
    script_thread *parent = g->parent;
    script_run *run = parent->run;
    child->group = NULL;
    if (status == LUA_ERRMEM) budget_memory_error(run);
    g->left--;
    if (status != LUA_OK) {
        fail_group(g, child);
        stop_others(g);
    } else {
        lua_State *L = run->pack->L;
        delivery d = {child, g};
        lua_pushcfunction(L, deliver);
        lua_pushlightuserdata(L, &d);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
            lua_pop(L, 1);
            run->stop = STOP_MEMORY;
            fail_group(g, NULL);
            stop_others(g);
        }
    }
    run_drop_thread(child);
    if (g->left > 0 && !g->failed) return;
    parent->cancel = NULL;
    parent->op = NULL;
    run_resume(parent, 0);
}

// The entry of a child: key, function → key, value.
static int after_child(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    lua_settop(L, 2);
    return 2;
}

static int child_entry(lua_State *L) {
    lua_callk(L, 0, 1, 0, after_child);
    return after_child(L, LUA_OK, 0);
}

static void start_child(lua_State *L, group *g) { // … key, function at the top; pops both
    script_thread *child = run_new_thread(g->parent->run);
    if (!child) {
        g->parent->run->stop = STOP_MEMORY;
        luaL_error(L, "not enough memory");
        return;
    }
    child->group = g;
    child->nesting = g->parent->nesting + 1;
    lua_pushcfunction(child->L, child_entry);
    lua_xmove(L, child->L, 2); // child_entry, key, function
    g->left++;
    child->arguments = 2;
    run_make_ready(child);
}

int bind_all(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    run_check_wait(L, "hatchway.all");
    lua_settop(L, 1);
    int n = 0, together = 0;
    frozen_resolve(L, 1);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *type = luaL_typename(L, -1);
        if (!lua_isfunction(L, -1))
            return luaL_error(L, "hatchway.all takes functions; \"%s\" is a %s", luaL_tolstring(L, -2, NULL),
                              type);
        if (++n > GROUP_MAX) return luaL_error(L, "hatchway.all takes at most %d functions", GROUP_MAX);
    }
    if (thread_of(L)->nesting == NESTING_MAX)
        return luaL_error(L, "hatchway.all: nested more than %d deep", NESTING_MAX);
    for (const script_thread *t = run_of(L)->threads; t; t = t->next)
        if (++together > TOGETHER_MAX)
            return luaL_error(L, "hatchway.all: more than %d functions at once", TOGETHER_MAX);
    lua_createtable(L, 0, n);
    if (n == 0) return 1;
    group *g = lua_newuserdatauv(L, sizeof *g, 0); // functions, results, group
    *g = (group){.parent = thread_of(L)};
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        start_child(L, g);
    }
    return run_wait(L, cancel_group, g, after_all);
}
