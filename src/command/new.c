// hatchway new: a small file that works, to begin from.
#include "base/log.h"
#include "command/author.h"
#include "command/command.h"
#include "guard/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: hatchway new tool|prompt|resource|pack NAME [--into DIR]\n\n"
    "Writes a small file that works, to begin from; never over one that exists. Tools, prompts and resources "
    "go into your own overlay\n"
    "of the pack ($XDG_CONFIG_HOME/hatchway/hatchet/, a server that runs takes them over at once), packs "
    "into a folder NAME here.\n\n"
    "Exit codes: 0 it is written, 1 it exists already or cannot be written, 2 an argument is wrong.\n";

#define NAME_MAX_BYTES 64
#define KIND_PACK 3 // after those of script_kind

// In the templates @NAME@ is the name, @TITLE@ the name for people, @URI@ the address of a resource.
static const char tool_of_hatchet[] =
    "local t = require \"hatchway.types\"\n\n"
    "tool \"@NAME@\" {\n"
    "  title = \"@TITLE@\",\n"
    "  about = \"Names of the workers. Say here, to the model, what comes back.\",\n"
    "  access = \"read\",\n"
    "  input = { status = t.string { \"Only those with this status.\", default = \"ACTIVE\" } },\n"
    "  run = function(args)\n"
    "    local names = json.array {}\n"
    "    for _, worker in ipairs(hatchet.get(\"/api/v1/tenants/{tenant}/worker\").rows) do\n"
    "      if worker.status == args.status then names[#names + 1] = worker.name end\n"
    "    end\n"
    "    return { names = names }\n"
    "  end,\n"
    "}\n";

static const char plain_tool[] =
    "local t = require \"hatchway.types\"\n\n"
    "tool \"@NAME@\" {\n"
    "  title = \"@TITLE@\",\n"
    "  about = \"Greets. Say here, to the model, what comes back.\",\n"
    "  access = \"read\",\n"
    "  input = { name = t.string { \"Whom to greet.\", default = \"world\" } },\n"
    "  run = function(args)\n"
    "    return { greeting = \"Hello, \" .. args.name .. \"!\" }\n"
    "  end,\n"
    "}\n";

static const char a_prompt[] =
    "local t = require \"hatchway.types\"\n\n"
    "prompt \"@NAME@\" {\n"
    "  title = \"@TITLE@\",\n"
    "  about = \"Say here, to people, what it is for.\",\n"
    "  input = { hours = t.integer { \"How far to look back.\", min = 1, default = 24 } },\n"
    "  run = function(args)\n"
    "    return (\"Look at what failed in the last %d hours, and report in three lines. Change "
    "nothing.\"):format(args.hours)\n"
    "  end,\n"
    "}\n";

static const char a_resource[] =
    "resource \"@URI@\" {\n"
    "  name = \"@NAME@\",\n"
    "  title = \"@TITLE@\",\n"
    "  about = \"The time. Say here what the resource is.\",\n"
    "  mime = \"application/json\",\n"
    "  run = function()\n"
    "    return { now = os.date() }\n"
    "  end,\n"
    "}\n";

static const char a_manifest[] =
    "pack {\n"
    "  name = \"@NAME@\",\n"
    "  title = \"@TITLE@\",\n"
    "  about = \"Say here what the pack is for.\",\n"
    "  -- needs = { \"hatchet\" }, -- for tools that ask Hatchet: hatchet.get and the like\n"
    "}\n";

static const char a_spec[] =
    "describe(\"hello\", function()\n"
    "  it(\"greets\", function()\n"
    "    assert.same({ greeting = \"Hello, you!\" }, call(\"hello\", { name = \"you\" }))\n"
    "  end)\n"
    "end)\n";

static void put_title(buf *out, const char *name) {
    bool start = true;
    for (const char *s = name; *s; s++) {
        bool blank = strchr("_-.", *s) != NULL;
        buf_char(out, blank ? ' ' : start ? (char)toupper((unsigned char)*s) : *s);
        start = blank;
    }
}

static void fill(buf *out, const char *template, const char *name, const char *uri) {
    for (const char *s = template; *s;) {
        if (strncmp(s, "@NAME@", 6) == 0) buf_text(out, name), s += 6;
        else if (strncmp(s, "@TITLE@", 7) == 0) put_title(out, name), s += 7;
        else if (strncmp(s, "@URI@", 5) == 0) buf_text(out, uri), s += 5;
        else buf_char(out, *s++);
    }
}

static bool write_one(const char *folder, const char *file, const char *template, const char *name,
                      const char *uri) {
    buf path = BUF(BUF_SMALL), text = BUF(BUF_SMALL);
    buf_printf(&path, "%s/%s", folder, file);
    fill(&text, template, name, uri);
    bool ok = author_write(buf_string(&path), buf_string(&text));
    if (ok) printf("wrote %s\n", buf_string(&path));
    buf_free(&path);
    buf_free(&text);
    return ok;
}

static int new_pack(const command_options *o, const char *name) {
    buf folder = BUF(BUF_SMALL);
    buf_printf(&folder, "%s/%s", o->into ? o->into : ".", name);
    const char *to = buf_string(&folder);
    bool ok = write_one(to, "pack.lua", a_manifest, name, "") &&
              write_one(to, "tools/hello.lua", plain_tool, "hello", "") &&
              write_one(to, "tests/hello_spec.lua", a_spec, "hello", "");
    if (ok)
        printf("next: hatchway call hello --pack %s; hatchway test %s; a client runs: hatchway serve %s\n",
               to, to, to);
    buf_free(&folder);
    return ok ? EXIT_OK : EXIT_FAILED;
}

