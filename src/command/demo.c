// hatchway demo: a short conversation with a tenant, as a client would have it, and how to connect one.
#include "base/log.h"
#include "command/command.h"
#include "command/loopback.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "Usage: hatchway demo [options]\n\n"
                            "Asks a tenant a few questions (it only reads), shows the answers, and says "
                            "how to connect an MCP client.\n"
                            "Without HATCHET_CLIENT_TOKEN it asks a recorded one: --replay FILE, or those of "
                            "the checkout that the binary was built in.\n\n"
                            "Exit codes: 0 all was answered, 1 something failed, 2 an argument is wrong.\n";

static const char *bold = "", *dim = "", *plain = "";

#define FIELDS 4

// What is asked, and which fields of the rows are shown. The arguments may refer to what came before.
typedef struct question {
    const char *ask;       // in words
    const char *tool;
    const char *arguments; // JSON; %s: the id that was kept last
    const char *rows;      // where the rows, or texts, are; NULL: the result is one object
    const char *fields[FIELDS]; // of a row, or of the object
    const char *keep;      // an id of the first row for the next questions; NULL: the one that was kept stays
} question;

// An operator's morning.
static const question questions[] = {
    {"How was the night?", "tenant_overview", "{}", "attention", {NULL}},
    {"What failed, and how often?",
     "top_failing_workflows",
     "{\"limit\":5}",
     "rows",
     {"workflowName", "failCount", "runCount", "lastError"}},
    {"Which runs were the last to fail?",
     "list_runs",
     "{\"statuses\":[\"FAILED\"],\"limit\":5}",
     "rows",
     {"workflowName", "status", "startedAt", "errorMessage"},
     "workflowRunExternalId"},
    {"Why did the last one fail?",
     "describe_run_failure",
     "{\"workflow_run_id\":\"%s\"}",
     NULL,
     {"workflowName", "failingTask.displayName", "failingTask.reason", "failingTask.attempt"}},
    {"What was different when it last went well?",
     "compare_runs",
     "{\"workflow_run_id\":\"%s\"}",
     NULL,
     {"note", "firstDifference", "other.createdAt", "sameVersion"}},
    {"What does not move?",
     "list_stuck_runs",
     "{\"stuck_after_minutes\":10,\"limit\":5}",
     "rows",
     {"workflowName", "status", "elapsedMinutes", "reason"}},
    {"Who works?", "list_workers", "{}", "rows", {"name", "status", "lastHeartbeatAt"}},
    {"Which events came in?",
     "list_events",
     "{\"limit\":5}",
     "rows",
     {"key", "seenAt", "scope"},
     "metadata.id"},
    {"What did the last one start?", "explain_event", "{\"event_id\":\"%s\"}", "reasons", {NULL}},
    {"What runs by the clock?", "list_crons", "{}", "rows", {"workflowName", "cron", "enabled", "name"}},
};

#define COLUMN 36   // characters, at most
#define LAST 60     // of the last one
#define LOG_LINES 5 // the last ones
#define ID_ROOM 37

// Text of the tenant must not tell the terminal what to do.
static void print_text(slice text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        putchar((c < 0x20 && c != '\n') || c == 0x7F ? ' ' : c);
    }
}

// The first line of a value as text.
static slice text_of(const json_node *value) {
    slice text = json_is(value, JSON_STRING) ? value->as.string : value ? value->raw : SLICE("-");
    const char *newline = text.n ? memchr(text.s, '\n', text.n) : NULL;
    return newline ? (slice){text.s, (size_t)(newline - text.s)} : text;
}

// Writes a text in a column, cut at a character; `wide` pads it, 0 does not.
static void print_column(slice text, size_t most, size_t wide) {
    size_t n = text.n;
    if (n > most) {
        n = most;
        while (n && ((unsigned char)text.s[n] & 0xC0) == 0x80) n--;
    }
    printf("  ");
    print_text((slice){text.s, n});
    printf("%*s", (int)(n < wide ? wide - n : 0), "");
}

// How wide a column is: as its widest text.
static size_t width_of(const json_node *rows, const char *field) {
    size_t wide = strlen(field);
    for (const json_node *row = json_first(rows); row; row = json_after(rows, row)) {
        size_t n = text_of(json_path(row, field)).n;
        if (n > wide) wide = n;
    }
    return wide < COLUMN ? wide : COLUMN;
}

static void print_texts(const json_node *texts) {
    for (const json_node *text = json_first(texts); text; text = json_after(texts, text)) {
        printf("  - ");
        print_text(text_of(text));
        printf("\n");
    }
    if (!json_first(texts)) printf("  (nothing)\n");
}

static void print_rows(const json_node *result, const question *q) {
    const json_node *rows = json_path(json_get(result, "structuredContent"), q->rows);
    if (!q->fields[0]) {
        print_texts(rows);
        return;
    }
    size_t wide[FIELDS + 1] = {0}; // the last one is not padded
    int count = 0;
    for (; count < FIELDS && q->fields[count]; count++) wide[count] = width_of(rows, q->fields[count]);
    wide[count - 1] = 0;
    printf("%s", dim);
    for (int i = 0; i < count; i++) print_column(slice_of(q->fields[i]), COLUMN, wide[i]);
    printf("%s\n", plain);
    for (const json_node *row = json_first(rows); row; row = json_after(rows, row)) {
        for (int i = 0; i < count; i++)
            print_column(text_of(json_path(row, q->fields[i])), i < count - 1 ? COLUMN : LAST, wide[i]);
        printf("\n");
    }
    if (!json_first(rows)) printf("  (none)\n");
}

static void print_field(const char *name, slice text) {
    printf("  %s%-24s%s ", dim, name, plain);
    print_text(text);
    printf("\n");
}

