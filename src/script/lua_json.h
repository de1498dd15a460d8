// JSON to Lua values and back, without loss. What stands for what is said in docs/lua-api.md, section json.
//
// Objects keep the order of their keys in a metatable that all objects with the same keys share (a "shape": the list of the keys).
// Arrays share one metatable. Both are protected: scripts see tables, not these.
#ifndef HATCHWAY_SCRIPT_LUA_JSON_H
#define HATCHWAY_SCRIPT_LUA_JSON_H

#include "base/json.h"

#include <lua.h>

// Prepares a state. [-0, +0, m]
void lua_json_open(lua_State *L);

// Pushes the value of a text. False with *error and *offset when it is not JSON (nothing is pushed then). [-0, +1|0, m]
bool lua_json_push(lua_State *L, slice text, const char **error, size_t *offset);

// Writes the value at index as compact JSON. Raises an error that names the path when it is not JSON. A buffer that is full is the
// caller's to see. [-0, +0, e]
void lua_json_write(lua_State *L, int index, buf *out);

void lua_json_push_null(lua_State *L);          // [-0, +1, -]
void lua_json_mark_array(lua_State *L, int index); // [-0, +0, -]
bool lua_json_is_array(lua_State *L, int index);   // marked, or a plain table with a first element

// The table `json` of scripts, not yet frozen. [-0, +1, m]
void lua_json_push_library(lua_State *L);

#endif
