// hatchway tools: what a pack offers, and what it costs a client; as Markdown, the reference of the pack.
#include "base/log.h"
#include "command/command.h"
#include "command/loopback.h"
#include "guard/schema.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "Usage: hatchway tools [PACK] [options]\n\n"
                            "Lists the tools of a pack, the access that each needs, and the bytes that its "
                            "entry in tools/list costs; then resources and prompts.\n"
                            "Needs no token.\n"
                            "--markdown prints the reference of all tools, resources and prompts.\n\n"
                            "Exit codes: 0 they are listed, 1 the pack cannot be read, 2 an argument is wrong.\n";

// --- the table ---------------------------------------------------------------------------------------------

static const json_node *entry_of(const json_node *tools, const char *name) {
    for (const json_node *t = json_first(tools); t; t = json_after(tools, t))
        if (slice_is(json_string(json_get(t, "name")), name)) return t;
    return NULL;
}

// A list of names and titles.
static void print_names(command_host *host, script_kind kind, const char *heading) {
    size_t count;
    bool any = false;
    const script_item *items = command_host_items(host, &count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].kind != kind) continue;
        if (!any) printf("\n%s\n", heading);
        any = true;
        printf("%-44s  %s\n", items[i].name, items[i].title ? items[i].title : "");
    }
}

// Tools that are off, and would be listed if they were enabled.
static void print_off(command_host *host) {
    size_t count;
    const script_item *items = command_host_items(host, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i].offer == SCRIPT_OFF && items[i].access <= host->env.access)
            printf("%-28s %-8s %6s  %s (--enable %s)\n", items[i].name, guard_access_name(items[i].access),
                   "off", items[i].title, items[i].name);
}

// What each toolset costs, in the order in which they come first.
static void print_toolsets(command_host *host, const json_node *tools) {
    size_t count;
    bool any = false;
    const script_item *items = command_host_items(host, &count);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = 0, listed = 0;
        bool seen = !items[i].toolset;
        for (size_t k = 0; k < count && !seen; k++) {
            if (!items[k].toolset || strcmp(items[k].toolset, items[i].toolset) != 0) continue;
            seen = k < i;
            const json_node *entry = entry_of(tools, items[k].name);
            if (entry) bytes += entry->raw.n, listed++;
        }
        if (seen || !listed) continue;
        if (!any) printf("\n%-28s %8s %6s\n", "toolset", "tools", "bytes");
        any = true;
        printf("%-28s %8zu %6zu\n", items[i].toolset, listed, bytes);
    }
}

static void print_table(command_host *host, const json_node *tools) {
    size_t count, total = 0, listed = 0, hidden = 0;
    const script_item *items = command_host_items(host, &count);
    printf("%-28s %-8s %6s  %s\n", "tool", "access", "bytes", "title");
    for (size_t i = 0; i < count; i++) {
        const json_node *entry = entry_of(tools, items[i].name);
        if (items[i].kind != SCRIPT_TOOL) continue;
        hidden += items[i].access > host->env.access;
        if (!entry) continue;
        printf("%-28s %-8s %6zu  %s\n", items[i].name, guard_access_name(items[i].access), entry->raw.n,
               items[i].title);
        total += entry->raw.n;
        listed++;
    }
    print_off(host);
    print_toolsets(host, tools);
    print_names(host, SCRIPT_RESOURCE, "resource");
    print_names(host, SCRIPT_PROMPT, "prompt");
    printf("\n%zu tools with access %s, %zu bytes in tools/list (about %zu tokens)", listed,
           guard_access_name(host->env.access), total, total / 4);
    if (hidden) printf("; %zu more with --access destroy", hidden);
    printf(".\n");
}

// --- the reference -----------------------------------------------------------------------------------------

static void print_type(const json_node *schema) {
    const json_node *values = json_get(schema, "enum"), *items = json_get(schema, "items");
    slice type = json_string(json_get(schema, "type")), format = json_string(json_get(schema, "format"));
    if (values) {
        for (const json_node *v = json_first(values); v; v = json_after(values, v))
            printf("%s`%.*s`", v == json_first(values) ? "" : ", ", (int)json_string(v).n, json_string(v).s);
    } else if (items) {
        printf("list of ");
        print_type(items);
    } else if (json_get(schema, "x-time")) {
        printf("time");
    } else {
        slice shown = format.n ? format : type.n ? type : SLICE("any");
        printf("%.*s", (int)shown.n, shown.s);
    }
}

