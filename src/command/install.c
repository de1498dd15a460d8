// hatchway install: the server in the configuration of an MCP client.
#include "base/log.h"
#include "base/secret.h"
#include "command/command.h"
#include "command/difference.h"
#include "command/entry.h"
#include "command/options.h"
#include "command/profile.h"
#include "command/rewrite.h"
#include "guard/schema.h"
#include "script/script.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NPX "npx"

static const char usage[] =
    "Usage: hatchway install --client CLIENT [PACK] [options]\n"
    "       hatchway install\n\n"
    "Writes the server into the configuration of an MCP client: claude-code, claude-desktop, cursor, vscode, "
    "codex, gemini or zed\n"
    "(the paths are those of Linux). Only its own entry is touched; what else is in the file stays byte for "
    "byte. A file that is not\n"
    "what it should be is refused and left alone. Without --client: the clients, which of them are here, and "
    "which have the server.\n\n"
    "No token is written, and none is taken from the command line: the client names a variable of its "
    "environment or asks for it,\n"
    "or a profile has it (--profile NAME).\n\n"
    "  --client CLIENT        the client to write for\n"
    "  --name NAME            what the server is called there (the name of the pack: hatchet)\n"
    "  --profile NAME         the server uses this profile\n"
    "  --project              write into the project that this folder is, not for the user\n"
    "  --uninstall            take the entry out again\n"
    "  --dry-run              show what would change, and change nothing\n\n"
    "All options of \"hatchway serve\" are put into the arguments of the server; its paths become absolute. "
    "When something is replaced, the\n"
    "old file is kept as FILE.bak-DATE.\n\n"
    "Exit codes: 0 done, or nothing to do; 1 the file is refused or cannot be written, 2 an argument is "
    "wrong.\n";

#define NAME_MAX_BYTES 64

typedef struct request {
    const char *client, *name, *profile;
    bool project, uninstall, dry_run;
    char **rest; // the words for serve, in order
    int rest_count;
    command_options serve;
    char **args; // of the server; all to be freed
    size_t arg_count;
} request;

// --- the arguments -----------------------------------------------------------------------------------------

static const struct own {
    const char *name;
    size_t field; // of request: a text, or a bool
    bool takes;   // a value
} own[] = {
#define FIELD(name) offsetof(request, name)
    {"--client", FIELD(client), true},     {"--name", FIELD(name), true},
    {"--profile", FIELD(profile), true},   {"--project", FIELD(project), false},
    {"--dry-run", FIELD(dry_run), false},  {"--uninstall", FIELD(uninstall), false},
#undef FIELD
};

static const struct own *find_own(slice name) {
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (slice_is(name, own[i].name)) return &own[i];
    return NULL;
}

static bool read_own(request *r, const struct own *option, int argc, char **argv, int *at) {
    const char *equals = strchr(argv[*at], '=');
    if (!option->takes && equals) return command_complain("%s takes no value", option->name), false;
    if (!option->takes) return *(bool *)((char *)r + option->field) = true;
    const char *value = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : "";
    if (!*value || *value == '-') return command_complain("%s needs a value", option->name), false;
    *(const char **)((char *)r + option->field) = value;
    return true;
}

// A token on a command line is in the history of the shell, and in the list of processes.
static bool refuse_token(const char *word) {
    buf text = BUF((size_t)1 << 20);
    buf_text(&text, word);
    bool has = secret_mask_tokens(&text) > 0 || strstr(word, ENTRY_VARIABLE);
    buf_free(&text);
    if (has)
        command_complain("install takes no token: write it into a file and name that in a profile "
                         "(--profile NAME, token_file), or let the client give it");
    return has;
}

static bool read_words(request *r, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        slice name = {argv[i], equals ? (size_t)(equals - argv[i]) : strlen(argv[i])};
        const struct own *option = find_own(name);
        if (refuse_token(argv[i]) || (option && !read_own(r, option, argc, argv, &i))) return false;
        if (!option) r->rest[r->rest_count++] = argv[i];
    }
    return true;
}

static bool is_name(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && !s[n] && n <= NAME_MAX_BYTES;
}

