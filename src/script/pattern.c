// string.find, match, gmatch and gsub: the patterns of Lua 5.4 (reference manual, section 6.4.1) on a budget.
//
// Lua's own matcher is C that no hook interrupts, and a pattern such as ("a-"):rep(30) .. "b" keeps it busy
// for years. This one looks at the CPU budget of its call every few thousand steps, and gsub lets other calls
// run between two matches. Results and error messages are Lua's.
#include "script/internal.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 200        // as in Lua: "pattern too complex"
#define CAPTURES_MAX 32
#define STEPS_BETWEEN_LOOKS 4096

enum { OPEN = -1, POSITION = -2 }; // lengths of captures that have none

typedef struct matcher {
    lua_State *L;
    const char *text, *end;  // the subject
    const char *pattern_end;
    int depth, level;
    unsigned steps;
    struct {
        const char *start;
        ptrdiff_t length;
    } captures[CAPTURES_MAX];
} matcher;

static const char *match(matcher *m, const char *s, const char *p);

static void step(matcher *m) {
    if (++m->steps % STEPS_BETWEEN_LOOKS == 0) budget_look(m->L);
}

// --- single characters -------------------------------------------------------------------------------------

// The end of the single-character item that begins at p: x, ., %x or [set].
static const char *item_end(matcher *m, const char *p) {
    if (*p == '%') {
        if (p + 1 == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    if (*p != '[') return p + 1;
    p++;
    if (p < m->pattern_end && *p == '^') p++;
    do { // the first character of a set is in it, even ']'
        if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->pattern_end) p++;
    } while (p >= m->pattern_end || *p != ']');
    return p + 1;
}

static bool in_class(unsigned char c, unsigned char class) {
    bool in;
    switch (tolower(class)) {
    case 'a': in = isalpha(c); break;
    case 'c': in = iscntrl(c); break;
    case 'd': in = isdigit(c); break;
    case 'g': in = isgraph(c); break;
    case 'l': in = islower(c); break;
    case 'p': in = ispunct(c); break;
    case 's': in = isspace(c); break;
    case 'u': in = isupper(c); break;
    case 'w': in = isalnum(c); break;
    case 'x': in = isxdigit(c); break;
    case 'z': in = c == 0; break; // deprecated, and still there
    default: return class == c;
    }
    return isupper(class) ? !in : in;
}

// Is c in the set between '[' at p and ']' at last?
static bool in_set(unsigned char c, const char *p, const char *last) {
    bool wanted = p[1] != '^';
    if (!wanted) p++;
    while (++p < last) {
        if (*p == '%') {
            if (in_class(c, (unsigned char)*++p)) return wanted;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2]) return wanted;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return wanted;
        }
    }
    return !wanted;
}

// Does the character at s match the item from p to its end?
static bool matches_one(const matcher *m, const char *s, const char *p, const char *end) {
    if (s >= m->end) return false;
    unsigned char c = (unsigned char)*s;
    switch (*p) {
    case '.': return true;
    case '%': return in_class(c, (unsigned char)p[1]);
    case '[': return in_set(c, p, end - 1);
    default: return (unsigned char)*p == c;
    }
}

// --- captures ----------------------------------------------------------------------------------------------

static const char *open_capture(matcher *m, const char *s, const char *p, ptrdiff_t length) {
    if (m->level >= CAPTURES_MAX) luaL_error(m->L, "too many captures");
    m->captures[m->level].start = s;
    m->captures[m->level].length = length;
    m->level++;
    const char *end = match(m, s, p);
    if (!end) m->level--;
    return end;
}

static const char *close_capture(matcher *m, const char *s, const char *p) {
    int last = m->level - 1;
    while (last >= 0 && m->captures[last].length != OPEN) last--;
    if (last < 0) luaL_error(m->L, "invalid pattern capture");
    m->captures[last].length = s - m->captures[last].start;
    const char *end = match(m, s, p);
    if (!end) m->captures[last].length = OPEN;
    return end;
}

