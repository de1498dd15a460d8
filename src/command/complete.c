// hatchway __complete WORDS…: what may stand in the place of the last word, for the scripts that hatchway
// completion prints. A line each, with a description after a tab; or one line ":files" or ":folders", where
// the shell knows better. It reads the tables of commands and options, the configuration file and the pack;
// it asks no network.
#include "base/log.h"
#include "command/author.h"
#include "command/command.h"
#include "command/host.h"
#include "command/profile.h"

#include <stdio.h>
#include <string.h>

typedef struct completing {
    int count;        // of the words, without the last
    char **words;     // the name of the command is the first
    const char *last; // what has been typed of it
    size_t keep;      // so much of `last` stands before what is completed: "--access=", "runs,"
} completing;

// Prints a candidate, if it begins as what has been typed does. `end` stands after it.
static void offer(const completing *c, slice name, const char *end, slice about) {
    const char *typed = c->last + c->keep;
    size_t n = strlen(typed);
    if (n > name.n ? strncmp(typed, name.s, name.n) != 0 || strncmp(typed + name.n, end, n - name.n) != 0
                   : strncmp(typed, name.s, n) != 0)
        return;
    printf("%.*s%.*s%s", (int)c->keep, c->last, (int)name.n, name.s, end);
    if (about.n) printf("\t%.*s", (int)about.n, about.s);
    printf("\n");
}

static void offer_words(const completing *c, const char *const *words) {
    for (; *words; words++) offer(c, slice_of(*words), "", SLICE(""));
}

// --- names of the pack -------------------------------------------------------------------------------------

// The options that stand there already, as far as they can be read: overlays, the pack and the profile count.
static void read_options(const completing *c, command_options *o) {
    bool helped;
    buf fault = BUF(BUF_SMALL);
    int first = c->count && c->words[0][0] != '-', n = c->count - first;
    if (n > 0 && c->words[first + n - 1][0] == '-') n--; // its value is what is being typed
    command_complain_to(&fault);
    bool ok = command_options_read_past(o, n, c->words + first, "", &helped, &fault);
    if (!ok) command_options_read_past(o, 0, c->words, "", &helped, &fault);
    command_complain_to(NULL);
    buf_free(&fault);
    o->all_enabled = true;
    o->toolsets = o->tools = o->enabled = o->excluded = (options_names){0};
    o->replay_count = 0;
    o->record = NULL;
}

static void with_pack(const completing *c, void (*then)(const completing *, command_host *, const void *),
                      const void *what) {
    command_options o;
    command_host host;
    buf fault = BUF(BUF_SMALL);
    read_options(c, &o);
    command_complain_to(&fault);
    bool ok = command_host_open(&host, &o, o.pack ? o.pack : "hatchet", NEED_CATALOGUE);
    command_complain_to(NULL);
    if (ok) then(c, &host, what);
    command_host_close(&host);
    command_options_free(&o);
    buf_free(&fault);
}

// Of one kind, or of all: NULL.
static void offer_items(const completing *c, command_host *host, const void *kind) {
    size_t count;
    const script_item *items = command_host_items(host, &count);
    for (size_t i = 0; i < count; i++)
        if (!kind || items[i].kind == *(const script_kind *)kind)
            offer(c, slice_of(items[i].name), "", slice_of(items[i].title));
}

static void offer_toolsets(const completing *c, command_host *host, const void *nothing) {
    size_t count;
    const script_item *items = command_host_items(host, &count);
    (void)nothing;
    offer_words(c, (const char *const[]){"all", "small", NULL});
    for (size_t i = 0; i < count; i++) {
        bool seen = !items[i].toolset;
        for (size_t k = 0; k < i && !seen; k++)
            seen = items[k].toolset && strcmp(items[k].toolset, items[i].toolset) == 0;
        if (!seen) offer(c, slice_of(items[i].toolset), "", SLICE(""));
    }
}

// --- arguments of a tool or prompt -------------------------------------------------------------------------

static void offer_values(const completing *c, const json_node *property) {
    completing value = *c;
    const json_node *items = json_get(property, "items"),
                    *values = json_get(items ? items : property, "enum");
    value.keep = strcspn(c->last, "=") + 1;
    for (const json_node *v = json_first(values); v; v = json_after(values, v))
        if (json_string(v).n) offer(&value, json_string(v), "", SLICE(""));
    if (slice_is(json_string(json_get(property, "type")), "boolean"))
        offer_words(&value, (const char *const[]){"true", "false", NULL});
}

static bool is_given(const completing *c, slice name) {
    for (int i = 0; i < c->count; i++)
        if (strncmp(c->words[i], name.s, name.n) == 0 && c->words[i][name.n] == '=') return true;
    return false;
}

typedef struct declared {
    script_kind kind;
    const char *name;
} declared;

static void offer_arguments(const completing *c, command_host *host, const void *what) {
    const declared *wanted = what;
    const script_item *item = author_find(mcp_server_pack(host->server), &wanted->kind, wanted->name);
    const json_node *properties = item ? json_get(script_input(item), "properties") : NULL;
    slice typed = {c->last, strcspn(c->last, "=")};
    if (c->last[typed.n] == '=') {
        offer_values(c, json_member(properties, typed));
        return;
    }
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        bool list = slice_is(json_string(json_get(p, "type")), "array"); // may be repeated
        if (list || !is_given(c, p->key)) offer(c, p->key, "=", json_string(json_get(p, "description")));
    }
}

// --- options -----------------------------------------------------------------------------------------------

static bool describe(slice name, command_described *out) {
    for (size_t i = 0; command_options_describe(TOPIC_OPTIONS, i, out); i++)
        if (slice_is(name, out->name)) return true;
    return false;
}