// One object: its fields, and the end of its logs if it has any.
static void print_object(const json_node *result, const question *q) {
    const json_node *object = json_get(result, "structuredContent"), *logs = json_get(object, "logs");
    for (int i = 0; i < FIELDS && q->fields[i]; i++)
        print_field(q->fields[i], text_of(json_path(object, q->fields[i])));
    uint32_t skipped = logs && logs->count > LOG_LINES ? logs->count - LOG_LINES : 0;
    for (const json_node *line = json_first(logs); line; line = json_after(logs, line)) {
        if (skipped) {
            skipped--;
            continue;
        }
        print_field("log", text_of(json_get(line, "message")));
    }
}

static void print_error(const json_node *result) {
    const json_node *content = json_get(result, "content");
    for (const json_node *b = json_first(content); b; b = json_after(content, b)) {
        printf("  ");
        print_text(json_string(json_get(b, "text")));
        printf("\n");
    }
}

// Asks one question. False when the tool has failed.
static bool ask(loopback *client, const question *q, char *kept) {
    buf params = BUF(BUF_SMALL), arguments = BUF(BUF_SMALL);
    const char *mark = strstr(q->arguments, "%s");
    const json_node *error;
    buf_add(&arguments, q->arguments, mark ? (size_t)(mark - q->arguments) : strlen(q->arguments));
    if (mark) buf_printf(&arguments, "%s%s", kept, mark + 2);
    printf("\n%s%s%s\n%s%s %s%s\n", bold, q->ask, plain, dim, q->tool, buf_string(&arguments), plain);
    buf_printf(&params, "{\"name\":\"%s\",\"arguments\":%s}", q->tool, buf_string(&arguments));
    const json_node *result = loopback_ask(client, "tools/call", buf_view(&params), &error);
    bool ok = result && !json_bool(json_get(result, "isError"), false);
    if (!ok) print_error(result);
    else if (q->rows) print_rows(result, q);
    else print_object(result, q);
    if (q->keep) {
        const json_node *row = json_first(json_path(json_get(result, "structuredContent"), q->rows));
        slice id = json_string(json_path(row, q->keep));
        snprintf(kept, ID_ROOM, "%.*s", (int)id.n, slice_is_uuid(id) ? id.s : "");
    }
    buf_free(&params);
    buf_free(&arguments);
    return ok;
}

static void print_configuration(void) {
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    printf("\n%sConnect a client%s\n\n"
           "  %s install --client claude-code\n\n"
           "or claude-desktop, cursor, vscode, codex, gemini, zed; --dry-run shows what would change. "
           "By hand:\n\n"
           "Claude Code:\n  claude mcp add hatchet --env HATCHET_CLIENT_TOKEN=… -- %s\n\n"
           "Cursor, Claude Desktop and others (mcp.json):\n"
           "  {\"mcpServers\": {\"hatchet\": {\"command\": \"%s\", \"env\": {\"HATCHET_CLIENT_TOKEN\": "
           "\"…\"}}}}\n\n"
           "VS Code (.vscode/mcp.json):\n"
           "  {\"servers\": {\"hatchet\": {\"type\": \"stdio\", \"command\": \"%s\", \"env\": "
           "{\"HATCHET_CLIENT_TOKEN\": \"…\"}}}}\n\n"
           "Codex (~/.codex/config.toml):\n"
           "  [mcp_servers.hatchet]\n  command = \"%s\"\n  env = { HATCHET_CLIENT_TOKEN = \"…\" }\n\n"
           "It only reads until you allow more: --access write, or --access destroy.\n",
           bold, plain, path, path, path, path, path);
}

// The recordings of the checkout, beside the folder of the binary.
static const char *const names[] = {"overview",         "details",   "runs",  "logs",
                                    "filters-webhooks", "schedules", "events"};
#define RECORDINGS (sizeof names / sizeof *names)
static char recordings[RECORDINGS][PATH_MAX + 64];

static void play_recordings(command_options *o) {
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash) *slash = '\0';
    for (size_t i = 0; i < RECORDINGS; i++) {
        snprintf(recordings[i], sizeof recordings[i], "%s/../tests/cassettes/%s.har", path, names[i]);
        if (access(recordings[i], R_OK) == 0) o->replay[o->replay_count++] = recordings[i];
    }
}

static int converse(command_host *host) {
    loopback client;
    char kept[ID_ROOM] = "";
    bool ok = true;
    printf("%s%s%s, %s: %zu tools with access %s\n", bold,
           script_manifest_of(mcp_server_pack(host->server))->title, plain,
           host->cassette ? "a recorded tenant" : "your tenant", command_host_tools(host),
           guard_access_name(host->env.access));
    loopback_open(&client, host);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        bool needs_id = strstr(questions[i].arguments, "%s");
        if (!needs_id || *kept) ok &= ask(&client, &questions[i], kept);
    }
    loopback_close(&client);
    print_configuration();
    return ok ? EXIT_OK : EXIT_FAILED;
}

int command_demo(int argc, char **argv) {
    command_options o;
    command_host host;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (isatty(STDOUT_FILENO)) bold = "\033[1m", dim = "\033[2m", plain = "\033[0m";
    if (helped) {
        code = EXIT_OK;
    } else if (o.word_count) {
        command_complain("demo takes no arguments, and got \"%s\"", o.words[0]);
    } else {
        if (!o.replay_count && !command_environment_has_token(&o)) play_recordings(&o);
        o.access_given = true;
        o.access = GUARD_READ; // whatever is allowed elsewhere: a demo only reads
        code = command_host_open(&host, &o, "hatchet", NEED_TENANT) ? converse(&host) : EXIT_FAILED;
        command_host_close(&host);
    }
    command_options_free(&o);
    return code;
}