// %1 … %9: the text of an earlier capture again.
static const char *match_again(matcher *m, const char *s, int digit) {
    int index = digit - '1';
    if (index < 0 || index >= m->level || m->captures[index].length == OPEN)
        luaL_error(m->L, "invalid capture index %%%d", index + 1);
    if (m->captures[index].length == POSITION) return NULL; // no text, which Lua finds nowhere
    size_t n = (size_t)m->captures[index].length;
    bool same = (size_t)(m->end - s) >= n && memcmp(m->captures[index].start, s, n) == 0;
    return same ? s + n : NULL;
}

// Pushes capture i; the whole match when the pattern has none.
static void push_capture(const matcher *m, int i, const char *s, const char *end) {
    if (i >= m->level) {
        if (i != 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s));
        return;
    }
    ptrdiff_t length = m->captures[i].length;
    if (length == OPEN) luaL_error(m->L, "unfinished capture");
    if (length == POSITION) lua_pushinteger(m->L, m->captures[i].start - m->text + 1);
    else lua_pushlstring(m->L, m->captures[i].start, (size_t)length);
}

// Pushes all captures. Without any: the whole match if `whole`, else nothing.
static int push_captures(const matcher *m, const char *s, const char *end, bool whole) {
    int n = m->level == 0 && whole ? 1 : m->level;
    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++) push_capture(m, i, s, end);
    return n;
}

// --- matching ----------------------------------------------------------------------------------------------

// %bxy: from an x to the y that balances it.
static const char *match_balanced(matcher *m, const char *s, const char *p) {
    if (p + 1 >= m->pattern_end) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->end || *s != p[0]) return NULL;
    int nesting = 1;
    while (++s < m->end) {
        step(m);
        if (*s == p[1]) {
            if (--nesting == 0) return s + 1;
        } else if (*s == p[0]) {
            nesting++;
        }
    }
    return NULL;
}

// item*, item+: as many as there are, then fewer.
static const char *match_most(matcher *m, const char *s, const char *p, const char *end, ptrdiff_t least) {
    ptrdiff_t n = 0;
    while (matches_one(m, s + n, p, end)) n++, step(m);
    for (; n >= least; n--) {
        const char *found = match(m, s + n, end + 1);
        if (found) return found;
    }
    return NULL;
}

// item-: as few as will do.
static const char *match_fewest(matcher *m, const char *s, const char *p, const char *end) {
    for (;; s++) {
        const char *found = match(m, s, end + 1);
        if (found) return found;
        if (!matches_one(m, s, p, end)) return NULL;
    }
}

// %f[set]: between a character outside of the set and one in it; outside of the subject there is '\0'.
static bool is_frontier(matcher *m, const char *s, const char *set, const char *end) {
    unsigned char before = s == m->text ? '\0' : (unsigned char)s[-1];
    unsigned char here = s < m->end ? (unsigned char)*s : '\0';
    return !in_set(before, set, end - 1) && in_set(here, set, end - 1);
}