static char *absolute(const char *path) {
    if (path[0] == '/') return base_string(path);
    while (path[0] == '.' && path[1] == '/') path += 2;
    char *here = getcwd(NULL, 0);
    buf whole = BUF(BUF_SMALL);
    buf_printf(&whole, "%s/%s", here ? here : "", strcmp(path, ".") == 0 ? "" : path);
    char *copy = base_string(buf_string(&whole));
    buf_free(&whole);
    free(here);
    return copy;
}

static void add_arg(request *r, const char *word) { r->args[r->arg_count++] = base_string(word); }

// --overlay team, --overlay=team: with the whole path, for a client starts the server anywhere. --record
// names a file that is not there yet.
static bool add_path(request *r, const char *option, const char *path, bool joined) {
    char *whole = absolute(path);
    bool ok = strcmp(option, "--record") == 0 || access(whole, R_OK) == 0;
    if (!ok) command_complain("%s %s: there is no such file", option, path);
    if (joined) {
        buf word = BUF(BUF_SMALL);
        buf_printf(&word, "%s=%s", option, whole);
        add_arg(r, buf_string(&word));
        buf_free(&word);
    } else {
        add_arg(r, option);
        add_arg(r, whole);
    }
    free(whole);
    return ok;
}

// Adds the word at *at, and its value if that is a path or another pack.
static bool add_word(request *r, int *at) {
    static const char *const paths[] = {"--overlay", "--replay", "--record", "--ca-file"};
    const char *word = r->rest[*at];
    if (strcmp(word, "--pack") == 0) return ++*at, true;
    if (strncmp(word, "--pack=", 7) == 0) return true;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        size_t n = strlen(paths[i]);
        if (strncmp(word, paths[i], n) != 0) continue;
        if (word[n] == '=') return add_path(r, paths[i], word + n + 1, true);
        if (!word[n]) return add_path(r, paths[i], r->rest[++*at], false);
    }
    add_arg(r, word);
    return true;
}

