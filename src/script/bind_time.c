// The table `hatchway.time`: times are seconds since 1970 as numbers, exact to the microsecond.
// docs/lua-api.md is the contract.
#include "script/internal.h"
#include "base/when.h"

#include <math.h>
#include <string.h>

static int64_t micros(lua_State *L, int index) {
    lua_Number seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, seconds > -62135596801.0 && seconds < 253402300800.0, index,
                  "a time between the years 1 and 9999");
    return (int64_t)llround(seconds * 1e6);
}

static void push_seconds(lua_State *L, int64_t time) {
    if (time % 1000000 == 0) lua_pushinteger(L, time / 1000000);
    else lua_pushnumber(L, (lua_Number)time / 1e6);
}

static int now(lua_State *L) {
    push_seconds(L, clock_now());
    return 1;
}

static int parse(lua_State *L) {
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n), *error;
    int64_t time;
    if (when_parse((slice){s, n}, clock_now(), &time, &error)) {
        push_seconds(L, time);
        return 1;
    }
    lua_pushnil(L);
    lua_pushfstring(L, "\"%s\" %s", s, error);
    return 2;
}

static int format(lua_State *L) {
    char text[WHEN_TEXT];
    lua_pushstring(L, when_format(micros(L, 1), text));
    return 1;
}

// The two largest units, such as "1h 5m"; the second is left out when it is nothing.
static const char *length_text(int64_t length, char text[WHEN_TEXT]) {
    when_duration(length, text);
    char *blank = strchr(text, ' ');
    if (blank && blank[1] == '0') *blank = '\0';
    return text;
}

static int duration(lua_State *L) {
    char text[WHEN_TEXT];
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, fabs(seconds) < 1e12, 1, "too long");
    lua_pushstring(L, length_text((int64_t)llround(seconds * 1e6), text));
    return 1;
}

static int relative(lua_State *L) {
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    int64_t away = micros(L, 1) - clock_now(), seconds = (away < 0 ? -away : away) / 1000000;
    if (seconds == 0) {
        lua_pushliteral(L, "now");
        return 1;
    }
    int unit = 0;
    while (seconds < units[unit].seconds) unit++;
    int64_t n = seconds / units[unit].seconds;
    lua_pushfstring(L, "%s%I %s%s%s", away > 0 ? "in " : "", (LUAI_UACINT)n, units[unit].name,
                    n == 1 ? "" : "s", away > 0 ? "" : " ago");
    return 1;
}

void bind_time(lua_State *L) {
    static const luaL_Reg functions[] = {{"now", now},           {"parse", parse},       {"format", format},
                                         {"relative", relative}, {"duration", duration}, {NULL, NULL}};
    luaL_newlib(L, functions);
}