static void offer_options(const completing *c) {
    command_described d;
    for (size_t i = 0; command_options_describe(TOPIC_OPTIONS, i, &d); i++)
        offer(c, slice_of(d.name), "", slice_of(d.about));
    offer(c, SLICE("--help"), "", SLICE("what the command does, and all options"));
}

static void offer_profiles(const completing *c) {
    buf names = BUF(BUF_SMALL);
    command_profile_names(&names);
    for (size_t at = 0; at < names.n; at += strlen(names.s + at) + 1)
        offer(c, slice_of(names.s + at), "", SLICE(""));
    buf_free(&names);
}

static void offer_limits(const completing *c) {
    command_described d;
    for (size_t i = 0; command_options_describe(TOPIC_LIMITS, i, &d); i++)
        offer(c, slice_of(d.name), "=", slice_of(d.about));
}

// What an option takes, known by the word that help shows for it.
static void offer_option_value(completing *c, const command_described *option) {
    static const script_kind tools = SCRIPT_TOOL;
    bool is_level = strcmp(option->value, "LEVEL") == 0, is_names = strcmp(option->value, "NAMES") == 0;
    const char *comma = is_names ? strrchr(c->last + c->keep, ',') : NULL;
    if (comma) c->keep = (size_t)(comma + 1 - c->last);
    if (strcmp(option->name, "--toolsets") == 0) with_pack(c, offer_toolsets, NULL);
    else if (is_names) with_pack(c, offer_items, &tools);
    else if (strcmp(option->name, "--access") == 0 || strcmp(option->name, "--scope") == 0)
        offer_words(c, (const char *const[]){"read", "write", "destroy", NULL});
    else if (strcmp(option->name, "--confirm") == 0)
        offer_words(c, (const char *const[]){"never", "destroy", "write", NULL});
    else if (is_level)
        for (int level = LOG_DEBUG; level <= LOG_EMERGENCY; level++)
            offer(c, slice_of(log_level_name((log_level)level)), "", SLICE(""));
    else if (strcmp(option->value, "NAME") == 0) offer_profiles(c);
    else if (strcmp(option->value, "NAME=VALUE") == 0) offer_limits(c);
    else if (strcmp(option->value, "URL|env") == 0) offer_words(c, (const char *const[]){"env", NULL});
    else if (strncmp(option->value, "FILE", 4) == 0) printf(":files\n");
    else if (strcmp(option->value, "DIR") == 0 || strcmp(option->value, "PACK") == 0) printf(":folders\n");
}

// --- words -------------------------------------------------------------------------------------------------

static void offer_commands(const completing *c) {
    for (size_t i = 0; i < command_count; i++)
        if (command_table[i].about)
            offer(c, slice_of(command_table[i].name), "", slice_of(command_table[i].about));
}

// The words before the last that are no options and no values of options, without the command. Returns how
// many.
static int plain_words(const completing *c, const char **first) {
    int n = 0;
    command_described d;
    for (int i = 1; i < c->count; i++) {
        if (c->words[i][0] == '-') i += describe(slice_of(c->words[i]), &d) && d.value;
        else if (n++ == 0) *first = c->words[i];
    }
    return n;
}

// Is the first word of the command a pack or a folder?
static bool takes_folder(const char *command) {
    static const char *const names[] = {"serve", "tools", "check", "test"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(command, names[i]) == 0) return true;
    return false;
}

// What stands at a place among the words of a command that are no options.
static void offer_word(const completing *c, const char *command) {
    static const script_kind tool = SCRIPT_TOOL, prompt = SCRIPT_PROMPT;
    const char *first = "";
    int place = plain_words(c, &first);
    bool is_call = strcmp(command, "call") == 0, is_prompt = strcmp(command, "prompt") == 0;
    bool is_record = strcmp(command, "record") == 0;
    if ((is_call || is_prompt) && place == 0) with_pack(c, offer_items, is_call ? &tool : &prompt);
    else if (is_call || is_prompt) with_pack(c, offer_arguments, &(declared){is_call ? tool : prompt, first});
    else if (strcmp(command, "eject") == 0 && place == 0) with_pack(c, offer_items, NULL);
    else if (strcmp(command, "new") == 0 && place == 0)
        offer_words(c, (const char *const[]){"tool", "prompt", "resource", "pack", NULL});
    else if (strcmp(command, "key") == 0 && place == 0)
        offer_words(c, (const char *const[]){"create", "list", "revoke", NULL});
    else if (strcmp(command, "completion") == 0 && place == 0)
        offer_words(c, (const char *const[]){"bash", "zsh", "fish", NULL});
    else if (is_record && place == 0) printf(":files\n");
    else if (is_record ? place == 1 : takes_folder(command) && place == 0) printf(":folders\n");
}

static void complete(completing *c) {
    const char *equals = strchr(c->last, '='), *before = c->count ? c->words[c->count - 1] : "";
    command_described d;
    if (before[0] == '-' && describe(slice_of(before), &d) && d.value) {
        offer_option_value(c, &d);
    } else if (c->last[0] == '-' && equals) {
        if (!describe((slice){c->last, (size_t)(equals - c->last)}, &d) || !d.value) return;
        c->keep = (size_t)(equals + 1 - c->last);
        offer_option_value(c, &d);
    } else if (c->last[0] == '-') {
        offer_options(c);
    } else if (c->count == 0) {
        offer_commands(c);
    } else {
        offer_word(c, c->words[0][0] == '-' ? "serve" : c->words[0]);
    }
}

int command_complete(int argc, char **argv) {
    completing c = {.count = argc ? argc - 1 : 0, .words = argv, .last = argc ? argv[argc - 1] : ""};
    log_set_level(LOG_EMERGENCY);
    complete(&c);
    return 0;
}