// The program that clients start: this one, by its path; or npx, where npx has put this one into its cache, from
// which it may be gone tomorrow.
static const char *command_of(char path[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    return strstr(path, "/_npx/") ? NPX : path;
}

static bool make_args(request *r, const char *pack) {
    char path[PATH_MAX];
    const char *word = r->serve.word_count ? r->serve.words[0] : NULL;
    char *folder = script_is_built_in(pack) ? base_string(pack) : absolute(pack);
    bool ok = true;
    r->args = base_alloc(((size_t)r->rest_count + 8) * sizeof *r->args);
    if (strcmp(command_of(path), NPX) == 0) {
        add_arg(r, "-y");
        add_arg(r, "hatchway");
    }
    add_arg(r, "serve");
    add_arg(r, folder);
    if (r->profile) {
        add_arg(r, "--profile");
        add_arg(r, r->profile);
    }
    for (int i = 0; ok && i < r->rest_count; i++)
        if (r->rest[i] != word) ok = add_word(r, &i);
    free(folder);
    return ok;
}

// The name of the server unless one is given: that of the pack, or of its folder.
static const char *name_of(const request *r, const char *pack) {
    const char *slash = strrchr(pack, '/');
    return r->name ? r->name : slash ? slash + 1 : pack;
}

static bool check_pack(const char *pack) {
    buf manifest = BUF(BUF_SMALL);
    buf_printf(&manifest, "%s/pack.lua", pack);
    bool ok = script_is_built_in(pack) || access(buf_string(&manifest), R_OK) == 0;
    if (!ok)
        command_complain("install %s: there is no such pack, neither a built-in one nor a folder with a "
                         "pack.lua",
                         pack);
    buf_free(&manifest);
    return ok;
}

static const client *choose_client(const request *r) {
    const char *names[CLIENTS];
    const client *c = client_find(r->client);
    for (size_t i = 0; i < CLIENTS; i++) names[i] = clients[i].id;
    const char *near = c ? NULL : guard_nearest(slice_of(r->client), names, CLIENTS);
    if (!c)
        command_complain("--client %s: it is claude-code, claude-desktop, cursor, vscode, codex, gemini or "
                         "zed%s%s%s",
                         r->client, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    if (c && r->project && !c->project_file) {
        command_complain("--project: %s has no configuration of a project", c->title);
        return NULL;
    }
    return c;
}

// --- what is said ------------------------------------------------------------------------------------------

static void print_command(const entry *e) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@+%";
    printf("  it runs: %s", e->command);
    for (size_t i = 0; i < e->arg_count; i++) {
        const char *word = e->args[i];
        bool is_plain = *word && !word[strspn(word, plain)];
        printf(is_plain ? " " : " '");
        for (const char *c = word; *c; c++) *c == '\'' ? printf("'\\''") : putchar(*c);
        if (!is_plain) printf("'");
    }
    printf("\n");
}

static void print_advice(const client *c, const entry *e, const entry_edit *edit) {
    if (edit->has_literal && e->token == ENTRY_TOKEN_ENVIRONMENT)
        printf("  token: one stands in the file itself and was left there; a profile with a token_file keeps "
               "it out (--profile NAME)\n");
    else if (e->token == ENTRY_TOKEN_ENVIRONMENT) printf("  token: %s\n", c->token);
    else if (e->token == ENTRY_TOKEN_PROFILE) printf("  token: the profile has it\n");
    printf("  next: %s\n", c->next);
}

static void print_difference(const rewrite *file, const entry_edit *edit) {
    buf text = BUF(2 * REWRITE_MAX);
    difference_put(&text, buf_view(&file->text), buf_view(&edit->text));
    secret_mask_tokens(&text);
    printf("--- %s%s\n+++ %s\n%.*s", file->path, file->exists ? "" : " (not there yet)", file->path,
           (int)text.n, text.s);
    buf_free(&text);
}

// --- the file ----------------------------------------------------------------------------------------------

static bool save(rewrite *file, entry_edit *edit, bool keep, char **backup) {
    bool ok = !edit->text.full;
    if (!ok) buf_printf(&file->error, "%s is too large", file->path);
    ok = ok && (!keep || rewrite_backup(file, backup)) && rewrite_save(file, buf_view(&edit->text));
    if (!ok) command_complain("%s", buf_string(&file->error));
    return ok;
}

static int write_it(const client *c, const entry *e, const request *r, rewrite *file, entry_edit *edit) {
    char *backup = NULL;
    if (!save(file, edit, edit->replaced && !r->uninstall, &backup)) {
        if (backup) unlink(backup); // nothing was replaced
        free(backup);
        return EXIT_FAILED;
    }
    if (r->uninstall) {
        printf("%s: removed the server \"%s\" from %s\n", c->title, e->name, file->path);
    } else {
        printf("%s: %s the server \"%s\" in %s\n", c->title, edit->replaced ? "changed" : "added", e->name,
               file->path);
        print_command(e);
        if (backup) printf("  the old file: %s\n", backup);
        print_advice(c, e, edit);
    }
    free(backup);
    return EXIT_OK;
}

static int edit_file(const client *c, const entry *e, const request *r, rewrite *file) {
    entry_edit edit = {.text = BUF(REWRITE_MAX), .error = BUF(BUF_SMALL)};
    int code = EXIT_OK;
    buf_slice(&edit.text, buf_view(&file->text));
    bool ok = r->uninstall ? entry_take(c, e->name, &edit) : entry_put(c, e, &edit);
    if (!ok) {
        command_complain("%s, %s; the file was left as it is", file->path, buf_string(&edit.error));
        code = EXIT_FAILED;
    } else if (slice_equal(buf_view(&edit.text), buf_view(&file->text))) {
        if (r->uninstall)
            printf("%s: there is no server \"%s\" in %s; nothing to do\n", c->title, e->name, file->path);
        else {
            printf("%s: the server \"%s\" is in %s already, and as it should be; nothing to do\n", c->title,
                   e->name, file->path);
            print_advice(c, e, &edit);
        }
    } else if (r->dry_run) {
        print_difference(file, &edit);
    } else {
        code = write_it(c, e, r, file, &edit);
    }
    buf_free(&edit.text);
    buf_free(&edit.error);
    return code;
}

static int install(const client *c, const request *r, const char *name) {
    char path_of_program[PATH_MAX];
    entry e = {name, command_of(path_of_program), (const char *const *)r->args, r->arg_count,
               r->profile              ? ENTRY_TOKEN_PROFILE
               : r->serve.replay_count ? ENTRY_TOKEN_NONE
                                       : ENTRY_TOKEN_ENVIRONMENT};
    rewrite file;
    char *path = client_file(c, r->project);
    if (!path) return command_complain("there is no home directory"), EXIT_FAILED;
    int code = EXIT_FAILED;
    if (!rewrite_open(&file, path)) command_complain("%s", buf_string(&file.error));
    else code = edit_file(c, &e, r, &file);
    rewrite_close(&file);
    free(path);
    return code;
}

// --- the list ----------------------------------------------------------------------------------------------

static void put_state(const client *c, const char *name, const char *path, buf *out) {
    rewrite file;
    entry_edit edit = {.text = BUF(REWRITE_MAX), .error = BUF(BUF_SMALL)};
    bool there = false;
    if (!rewrite_open(&file, path)) {
        buf_text(out, buf_string(&file.error));
    } else {
        buf_slice(&edit.text, buf_view(&file.text));
        if (entry_is_there(c, name, &edit, &there)) buf_text(out, there ? "installed" : "not installed");
        else buf_printf(out, "not to be read: %s", buf_string(&edit.error));
    }
    rewrite_close(&file);
    buf_free(&edit.text);
    buf_free(&edit.error);
}

static int list(const request *r, const char *name) {
    printf("%-14s  %-5s  %-13s  %s\n", "client", "here", name, "file");
    for (size_t i = 0; i < CLIENTS; i++) {
        const client *c = &clients[i];
        char *path = client_file(c, r->project);
        buf state = BUF(BUF_SMALL);
        if (!path) continue;
        put_state(c, name, path, &state);
        printf("%-14s  %-5s  %-13s  %s\n", c->id, client_is_found(c) ? "yes" : "no", buf_string(&state),
               path);
        buf_free(&state);
        free(path);
    }
    printf("\nnext: hatchway install --client CLIENT\n");
    return EXIT_OK;
}

// A client that names a profile which is not there would fail at each start.
static bool has_profile(const char *name) {
    command_options o = {0};
    bool there = command_profile_apply(&o, name);
    command_options_free(&o);
    return there;
}

static int run(request *r) {
    const char *pack = r->serve.word_count ? r->serve.words[0] : r->serve.pack ? r->serve.pack : "hatchet";
    char *folder = base_string(pack);
    for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/';) folder[--n] = '\0';
    const char *name = name_of(r, folder);
    const client *c = r->client ? choose_client(r) : NULL;
    int code = EXIT_USAGE;
    if (r->serve.word_count > 1)
        command_complain("install takes one pack, and got \"%s\" too", r->serve.words[1]);
    else if (!is_name(name))
        command_complain("--name %s: a name has 1 to %d of A-Z a-z 0-9 _ -", name, NAME_MAX_BYTES);
    else if (r->client && !c) code = EXIT_USAGE;
    else if (!r->client && (r->uninstall || r->dry_run || r->profile))
        command_complain("which client? --client CLIENT");
    else if (!r->client) code = list(r, name);
    else if (r->uninstall) code = install(c, r, name);
    else if (r->profile && !has_profile(r->profile)) code = EXIT_FAILED;
    else if (check_pack(folder) && make_args(r, folder)) code = install(c, r, name);
    free(folder);
    return code;
}

int command_install(int argc, char **argv) {
    request r = {.rest = base_alloc(((size_t)argc + 1) * sizeof *r.rest)};
    bool helped = false;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (read_words(&r, argc, argv) &&
        command_options_read(&r.serve, r.rest_count, r.rest, usage, &helped)) {
        code = helped ? EXIT_OK : run(&r);
        command_options_free(&r.serve);
    }
    for (size_t i = 0; i < r.arg_count; i++) free(r.args[i]);
    free(r.args);
    free(r.rest);
    return code;
}
