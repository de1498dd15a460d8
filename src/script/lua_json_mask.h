// Masks: which members of a text become Lua values. What a mask leaves out is checked and nothing more.
//
// Scripts write { "name", …, name = { … } }: members that are taken whole, and members of which that is taken. An
// array is passed through: the mask is for its elements. What is no object is taken whole.
//
// All objects that were read through the same table share a shape: the names in the order of the list, then those
// with a table of their own in the order of the alphabet.
#ifndef HATCHWAY_SCRIPT_LUA_JSON_MASK_H
#define HATCHWAY_SCRIPT_LUA_JSON_MASK_H

#include "base/base.h"

#include <lua.h>

#define MASK_ALL (-1) // in place of an object: everything is taken

typedef struct lua_json_mask lua_json_mask; // a userdata; its object 0 is the one of the text

// Pushes the mask that the table at index says. Raises what is wrong with it. [-0, +1, e]
void lua_json_push_mask(lua_State *L, int index);

// The member of that object of the mask, or -1. What it holds is for the object mask_inner, or MASK_ALL.
int mask_find(const lua_json_mask *mask, int object, slice name);
int mask_inner(const lua_json_mask *mask, int member);

// `keep` is the index of the first user value of the mask. [-0, +1, m]
void mask_push_name(lua_State *L, int keep, int member);
void mask_push_object(lua_State *L, const lua_json_mask *mask, int keep, int object); // empty, with its shape

#endif