// A name that is taken is not added but replaced, which is eject's business, or broken.
static bool is_free(command_host *h, script_kind kind, const char *name, const char *uri) {
    const script_pack *pack = mcp_server_pack(h->server);
    const script_item *item = author_find(pack, &kind, kind == SCRIPT_RESOURCE ? uri : name);
    if (!item) return true;
    buf file = BUF(BUF_SMALL), path = BUF(BUF_SMALL);
    buf_printf(&file, "%s)", item->file);
    command_layers_put_real(&h->layers, buf_string(&file), &path);
    path.n--;
    if (item->layer == 0)
        command_complain("the pack has a %s %s already: \"hatchway eject %s\" copies it into your overlay%s",
                         author_kinds[kind], item->name, name,
                         kind == SCRIPT_TOOL ? ", wrap.tool changes it without a copy" : "");
    else
        command_complain("there is a %s %s already, in %s", author_kinds[kind], item->name,
                         buf_string(&path));
    buf_free(&file);
    buf_free(&path);
    return false;
}

static void print_next(script_kind kind, const char *name, const char *uri, const char *options) {
    if (kind == SCRIPT_TOOL) printf("next: hatchway call %s%s\n", name, options);
    else if (kind == SCRIPT_PROMPT) printf("next: hatchway prompt %s%s\n", name, options);
    else printf("next: echo 'read \"%s\"' | hatchway repl%s\n", uri, options);
}

static int new_item(command_host *h, const command_options *o, const char *pack, script_kind kind,
                    const char *name, const char *word) {
    const char *const templates[] = {strcmp(pack, "hatchet") == 0 ? tool_of_hatchet : plain_tool, a_resource,
                                     a_prompt};
    buf file = BUF(BUF_SMALL), options = BUF(BUF_SMALL), uri = BUF(BUF_SMALL);
    char *folder = author_folder(o, pack);
    if (strstr(word, "://")) buf_text(&uri, word);
    else buf_printf(&uri, "%s://%s", script_manifest_of(mcp_server_pack(h->server))->name, word);
    bool ok = folder && is_free(h, kind, name, buf_string(&uri));
    if (ok) {
        buf_printf(&file, "%s/%s.lua", author_parts[kind], name);
        ok = write_one(folder, buf_string(&file), templates[kind], name, buf_string(&uri));
    }
    author_put_options(o, pack, &options);
    if (ok) print_next(kind, name, buf_string(&uri), buf_string(&options));
    buf_free(&file);
    buf_free(&options);
    buf_free(&uri);
    free(folder);
    return ok ? EXIT_OK : EXIT_FAILED;
}

// --- the arguments -----------------------------------------------------------------------------------------

static bool is_name(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    return n > 0 && !s[n] && n <= NAME_MAX_BYTES && s[0] != '.';
}

// The name in "shop://orders/open" is "orders-open".
static bool take_name(const char *word, bool resource, buf *name) {
    const char *mark = resource ? strstr(word, "://") : NULL;
    for (const char *s = mark ? mark + 3 : word; *s; s++) buf_char(name, mark && *s == '/' ? '-' : *s);
    size_t scheme = strspn(word, "abcdefghijklmnopqrstuvwxyz");
    return is_name(buf_string(name)) && (!mark || (scheme > 0 && word + scheme == mark));
}

static int make(command_options *o, size_t kind, const char *name, const char *word) {
    command_host h;
    const char *pack;
    if (kind == KIND_PACK && script_is_built_in(name))
        return command_complain("new pack %s: that is the name of a built-in pack", name), EXIT_FAILED;
    if (kind == KIND_PACK) return new_pack(o, name);
    int code = author_open(&h, o, &pack) ? new_item(&h, o, pack, (script_kind)kind, name, word) : EXIT_FAILED;
    command_host_close(&h);
    return code;
}

static int read_and_make(command_options *o, const char *what, const char *word) {
    static const char *const kinds[] = {"tool", "resource", "prompt", "pack"};
    size_t kind = 0;
    buf name = BUF(BUF_SMALL);
    int code = EXIT_USAGE;
    while (kind < 4 && strcmp(what, kinds[kind]) != 0) kind++;
    if (kind == 4) {
        const char *near = guard_nearest(slice_of(what), kinds, 4);
        command_complain("new %s: it is tool, prompt, resource or pack%s%s%s", what,
                         near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    } else if (!take_name(word, kind == SCRIPT_RESOURCE, &name)) {
        command_complain("new %s %s: a name has 1 to %d of A-Z a-z 0-9 _ - .%s", what, word, NAME_MAX_BYTES,
                         kind == SCRIPT_RESOURCE ? "; an address is scheme://name" : "");
    } else {
        code = make(o, kind, buf_string(&name), word);
    }
    buf_free(&name);
    return code;
}

int command_new(int argc, char **argv) {
    command_options o;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) code = EXIT_OK;
    else if (o.word_count != 2) command_complain("write: hatchway new tool|prompt|resource|pack NAME");
    else code = read_and_make(&o, o.words[0], o.words[1]);
    command_options_free(&o);
    return code;
}