// A bound such as "≥ 1", if the schema has that word.
static void print_bound(const json_node *schema, const char *word, const char *sign) {
    const json_node *bound = json_get(schema, word);
    if (bound) printf(" %s %.*s", sign, (int)bound->raw.n, bound->raw.s);
}

static void print_arguments(const script_item *item) {
    const json_node *schema = script_input(item), *properties = json_get(schema, "properties");
    if (!properties || !properties->count) {
        printf("No arguments.\n\n");
        return;
    }
    printf("| argument | type | default | |\n|---|---|---|---|\n");
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        const json_node *otherwise = json_get(p, "default"), *cap = json_get(p, "x-cap");
        slice about = json_string(json_get(p, "description"));
        printf("| `%.*s` | ", (int)p->key.n, p->key.s);
        print_type(p);
        print_bound(p, "minimum", "≥");
        print_bound(p, "maximum", "≤");
        if (cap) printf(", cut to %.*s", (int)cap->raw.n, cap->raw.s);
        printf(" | ");
        if (otherwise) printf("`%.*s`", (int)otherwise->raw.n, otherwise->raw.s);
        else if (guard_is_required(schema, p->key)) printf("required");
        printf(" | %.*s |\n", (int)about.n, about.s ? about.s : "");
    }
    printf("\n");
}

static void print_heading(const script_item *item, const char *kind) {
    printf("### %s\n\n", item->name);
    if (item->kind == SCRIPT_TOOL)
        printf("**%s** · access `%s`%s%s%s%s%s%s%s\n\n", item->title, guard_access_name(item->access),
               item->toolset ? " · toolset " : "", item->toolset ? item->toolset : "",
               item->list ? " · list" : "", item->untrusted ? " · carries text of workers or payloads" : "",
               item->is_optional ? " · off without `--enable " : "", item->is_optional ? item->name : "",
               item->is_optional ? "`" : "");
    else if (item->title)
        printf("**%s**%s%s\n\n", item->title, item->mime ? " · " : "", item->mime ? item->mime : "");
    printf("%s\n\n", item->about ? item->about : kind);
    print_arguments(item);
}

static void print_kind(command_host *host, script_kind kind, const char *title) {
    size_t count;
    bool any = false;
    const script_item *items = command_host_items(host, &count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].kind != kind) continue;
        if (!any) printf("## %s\n\n", title);
        any = true;
        print_heading(&items[i], title);
    }
}

static void print_reference(command_host *host) {
    const script_manifest *m = script_manifest_of(mcp_server_pack(host->server));
    printf("# %s: reference\n\n", m->title ? m->title : m->name);
    printf("Made by `hatchway tools --markdown` from the declarations.\n\n");
    print_kind(host, SCRIPT_TOOL, "Tools");
    print_kind(host, SCRIPT_RESOURCE, "Resources");
    print_kind(host, SCRIPT_PROMPT, "Prompts");
}

static int show(command_host *host, const command_options *o) {
    if (o->markdown) {
        print_reference(host);
        return EXIT_OK;
    }
    loopback client;
    const json_node *error;
    loopback_open(&client, host);
    const json_node *result = loopback_ask(&client, "tools/list", SLICE("{}"), &error);
    print_table(host, json_get(result, "tools"));
    loopback_close(&client);
    return EXIT_OK;
}

int command_tools(int argc, char **argv) {
    command_options o;
    command_host host;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) {
        code = EXIT_OK;
    } else if (o.word_count > 1) {
        command_complain("tools takes one pack, and got \"%s\" too", o.words[1]);
    } else {
        const char *pack = o.word_count ? o.words[0] : o.pack ? o.pack : "hatchet";
        o.page_size = 10000;
        code = command_host_open(&host, &o, pack, NEED_CATALOGUE) ? show(&host, &o) : EXIT_FAILED;
        command_host_close(&host);
    }
    command_options_free(&o);
    return code;
}