// What follows a '%' that is more than a class. False: it is a class, or an escaped character. Otherwise *s
// is where the match goes on (NULL: it has failed) and *p the rest of the pattern.
static bool match_special(matcher *m, const char **s, const char **p) {
    unsigned char kind = *p + 1 < m->pattern_end ? (unsigned char)(*p)[1] : '\0';
    if (kind == 'b') {
        *s = match_balanced(m, *s, *p + 2);
        *p += 4;
    } else if (kind == 'f') {
        const char *set = *p + 2;
        if (set >= m->pattern_end || *set != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
        const char *end = item_end(m, set);
        if (!is_frontier(m, *s, set, end)) *s = NULL;
        *p = end;
    } else if (isdigit(kind)) {
        *s = match_again(m, *s, kind);
        *p += 2;
    } else {
        return false;
    }
    return true;
}

// One item and what is behind it. Sets *next_s and *next_p when the match simply goes on there; else returns
// the result.
static const char *match_item(matcher *m, const char *s, const char *p, const char **next_s,
                              const char **next_p) {
    const char *end = item_end(m, p);
    char suffix = end < m->pattern_end ? *end : '\0';
    switch (suffix) {
    case '*': return match_most(m, s, p, end, 0);
    case '+': return match_most(m, s, p, end, 1);
    case '-': return match_fewest(m, s, p, end);
    case '?': {
        const char *found = matches_one(m, s, p, end) ? match(m, s + 1, end + 1) : NULL;
        if (found) return found;
        *next_s = s;
        *next_p = end + 1;
        return NULL;
    }
    default:
        if (!matches_one(m, s, p, end)) return NULL;
        *next_s = s + 1;
        *next_p = end;
        return NULL;
    }
}

// Matches the pattern from p on at s. Returns where the match ends, or NULL.
static const char *match(matcher *m, const char *s, const char *p) {
    if (m->depth-- == 0) luaL_error(m->L, "pattern too complex");
    while (s && p < m->pattern_end) {
        step(m);
        if (*p == '(') {
            bool position = p + 1 < m->pattern_end && p[1] == ')';
            s = position ? open_capture(m, s, p + 2, POSITION) : open_capture(m, s, p + 1, OPEN);
            break;
        }
        if (*p == ')') {
            s = close_capture(m, s, p + 1);
            break;
        }
        if (*p == '$' && p + 1 == m->pattern_end) {
            if (s != m->end) s = NULL;
            break;
        }
        if (*p == '%' && match_special(m, &s, &p)) continue;
        const char *next_s = NULL, *next_p = NULL;
        const char *found = match_item(m, s, p, &next_s, &next_p);
        if (!next_p) {
            s = found;
            break;
        }
        s = next_s;
        p = next_p;
    }
    m->depth++;
    return s;
}

static const char *match_at(matcher *m, const char *s, const char *p) {
    m->level = 0;
    m->depth = DEPTH_MAX;
    return match(m, s, p);
}

static matcher make_matcher(lua_State *L, slice text, slice pattern) {
    return (matcher){.L = L, .text = text.s, .end = text.s + text.n, .pattern_end = pattern.s + pattern.n};
}

static slice check_slice(lua_State *L, int index) {
    slice s;
    s.s = luaL_checklstring(L, index, &s.n);
    return s;
}

// --- find and match ----------------------------------------------------------------------------------------

// A start position as Lua counts it (from 1, or from the end) as an offset; beyond the end it stays beyond.
static size_t start_of(lua_Integer position, size_t n) {
    if (position > 0) return (size_t)position - 1;
    if (position == 0 || position < -(lua_Integer)n) return 0;
    return n - (size_t)-position;
}

static bool has_specials(slice pattern) {
    for (size_t i = 0; i < pattern.n; i++)
        if (memchr("^$*+?.([%-", pattern.s[i], 10)) return true;
    return false;
}

static int find_plain(lua_State *L, slice text, slice wanted, size_t start) {
    const char *found =
        wanted.n ? memmem(text.s + start, text.n - start, wanted.s, wanted.n) : text.s + start;
    if (!found) return luaL_pushfail(L), 1;
    lua_pushinteger(L, found - text.s + 1);
    lua_pushinteger(L, found - text.s + (lua_Integer)wanted.n);
    return 2;
}

static int search(lua_State *L, bool find) {
    slice text = check_slice(L, 1), pattern = check_slice(L, 2);
    size_t start = start_of(luaL_optinteger(L, 3, 1), text.n);
    if (start > text.n) return luaL_pushfail(L), 1;
    if (find && (lua_toboolean(L, 4) || !has_specials(pattern))) return find_plain(L, text, pattern, start);
    bool anchored = pattern.n && *pattern.s == '^';
    const char *p = pattern.s + anchored;
    matcher m = make_matcher(L, text, pattern);
    for (const char *s = text.s + start; s <= m.end; s++) {
        const char *end = match_at(&m, s, p);
        if (end && find) {
            lua_pushinteger(L, s - text.s + 1);
            lua_pushinteger(L, end - text.s);
            return push_captures(&m, NULL, NULL, false) + 2;
        }
        if (end) return push_captures(&m, s, end, true);
        if (anchored) break;
    }
    return luaL_pushfail(L), 1;
}

static int find(lua_State *L) { return search(L, true); }
static int match_text(lua_State *L) { return search(L, false); }

// --- gmatch ------------------------------------------------------------------------------------------------

// Upvalues: text, pattern, offset of the next try, offset of the end of the last match (or -1).
static int gmatch_next(lua_State *L) {
    slice text = check_slice(L, lua_upvalueindex(1)), pattern = check_slice(L, lua_upvalueindex(2));
    lua_Integer start = lua_tointeger(L, lua_upvalueindex(3)), last = lua_tointeger(L, lua_upvalueindex(4));
    matcher m = make_matcher(L, text, pattern);
    if (start > (lua_Integer)text.n) return 0;
    for (const char *s = text.s + start; s <= m.end; s++) {
        const char *end = match_at(&m, s, pattern.s);
        if (!end || end - text.s == last) continue;
        lua_pushinteger(L, end - text.s);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, s, end, true);
    }
    return 0;
}

