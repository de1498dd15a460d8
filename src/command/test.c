// hatchway test: the specs of one's own tools, in the sandbox, against recordings. What a spec may say stands
// in lua/hatchway/test.lua.
//
// Each spec file gets a host of its own. It is read once to learn which recordings it names, and then with
// them.
#include "base/log.h"
#include "command/asker.h"
#include "command/command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "Usage: hatchway test [DIR] [options]\n\n"
    "Runs the specs DIR/tests/*_spec.lua of an overlay or a pack (your own overlay if none is named) in the "
    "sandbox, and prints TAP:\n\n"
    "    replay \"shop.har\"                              -- a recording beside the spec; hatchway record "
    "makes one\n"
    "    describe(\"late_runs\", function()\n"
    "      it(\"counts\", function()\n"
    "        assert.same({ late = 2 }, call(\"late_runs\", { hours = 4 }))\n"
    "      end)\n"
    "    end)\n\n"
    "    call(tool, args), read(uri), ask(prompt, args)   what a client gets; an error is raised, with code, "
    "kind, hint\n"
    "    describe, it, before_each, replay\n"
    "    assert.equal same not_equal truthy falsy is_true is_false is_nil not_nil matches(pattern, text) "
    "error_matches(f, pattern)\n\n"
    "Nothing goes to a tenant. Everything may be called, tools that are off too, unless --access says less. "
    "No token is needed.\n\n"
    "Exit codes: 0 all have passed, 1 one has failed or there is none, 2 an argument is wrong.\n";

typedef struct tally {
    int passed, failed;
} tally;

// A comment of TAP: each line after "# ".
static void print_comment(const char *text) {
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, "\n");
        printf("# %.*s\n", (int)n, s);
        s += n + (s[n] == '\n');
    }
}

static void print_result(tally *t, bool ok, const char *name) {
    ok ? t->passed++ : t->failed++;
    printf("%sok %d - ", ok ? "" : "not ", t->passed + t->failed);
    for (const char *s = name; *s; s++) putchar(*s == '\n' ? ' ' : *s);
    putchar('\n');
}

static void run_one(command_host *h, const script_item *spec, tally *t) {
    script_result result;
    bool ended = asker_run(h, spec, SLICE(""), &result);
    print_result(t, ended && result.outcome == SCRIPT_OK, spec->name);
    if (!ended) print_comment("it waits for something that never comes");
    if (ended && result.outcome != SCRIPT_OK) {
        buf text = BUF(BUF_SMALL);
        command_layers_put_real(&h->layers, result.error.message, &text);
        print_comment(buf_string(&text));
        if (result.error.hint && *result.error.hint) print_comment(result.error.hint);
        buf_free(&text);
    }
    script_result_free(&result);
    fflush(stdout);
}

// Adds the recordings that the spec names, which lie beside it. False: there are too many.
static bool add_replays(command_options *o, slice names, const char *spec) {
    const char *slash = strrchr(spec, '/');
    for (const char *s = names.s, *end = names.s + names.n; s < end; s += strlen(s) + 1) {
        buf path = BUF(BUF_SMALL);
        if (o->replay_count == OPTIONS_REPLAYS)
            return command_complain("%s: at most %d recordings", spec, OPTIONS_REPLAYS), false;
        if (*s != '/') buf_slice(&path, (slice){spec, (size_t)(slash + 1 - spec)});
        buf_text(&path, s);
        o->replay[o->replay_count++] = base_string(buf_string(&path));
        buf_free(&path);
    }
    return true;
}

// Reads the pack with the spec. `folder`: what the spec is of, unless the options and *pack say it already.
static bool open_spec(command_host *h, asker *a, command_options *o, const char **pack, const char *folder,
                      const char *spec) {
    if (!command_host_prepare(h, o, NEED_CATALOGUE)) return false;
    if (folder) *pack = command_host_subject(h, o, folder, *pack);
    asker_prepare(a, h);
    if (!command_host_load(h, o, *pack, spec)) return false;
    asker_open(a, h);
    return true;
}

static void close_spec(command_host *h, asker *a) {
    asker_close(a);
    command_host_close(h);
}

static void run_file(const command_options *given, const char *folder, const char *spec, tally *t) {
    command_options o = *given;
    const char *pack = o.pack ? o.pack : "hatchet";
    command_host h;
    asker a = {0};
    bool ok = open_spec(&h, &a, &o, &pack, folder, spec);
    size_t named = o.replay_count;
    if (ok && script_replays(mcp_server_pack(h.server)).n) {
        ok = add_replays(&o, script_replays(mcp_server_pack(h.server)), spec);
        close_spec(&h, &a);
        ok = open_spec(&h, &a, &o, &pack, NULL, spec) && ok;
    }
    size_t count = 0;
    const script_item *specs = ok ? script_specs(mcp_server_pack(h.server), &count) : NULL;
    if (!ok) print_result(t, false, spec);
    for (size_t i = 0; i < count; i++) run_one(&h, &specs[i], t);
    close_spec(&h, &a);
    while (o.replay_count > named) free((char *)o.replay[--o.replay_count]);
}

// --- the files ---------------------------------------------------------------------------------------------

static int is_spec(const struct dirent *entry) {
    static const char end[] = "_spec.lua";
    size_t n = strlen(entry->d_name), k = sizeof end - 1;
    return entry->d_name[0] != '.' && n > k && strcmp(entry->d_name + n - k, end) == 0;
}

// Opening a pipe would wait for whoever writes into it.
static bool is_regular(const char *path) {
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode);
}

static int run_folder(const command_options *o, const char *folder) {
    struct dirent **entries = NULL;
    buf tests = BUF(BUF_SMALL);
    tally t = {0};
    buf_printf(&tests, "%s/tests", folder);
    int count = scandir(buf_string(&tests), &entries, is_spec, alphasort);
    for (int i = 0; i < count; i++) {
        buf spec = BUF(BUF_SMALL);
        buf_printf(&spec, "%s/%s", buf_string(&tests), entries[i]->d_name);
        if (is_regular(buf_string(&spec))) run_file(o, folder, buf_string(&spec), &t);
        else print_result(&t, false, buf_string(&spec)), print_comment("it is no file");
        buf_free(&spec);
        free(entries[i]);
    }
    free(entries);
    if (count <= 0) command_complain("there are no specs: %s/*_spec.lua", buf_string(&tests));
    else printf("1..%d\n# %d passed, %d failed\n", t.passed + t.failed, t.passed, t.failed);
    buf_free(&tests);
    return count > 0 && !t.failed ? EXIT_OK : EXIT_FAILED;
}

int command_test(int argc, char **argv) {
    command_options o;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) {
        code = EXIT_OK;
    } else if (o.word_count > 1) {
        command_complain("test takes one folder, and got \"%s\" too", o.words[1]);
    } else {
        char *own = command_layers_own_folder(o.pack ? o.pack : "hatchet");
        if (!o.access_given) o.access = GUARD_DESTROY; // recordings cannot be harmed
        o.access_given = true;
        o.all_enabled = true;
        code = run_folder(&o, o.word_count ? o.words[0] : own ? own : ".");
        free(own);
    }
    command_options_free(&o);
    return code;
}
