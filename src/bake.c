// Writes what the built-in packs declare as a C file (script/baked.h): the second stage of the build. The packs
// are read here as a server reads them, once for each access.
//
//     bake > baked.c
#include "base/log.h"
#include "command/host.h"
#include "script/baked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const packs[] = {"hatchet"};

// A string literal, or NULL.
static void put_text(const char *text) {
    if (!text) {
        printf("NULL");
        return;
    }
    putchar('"');
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        if (*s == '"' || *s == '\\') printf("\\%c", *s);
        else if (*s == '\n') printf("\\n\"\n\"");
        else if (*s < 0x20 || *s >= 0x7F || *s == '?') printf("\\%03o", *s);
        else putchar(*s);
    }
    putchar('"');
}

static void put_field(const char *name, const char *text) {
    if (!text) return;
    printf("  .%s = (char *)", name);
    put_text(text);
    printf(",\n");
}

static void put_flag(const char *name, bool value) {
    if (value) printf("  .%s = true,\n", name);
}

static void put_item(const script_item *item) {
    char *input = mcp_shown_schema(item->input), *output = mcp_shown_schema(item->output);
    printf(" {.kind = %d, .access = %d, .deadline = %lld, .cpu = %lld, .run = -2, .types = -2, .watch = -2, .is_baked = true,\n",
           (int)item->kind, (int)item->access, (long long)item->deadline, (long long)item->cpu);
    if (item->watch_every) printf("  .watch_every = %lld,\n", (long long)item->watch_every);
    put_field("name", item->name);
    put_field("label", item->label);
    put_field("toolset", item->toolset);
    put_field("title", item->title);
    put_field("about", item->about);
    put_field("mime", item->mime);
    put_field("ui", item->ui);
    put_field("annotations", item->annotations);
    put_field("icons", item->icons);
    put_field("input", item->input);
    put_field("output", item->output);
    put_field("shown_input", input);
    put_field("shown_output", output);
    put_field("preview", item->preview);
    put_field("file", item->file);
    put_flag("list", item->list);
    put_flag("idempotent", item->idempotent);
    put_flag("untrusted", item->untrusted);
    put_flag("is_template", item->is_template);
    put_flag("is_optional", item->is_optional);
    put_flag("passes_on", item->passes_on);
    if (item->task) printf("  .task = %d,\n", (int)item->task);
    printf("  .size = %lld, .requires = %u,\n", (long long)item->size, item->requires);
    printf("  .links = {");
    for (size_t i = 0; i < item->link_count; i++) {
        printf("{(char *)");
        put_text(item->links[i].kind);
        printf(", (char *)");
        put_text(item->links[i].path);
        printf("}, ");
    }
    printf("},\n  .link_count = %zu},\n", item->link_count);
    free(input);
    free(output);
}

static bool open_pack(command_host *host, const char *pack, guard_access access) {
    command_options o;
    bool helped;
    char *const none[] = {NULL};
    command_options_read(&o, 0, (char **)none, "", &helped);
    o.access_given = true;
    o.access = access;
    o.deadline = o.cpu = -1; // what declarations leave to the operator
    bool ok = command_host_open(host, &o, pack, NEED_CATALOGUE);
    command_options_free(&o);
    return ok;
}

static bool put_instructions(const char *pack) {
    printf(" .instructions = {");
    for (int access = GUARD_READ; access <= GUARD_DESTROY; access++) {
        command_host host;
        bool ok = open_pack(&host, pack, (guard_access)access);
        if (ok) put_text(script_manifest_of(mcp_server_pack(host.server))->instructions);
        command_host_close(&host);
        if (!ok) return false;
        printf(", ");
    }
    printf("},\n");
    return true;
}

static bool put_pack(const char *pack, size_t number) {
    command_host host;
    if (!open_pack(&host, pack, GUARD_DESTROY)) return false;
    size_t count, small_length;
    const script_item *items = command_host_items(&host, &count);
    const char *small = script_small(mcp_server_pack(host.server), &small_length);
    const script_manifest *manifest = script_manifest_of(mcp_server_pack(host.server));
    printf("static const script_item items_%zu[] = {\n", number);
    for (size_t i = 0; i < count; i++) put_item(&items[i]);
    printf("};\n\nstatic const script_baked pack_%zu = {\n .manifest = {\n", number);
    put_field("name", manifest->name);
    put_field("title", manifest->title);
    put_field("about", manifest->about);
    put_field("version", manifest->version);
    printf(" },\n .needs_hatchet = %s,\n .small = ", script_needs_hatchet(mcp_server_pack(host.server)) ? "true" : "false");
    for (size_t at = 0; at < small_length; at += strlen(small + at) + 1) {
        put_text(small + at);
        printf(" \"\\0\" ");
    }
    if (!small_length) printf("\"\"");
    printf(",\n .small_length = %zu,\n .items = items_%zu,\n .count = %zu,\n", small_length, number, count);
    command_host_close(&host);
    bool ok = put_instructions(pack);
    printf("};\n\n");
    return ok;
}

int main(void) {
    size_t count = sizeof packs / sizeof *packs;
    log_set_level(LOG_ERROR);
    printf("// Made by the build: do not edit.\n#include \"script/baked.h\"\n\n#include <stddef.h>\n#include <string.h>\n\n");
    for (size_t i = 0; i < count; i++)
        if (!put_pack(packs[i], i)) return 1;
    printf("const script_baked *script_baked_find(const char *pack) {\n");
    for (size_t i = 0; i < count; i++) printf("    if (strcmp(pack, \"%s\") == 0) return &pack_%zu;\n", packs[i], i);
    printf("    return NULL;\n}\n");
    return 0;
}
