// hatchway.detach, hatchway.save, hatchway.saved: calls that go on without their client (mcp/task.h).
#include "script/internal.h"

#define SECONDS_MAX 86400
#define SECONDS 3600
#define SAVED_MAX ((size_t)256 << 10)

// Raises what the owner has against it.
static void raise_problem(lua_State *L, const char *name, buf *error) {
    if (!error->n) return;
    lua_pushlstring(L, error->s, error->n);
    buf_free(error);
    error_raise(L, "task", "unknown", NULL, "%s: %s", name, lua_tostring(L, -1));
}

// hatchway.detach([seconds]) → boolean. A task has its budget of processor time for each minute, and the time of
// the first detach: it cannot prolong itself.
static int detach(lua_State *L) {
    lua_Integer seconds = luaL_optinteger(L, 1, SECONDS);
    luaL_argcheck(L, seconds >= 1 && seconds <= SECONDS_MAX, 1, "seconds between 1 and 86400");
    run_check_wait(L, "hatchway.detach");
    script_run *run = run_of(L);
    if (run->item->task == SCRIPT_TASK_NEVER)
        return luaL_error(L, "hatchway.detach: \"%s\" does not declare task = \"optional\" or \"required\"",
                          run->item->name);
    buf error = BUF(BUF_SMALL);
    bool is_task = run->owner.detach && run->owner.detach(run->owner.data, seconds, &error);
    raise_problem(L, "hatchway.detach", &error);
    if (is_task) run_extend(run, seconds);
    lua_pushboolean(L, is_task);
    return 1;
}

// hatchway.save(value) → boolean
static int save(lua_State *L) {
    luaL_checkany(L, 1);
    run_check_wait(L, "hatchway.save");
    script_run *run = run_of(L);
    buf *json = &run->pack->scratch, error = BUF(BUF_SMALL);
    buf_clear(json);
    lua_json_write(L, 1, json);
    if (json->full || json->n > SAVED_MAX) return luaL_error(L, "hatchway.save: more than 256 KB");
    bool saved = run->owner.save && run->owner.save(run->owner.data, buf_view(json), &error);
    raise_problem(L, "hatchway.save", &error);
    lua_pushboolean(L, saved);
    return 1;
}

static int after_saved(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (!lua_isnil(L, -1)) return luaL_error(L, "hatchway.saved: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return 1;
}

// hatchway.saved() → value or nil
static int saved(lua_State *L) {
    run_check_wait(L, "hatchway.saved");
    slice json = run_of(L)->owner.saved;
    lua_settop(L, 0);
    if (!json.n) return 0;
    return lua_json_read(L, json, 0, after_saved, 0);
}

void bind_task(lua_State *L) {
    static const luaL_Reg functions[] = {{"detach", detach}, {"save", save}, {"saved", saved}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
