// Which of the tools are offered: toolsets, a short list, single names. Contract in script.h.
//
// What the operator says decides, in this order: what is excluded is out; what is declared off is out unless
// it is named; without toolsets and tools all others are in; else those are in that belong to a toolset that
// is named, are named themselves, or belong to none (an operator's own).
#include "script/internal.h"
#include "guard/schema.h"

#include <stdlib.h>
#include <string.h>

#define ALL "all"
#define SMALL "small"

static bool has(const char *const *list, const char *name) {
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0) return true;
    return false;
}

static bool is_in_small(const script_pack *pack, const char *name) {
    for (size_t at = 0; at < pack->small.n; at += strlen(pack->small.s + at) + 1)
        if (strcmp(pack->small.s + at, name) == 0) return true;
    return false;
}

script_offer select_offer(const script_pack *pack, const script_item *item) {
    const script_selection *s = &pack->host.selection;
    if (s->all) return SCRIPT_OFFERED;
    bool named = has(s->tools, item->name) || (has(s->toolsets, SMALL) && is_in_small(pack, item->name));
    if (has(s->excluded, item->name)) return SCRIPT_EXCLUDED;
    if (item->is_optional && !named && !has(s->enabled, item->name)) return SCRIPT_OFF;
    if (named || (!s->toolsets && !s->tools) || has(s->toolsets, ALL)) return SCRIPT_OFFERED;
    if (!item->toolset || has(s->toolsets, item->toolset)) return SCRIPT_OFFERED;
    return SCRIPT_UNSELECTED;
}

// toolset "runs": the tools that follow in this file belong to it.
int select_declare(lua_State *L) {
    script_pack *pack = pack_of(L);
    const char *name = luaL_checkstring(L, 1);
    if (!declare_is_reading(pack)) return luaL_error(L, "toolset: said while files are read, not in a call");
    if (!declare_is_name(name) || strcmp(name, ALL) == 0 || strcmp(name, SMALL) == 0)
        return luaL_error(L, "toolset: a name has 1 to %d of A-Z a-z 0-9 _ - . and is not " ALL " or " SMALL,
                          DECLARE_NAME_MAX);
    memccpy(pack->toolset, name, '\0', sizeof pack->toolset);
    return 0;
}

char *select_toolset(const script_pack *pack, const script_item *replaced) {
    if (*pack->toolset) return base_string(pack->toolset);
    return replaced && replaced->toolset ? base_string(replaced->toolset) : NULL;
}

// --- names that are not there ------------------------------------------------------------------------------

typedef struct names {
    const char **of;
    size_t count;
} names;

static void add(names *all, const char *name) {
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->of[i], name) == 0) return;
    all->of[all->count++] = name;
}

static bool all_known(const char *const *list, const names *known, const char *option, const char *what,
                      buf *error) {
    for (; list && *list; list++) {
        size_t at = 0;
        while (at < known->count && strcmp(known->of[at], *list) != 0) at++;
        if (at < known->count) continue;
        const char *near = guard_nearest(slice_of(*list), known->of, known->count);
        buf_printf(error, "%s %s: there is no %s of that name%s%s%s", option, *list, what,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        return false;
    }
    return true;
}

bool script_selection_fits(const script_pack *pack, buf *error) {
    const script_selection *s = &pack->host.selection;
    if (!(s->enabled && *s->enabled) && !s->toolsets && !s->tools && !(s->excluded && *s->excluded)) return true;
    const char **room = base_alloc((2 * pack->item_count + 2) * sizeof *room);
    names tools = {room, 0}, sets = {room + pack->item_count, 0};
    add(&sets, ALL);
    add(&sets, SMALL);
    for (size_t i = 0; i < pack->item_count; i++) {
        const script_item *item = &pack->items[i];
        if (item->kind == SCRIPT_TOOL) tools.of[tools.count++] = item->name;
        if (item->toolset) add(&sets, item->toolset);
    }
    bool fits = all_known(s->enabled, &tools, "--enable", "tool", error) &&
                all_known(s->toolsets, &sets, "--toolsets", "toolset", error) &&
                all_known(s->tools, &tools, "--tools", "tool", error) &&
                all_known(s->excluded, &tools, "--exclude-tools", "tool", error);
    free(room);
    return fits;
}
