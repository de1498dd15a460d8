// hatchway check: what overlays do to a pack, and what is wrong with them.
#include "base/log.h"
#include "command/command.h"
#include "command/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] = "Usage: hatchway check [DIR] [options]\n\n"
                            "Reads the pack and its overlays, and says what they add, replace, wrap and "
                            "hide, which files are broken (file, line, reason),\n"
                            "and which are never read. DIR is looked at as one more overlay, or as a pack if "
                            "its pack.lua declares one. Needs no token.\n\n"
                            "Exit codes: 0 all is well, 1 something is broken, 2 an argument is wrong.\n";

static void print_layers(const command_layers *l) {
    struct stat info;
    for (size_t i = 0; i < l->count; i++) {
        const command_layer *layer = &l->layers[i];
        if (layer->optional && stat(layer->folder, &info) != 0) continue;
        printf("%s %s\n", i ? "overlay" : "pack", layer->folder ? layer->folder : layer->root);
    }
}

// "adds tool x (overlay:mine/tools/x.lua)", a line each: with the path of the file.
static void print_changes(const command_layers *l, const char *changes) {
    for (const char *s = changes, *end; *s; s = end + 1) {
        end = s + strcspn(s, "\n");
        const char *open = strstr(s, " ("); // not in an address, which has no spaces
        if (!*end || !open || open > end) { // the name of the file has a line break
            printf("%.*s\n", (int)(end - s), s);
            if (!*end) break;
            continue;
        }
        char *file = base_copy(open + 2, (size_t)(end - open - 2));
        buf path = BUF(BUF_SMALL);
        command_layers_put_real(l, file, &path);
        printf("%.*s%s\n", (int)(open + 2 - s), s, buf_string(&path));
        buf_free(&path);
        free(file);
    }
}

// A module that an earlier layer has too is never read: require finds the earlier one.
static void print_never_read(const command_layers *l, const script_layer *layers, size_t count) {
    for (size_t i = 1; i < count; i++) {
        size_t root = strlen(layers[i].root);
        for (size_t f = 0; f < layers[i].source.count; f++) {
            const char *rest = layers[i].source.files[f].name + root + 1, *owner = NULL;
            if (strchr(rest, '/') || strcmp(rest, "pack.lua") == 0) continue;
            for (size_t k = 0; k < i && !owner; k++) {
                buf name = BUF(BUF_SMALL);
                buf_printf(&name, "%s/%s", layers[k].root, rest);
                if (script_source_find(&layers[k].source, buf_string(&name)))
                    owner = k ? "an overlay before it" : "the pack";
                buf_free(&name);
            }
            if (!owner) continue;
            buf text = BUF(BUF_SMALL), path = BUF(BUF_SMALL);
            buf_printf(&text, "%s: %s has a module of that name", layers[i].source.files[f].name, owner);
            command_layers_put_real(l, buf_string(&text), &path);
            printf("never read: %s\n", buf_string(&path));
            buf_free(&text);
            buf_free(&path);
        }
    }
}

// Has the same been said before? A module is read again for each file that requires it.
static bool is_repeated(slice errors, const char *at) {
    for (const char *s = errors.s; s < at; s += strlen(s) + 1)
        if (strcmp(s, at) == 0) return true;
    return false;
}

static int print_errors(const command_layers *l, slice errors) {
    int count = 0;
    for (const char *s = errors.s, *end = errors.s + errors.n; s < end; s += strlen(s) + 1) {
        if (is_repeated(errors, s)) continue;
        buf text = BUF(BUF_SMALL);
        command_layers_put_real(l, s, &text);
        printf("broken: %s\n", buf_string(&text));
        buf_free(&text);
        count++;
    }
    if (count) printf("A server does not start with this; one that runs goes on with what it had.\n");
    else printf("Nothing is broken.\n");
    return count ? EXIT_FAILED : EXIT_OK;
}

static int look_at(command_host *h, const command_options *o, const char *pack) {
    size_t count;
    buf error = BUF(BUF_SMALL), errors = BUF((size_t)1 << 20), changes = BUF((size_t)1 << 20);
    int code = EXIT_FAILED;
    script_layer *layers = NULL;
    if (command_layers_find(&h->layers, o, pack, &error))
        layers = command_layers_read(&h->layers, &count, &error);
    if (layers) {
        print_layers(&h->layers);
        print_never_read(&h->layers, layers, count);
        script_check(layers, count, &h->limits, &errors, &changes);
        print_changes(&h->layers, buf_string(&changes));
        code = print_errors(&h->layers, buf_view(&errors));
    } else {
        command_complain("%s", buf_string(&error));
    }
    buf_free(&error);
    buf_free(&errors);
    buf_free(&changes);
    return code;
}

static int check(command_options *o) {
    command_host h;
    int code = EXIT_FAILED;
    const char *pack = o->pack ? o->pack : "hatchet";
    if (command_host_prepare(&h, o, NEED_CATALOGUE)) {
        if (o->word_count) pack = command_host_subject(&h, o, o->words[0], pack);
        code = look_at(&h, o, pack);
    }
    command_host_close(&h);
    return code;
}

int command_check(int argc, char **argv) {
    command_options o;
    struct stat info;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) code = EXIT_OK;
    else if (o.word_count > 1) command_complain("check takes one folder, and got \"%s\" too", o.words[1]);
    else if (o.word_count && (stat(o.words[0], &info) != 0 || !S_ISDIR(info.st_mode)))
        command_complain("check %s: there is no such folder", o.words[0]);
    else code = check(&o);
    command_options_free(&o);
    return code;
}
