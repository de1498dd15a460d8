// JSON to Lua values and back, without loss. What stands for what is said in docs/lua-api.md, section json.
//
// Objects keep the order of their keys in a metatable that all objects with the same keys share (a "shape":
// the list of the keys). Arrays share one metatable. Both are protected: scripts see tables, not these.
#ifndef HATCHWAY_SCRIPT_LUA_JSON_H
#define HATCHWAY_SCRIPT_LUA_JSON_H

#include "base/json.h"

#include <lua.h>

#define LUA_JSON_BIG "json.number" // userdata: the text of a number that Lua cannot hold

// Prepares a state. [-0, +0, m]
void lua_json_open(lua_State *L);

// Pushes the value of a text, or what the mask (script/lua_json_mask.h) at that index says of it; 0 is none. False
// with *error and *offset when it is not JSON (nothing is pushed then). [-0, +1|0, m]
bool lua_json_push(lua_State *L, slice text, int mask, const char **error, size_t *offset);

// The same in slices, so that other calls run meanwhile: it may yield. When it is done, `then` is called as a
// continuation and with `context` in the place of this; at the top are the value and nil, or nil and a
// sentence. What is returned is for the caller to return. The text must stay where it is, and so must the mask.
int lua_json_read(lua_State *L, slice text, int mask, lua_KFunction then, lua_KContext context);

// Writes the value at index as compact JSON. Raises an error that names the path when it is not JSON. A
// buffer that is full is the caller's to see; after an error it is empty. [-0, +0, e]
void lua_json_write(lua_State *L, int index, buf *out);

// The same in slices. `then` gets the stack as it was.
int lua_json_write_sliced(lua_State *L, int index, buf *out, lua_KFunction then, lua_KContext context);

void lua_json_push_null(lua_State *L);          // [-0, +1, -]
void lua_json_mark_array(lua_State *L, int index); // [-0, +0, -]
bool lua_json_is_array(lua_State *L, int index);   // marked, or a plain table with a first element

void lua_json_become_shape(lua_State *L); // makes the list of keys at the top a shape. [-0, +0, m]

// The kind of a table's metatable: 'a' array, 'o' object with a shape (left on the stack: the list of its
// keys), 0 none of these.
char lua_json_kind(lua_State *L, int index);

// The table `json` of scripts, not yet frozen. [-0, +1, m]
void lua_json_push_library(lua_State *L);

#endif