static int gmatch(lua_State *L) {
    slice text = check_slice(L, 1);
    check_slice(L, 2);
    size_t start = start_of(luaL_optinteger(L, 3, 1), text.n);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(start > text.n ? text.n + 1 : start));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

// --- gsub --------------------------------------------------------------------------------------------------

// What gsub keeps while it lets others run: a userdata at stack index GSUB_STATE. The result lies in memory
// of Lua's.
typedef struct gsub_state {
    size_t at;           // offset of the next try
    ptrdiff_t last;      // end of the last match, or -1
    lua_Integer count, most;
    char *out;           // a userdata at index GSUB_OUT
    size_t out_n, out_room;
    // a replacement function is out:
    size_t from, to;     // offsets of the match
} gsub_state;

enum { GSUB_TEXT = 1, GSUB_PATTERN, GSUB_REPLACEMENT, GSUB_STATE, GSUB_OUT };

static void add(lua_State *L, gsub_state *g, const char *s, size_t n) {
    if (g->out_n + n > g->out_room) {
        size_t room = 2 * g->out_room > g->out_n + n ? 2 * g->out_room : g->out_n + n;
        char *bigger = lua_newuserdatauv(L, room, 0);
        if (g->out_n) memcpy(bigger, g->out, g->out_n);
        lua_replace(L, GSUB_OUT);
        g->out = bigger;
        g->out_room = room;
    }
    if (n) memcpy(g->out + g->out_n, s, n);
    g->out_n += n;
}

