// hatchway eject: a copy of what the pack declares, to be changed in one's own overlay.
#include "base/log.h"
#include "command/author.h"
#include "command/command.h"
#include "guard/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "Usage: hatchway eject NAME [--into DIR]\n\n"
    "Copies the declaration of a tool, prompt or resource of the pack into your own overlay, where it takes "
    "the place of the original\n"
    "and may be changed; never over a file that exists. To change only the words, defaults, arguments or "
    "result of a tool, wrap.tool\n"
    "is less.\n\n"
    "Exit codes: 0 it is copied, 1 there is none of that name, or the file exists, 2 an argument is wrong.\n";

#define COPY_MAX ((size_t)2 << 20)

// Is this line the beginning of a declaration that stands at the left margin?
static bool begins_declaration(slice line) {
    return slice_starts(line, "tool \"") || slice_starts(line, "resource \"") ||
           slice_starts(line, "prompt \"");
}

static slice line_at(const char *s) { return (slice){s, strcspn(s, "\n")}; }

static const char *next_line(const char *s) {
    s += strcspn(s, "\n");
    return *s ? s + 1 : s;
}

// The file without the other declarations: each reaches from its line to the next one that is "}", and takes
// the blank line before it along. What they shared (requires, helper functions) stays.
static void put_alone(buf *out, const char *text, const script_item *item) {
    buf own = BUF(BUF_SMALL);
    buf_printf(&own, "%s \"%s\"", author_kinds[item->kind], item->name);
    for (const char *s = text; *s; s = next_line(s)) {
        slice line = line_at(s);
        if (!begins_declaration(line) || slice_starts(line, buf_string(&own))) {
            buf_slice(out, line);
            if (line.s[line.n]) buf_char(out, '\n');
            continue;
        }
        while (*s && !slice_is(line_at(s), "}")) s = next_line(s);
        if (out->n > 1 && out->s[out->n - 1] == '\n' && out->s[out->n - 2] == '\n') out->n--;
        if (!*s) break;
    }
    buf_free(&own);
}

// Reads the pack with an overlay of this one file: is all that it changes the item?
static bool is_alone(command_host *h, const char *pack, const char *text, const script_item *item) {
    command_layers only = {0};
    command_options none = {0};
    buf errors = BUF(BUF_SMALL), changes = BUF(BUF_SMALL), expected = BUF(BUF_SMALL);
    size_t count;
    bool ok = false;
    script_file *file = base_alloc(sizeof *file);
    *file = (script_file){base_string("eject/tools/eject.lua"), base_string(text), strlen(text)};
    script_layer overlay = {{.files = file, .count = 1, .memory = file}, base_string("eject")};
    script_layer *layers =
        command_layers_find(&only, &none, pack, &errors) ? command_layers_read(&only, &count, &errors) : NULL;
    if (layers) {
        while (count > 1) script_layer_free(&layers[--count]);
        layers[count++] = overlay;
        script_check(layers, count, &h->limits, &errors, &changes);
        buf_printf(&expected, "replaces %s %s (eject/tools/eject.lua)\n", author_kinds[item->kind],
                   item->name);
        ok = !errors.n && strcmp(buf_string(&changes), buf_string(&expected)) == 0;
    } else {
        script_layer_free(&overlay);
    }
    command_layers_free(&only);
    buf_free(&errors);
    buf_free(&changes);
    buf_free(&expected);
    return ok;
}

// Two declarations of one name in one folder are refused, so a pack gets no copy of what it has.
static bool is_pack_itself(const command_host *h, const char *folder) {
    const char *pack = h->layers.layers[0].folder;
    struct stat a, b;
    return pack && folder && stat(pack, &a) == 0 && stat(folder, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static int copy(command_host *h, const command_options *o, const char *pack, const script_item *item) {
    const script_file *file = script_file_of(mcp_server_pack(h->server), item);
    const char *name = item->label ? item->label : item->name;
    buf text = BUF(COPY_MAX), path = BUF(BUF_SMALL), options = BUF(BUF_SMALL);
    char *folder = author_folder(o, pack);
    buf_printf(&text, "-- From %s of Hatchway " HATCHWAY_VERSION ".\n", file->name);
    put_alone(&text, file->text, item);
    buf_printf(&path, "%s/", folder ? folder : "");
    author_put_file(item, &path);
    author_put_options(o, pack, &options);
    bool alone = is_alone(h, pack, buf_string(&text), item);
    if (!alone)
        command_complain(
            "%s declares more than \"%s\", in a form that cannot be taken apart; copy what you need by hand",
            file->name, name);
    bool ok = alone && folder && author_write(buf_string(&path), buf_string(&text));
    if (ok) {
        printf("wrote %s: the %s %s, in place of the pack's own\n", buf_string(&path),
               author_kinds[item->kind], item->name);
        printf("next: change it; hatchway check%s says what it does; without the file the original is back\n",
               buf_string(&options));
    }
    buf_free(&text);
    buf_free(&path);
    buf_free(&options);
    free(folder);
    return ok ? EXIT_OK : EXIT_FAILED;
}

static void complain_unknown(const script_pack *pack, const char *name) {
    size_t count, n = 0;
    const script_item *items = script_items(pack, &count);
    const char **names = base_alloc((2 * count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[n++] = items[i].name;
        if (items[i].label) names[n++] = items[i].label;
    }
    const char *near = guard_nearest(slice_of(name), names, n);
    command_complain("there is no tool, prompt or resource \"%s\"%s%s%s", name,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    free(names);
}

static int eject(command_options *o, const char *name) {
    command_host h;
    const char *pack;
    int code = EXIT_FAILED;
    if (author_open(&h, o, &pack)) {
        const script_item *item = author_find(mcp_server_pack(h.server), NULL, name);
        buf file = BUF(BUF_SMALL), path = BUF(BUF_SMALL);
        if (item) buf_printf(&file, "%s)", item->file);
        if (item) command_layers_put_real(&h.layers, buf_string(&file), &path);
        if (!item) complain_unknown(mcp_server_pack(h.server), name);
        else if (item->layer)
            command_complain("the %s %s is your own already, in %.*s", author_kinds[item->kind], item->name,
                             (int)path.n - 1, path.s);
        else if (is_pack_itself(&h, o->into))
            command_complain("%s is the pack itself: change %.*s, or name the folder of an overlay", o->into,
                             (int)path.n - 1, path.s);
        else code = copy(&h, o, pack, item);
        buf_free(&file);
        buf_free(&path);
    }
    command_host_close(&h);
    return code;
}

int command_eject(int argc, char **argv) {
    command_options o;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) code = EXIT_OK;
    else if (o.word_count != 1)
        command_complain("write: hatchway eject NAME; hatchway tools --markdown lists the names");
    else code = eject(&o, o.words[0]);
    command_options_free(&o);
    return code;
}