// The replacement is a string: %0 … %9 stand for captures, %% for itself.
static void add_template(const matcher *m, gsub_state *g, const char *s, const char *end) {
    lua_State *L = m->L;
    slice news = check_slice(L, GSUB_REPLACEMENT);
    for (size_t i = 0; i < news.n; i++) {
        if (news.s[i] != '%') {
            add(L, g, news.s + i, 1);
            continue;
        }
        unsigned char c = ++i < news.n ? (unsigned char)news.s[i] : '\0';
        if (c == '%') {
            add(L, g, "%", 1);
        } else if (c == '0') {
            add(L, g, s, (size_t)(end - s));
        } else if (isdigit(c)) {
            int index = c - '1';
            if (index >= m->level && index != 0) luaL_error(L, "invalid capture index %%%d", index + 1);
            push_capture(m, index, s, end);
            luaL_tolstring(L, -1, NULL);
            slice text = check_slice(L, -1);
            add(L, g, text.s, text.n);
            lua_pop(L, 2);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

// Adds the value at the top, which a table or a function gave for a match; false and nil keep what was there.
static void add_value(lua_State *L, gsub_state *g, const char *text) {
    if (!lua_toboolean(L, -1)) {
        add(L, g, text + g->from, g->to - g->from);
    } else if (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER) {
        slice value;
        value.s = lua_tolstring(L, -1, &value.n);
        add(L, g, value.s, value.n);
    } else {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    }
    lua_pop(L, 1);
}

static int gsub_continue(lua_State *L, int status, lua_KContext context);

// One match: adds its replacement. True when a function was called that has yielded (gsub_continue goes on
// then).
static void replace(matcher *m, gsub_state *g, const char *s, const char *end) {
    lua_State *L = m->L;
    g->from = (size_t)(s - m->text);
    g->to = (size_t)(end - m->text);
    g->count++;
    g->at = g->to;
    g->last = (ptrdiff_t)g->to;
    switch (lua_type(L, GSUB_REPLACEMENT)) {
    case LUA_TFUNCTION: {
        lua_pushvalue(L, GSUB_REPLACEMENT);
        int n = push_captures(m, s, end, true);
        lua_callk(L, n, 1, 1, gsub_continue);
        add_value(L, g, m->text);
        break;
    }
    case LUA_TTABLE:
        push_capture(m, 0, s, end);
        lua_gettable(L, GSUB_REPLACEMENT);
        add_value(L, g, m->text);
        break;
    default: add_template(m, g, s, end);
    }
}

static int gsub_run(lua_State *L) {
    gsub_state *g = lua_touserdata(L, GSUB_STATE);
    slice text = check_slice(L, GSUB_TEXT), pattern = check_slice(L, GSUB_PATTERN);
    bool anchored = pattern.n && *pattern.s == '^';
    const char *p = pattern.s + anchored;
    matcher m = make_matcher(L, text, pattern);
    while (g->count < g->most && g->at <= text.n) {
        if (budget_is_due(L)) return lua_yieldk(L, 0, 0, gsub_continue);
        const char *s = text.s + g->at, *end = match_at(&m, s, p);
        if (end && end - text.s != g->last) {
            replace(&m, g, s, end);
        } else if (g->at < text.n) {
            add(L, g, s, 1);
            g->at++;
        } else {
            break;
        }
        if (anchored) break;
    }
    if (g->at < text.n) add(L, g, text.s + g->at, text.n - g->at);
    lua_pushlstring(L, g->out, g->out_n);
    lua_pushinteger(L, g->count);
    return 2;
}

// After a pause (context 0), or with the value of a replacement function at the top (1).
static int gsub_continue(lua_State *L, int status, lua_KContext context) {
    (void)status;
    if (context == 1) {
        gsub_state *g = lua_touserdata(L, GSUB_STATE);
        add_value(L, g, lua_tostring(L, GSUB_TEXT));
        slice pattern = check_slice(L, GSUB_PATTERN);
        if (pattern.n && *pattern.s == '^') g->most = g->count; // anchored: once
    }
    lua_settop(L, GSUB_OUT);
    return gsub_run(L);
}

static int gsub(lua_State *L) {
    slice text = check_slice(L, 1);
    check_slice(L, 2);
    int type = lua_type(L, 3);
    luaL_argexpected(
        L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
        "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)text.n + 1);
    lua_settop(L, 3);
    if (type == LUA_TNUMBER) lua_tostring(L, 3);
    gsub_state *g = lua_newuserdatauv(L, sizeof *g, 0);
    *g = (gsub_state){.last = -1, .most = most};
    lua_pushnil(L);
    return gsub_run(L);
}

// Puts the four functions into the library at the top.
void pattern_open(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"find", find}, {"match", match_text}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
