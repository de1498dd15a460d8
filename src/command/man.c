// hatchway __man: writes docs/hatchway.1 from the tables of commands and options, and what each command says
// of itself.
#include "command/command.h"
#include "command/options.h"

#include <stdio.h>
#include <string.h>

// --- roff --------------------------------------------------------------------------------------------------

// The code point that begins here, and its length.
static unsigned decode(const char *s, int *length) {
    unsigned char c = (unsigned char)*s;
    int n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    unsigned point = n == 1 ? c : c & (0xFFu >> (n + 1));
    for (int i = 1; i < n; i++) point = point << 6 | ((unsigned char)s[i] & 0x3F);
    *length = n;
    return point;
}

// Text in which nothing is a request or an escape: at the start of a line, a dot or a quote would be a
// request.
static void put(const char *s, size_t n, bool at_start) {
    if (at_start && n && (*s == '.' || *s == '\'')) printf("\\&");
    for (const char *end = s + n; s < end;) {
        int length;
        unsigned point = decode(s, &length);
        if (*s == '\\') printf("\\e");
        else if (*s == '-') printf("\\-");
        else if (*s == '\'') printf("\\(aq");
        else if (*s == '^' || *s == '~') printf("\\(%s", *s == '^' ? "ha" : "ti");
        else if (point >= 0x80) printf("\\[u%04X]", point);
        else putchar(*s);
        s += length;
    }
}

static void put_text(const char *text) { put(text, strlen(text), true); }

// A term and what it means.
static void put_term(const char *name, const char *between, const char *value, const char *about) {
    printf(".TP\n.B ");
    put(name, strlen(name), false);
    if (value) {
        put(between, strlen(between), false);
        put(value, strlen(value), false);
    }
    printf("\n");
    put_text(about);
    printf("\n");
}

// A paragraph of the text that --help prints: its lines, or, where they are indented, a list or an example as
// it is.
static void put_paragraph(const char *s, size_t n) {
    size_t margin = strspn(s, " ");
    bool example = margin >= 2;
    printf(example ? ".PP\n.in +4n\n.nf\n" : ".PP\n");
    for (const char *end = s + n; s < end;) {
        const char *newline = memchr(s, '\n', (size_t)(end - s)), *stop = newline ? newline : end;
        size_t indent = strspn(s, " ") < margin ? strspn(s, " ") : margin;
        if (s + indent < stop) put(s + indent, (size_t)(stop - s) - indent, true);
        printf("\n");
        s = stop + 1;
    }
    if (example) printf(".fi\n.in\n");
}

// The lines "Usage: …" of a command, without that word or the blanks in its place. What stands after them.
static const char *put_synopsis(const char *text) {
    static const char mark[] = "Usage: ", blanks[] = "       ";
    const size_t width = sizeof mark - 1;
    for (bool first = true; strncmp(text, first ? mark : blanks, width) == 0; first = false) {
        size_t n = strcspn(text, "\n");
        printf(first ? ".B " : ".br\n.B ");
        put(text + width, n - width, false);
        printf("\n");
        text += n + (text[n] == '\n');
    }
    return text;
}

static void put_command(const command_entry *command) {
    const char *text = command_options_usage(command->run);
    printf(".SS %s\n", command->name);
    if (!text) return;
    for (const char *s = put_synopsis(text); *s;) {
        s += strspn(s, "\n");
        const char *stop = strstr(s, "\n\n"), *end = stop ? stop : s + strlen(s);
        while (end > s && end[-1] == '\n') end--;
        if (end > s) put_paragraph(s, (size_t)(end - s));
        s = stop ? stop : s + strlen(s);
    }
}

// --- the page ----------------------------------------------------------------------------------------------

#define DATE "2026-11-25" // of HATCHWAY_VERSION

static const char head[] =
    ".\\\" Made by \"hatchway __man\" from the tables of commands and options.\n"
    ".TH HATCHWAY 1 \"" DATE "\" \"hatchway " HATCHWAY_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "hatchway \\- MCP servers written in Lua, and the one for Hatchet\n"
    ".SH SYNOPSIS\n"
    ".B hatchway\n"
    ".I command\n"
    ".RI [ argument \" ...]\"\n"
    ".RI [ option \" ...]\"\n"
    ".br\n"
    ".B hatchway \\-\\-version\n"
    "|\n"
    ".B \\-\\-help\n"
    ".SH DESCRIPTION\n"
    ".B hatchway\n"
    "runs servers of the Model Context Protocol (MCP) that are written in Lua.\n"
    "The pack\n"
    ".B hatchet\n"
    "is built in: it lets an agent look at the runs, workflows, workers and events of a tenant of Hatchet,\n"
    "and, with\n"
    ".BR \\-\\-access ,\n"
    "act on them.\n"
    ".PP\n"
    "Without a command it serves that pack when its input is no terminal, so that a client needs the name\n"
    "of the program alone.\n"
    "Options may stand before and after other arguments, as\n"
    ".B \\-\\-name value\n"
    "or\n"
    ".BR \\-\\-name=value .\n";

static const char files[] =
    ".SH FILES\n"
    ".TP\n"
    ".I \\(ti/.config/hatchway/config.lua\n"
    "Profiles: what belongs together for a tenant, chosen with\n"
    ".BR \\-\\-profile .\n"
    "Lua that returns a table:\n"
    ".PP\n"
    ".in +4n\n"
    ".nf\n"
    "return {\n"
    "  default = \"prod\",\n"
    "  profiles = {\n"
    "    prod = { token_file = \"\\(ti/.secrets/hatchet\", access = \"read\" },\n"
    "    staging = { token_command = { \"pass\", \"show\", \"hatchet\" }, access = \"write\" },\n"
    "  },\n"
    "}\n"
    ".fi\n"
    ".in\n"
    ".TP\n"
    ".I \\(ti/.config/hatchway/hatchet/\n"
    "Your own overlay of the pack: tools, resources and prompts that are added to it or replace its own.\n"
    "What is saved there is taken over by servers that run.\n"
    ".SH EXIT STATUS\n"
    ".TP\n"
    ".B 0\n"
    "Done.\n"
    ".TP\n"
    ".B 1\n"
    "Failed: what the command was asked for did not come about, or the configuration is wrong.\n"
    ".TP\n"
    ".B 2\n"
    "An argument is wrong; nothing was done.\n"
    ".PP\n"
    "What each command means by these is said with it above.\n"
    ".SH EXAMPLES\n"
    "Look whether everything is as it should be:\n"
    ".PP\n"
    ".in +4n\n"
    ".nf\n"
    "hatchway doctor \\-\\-profile prod\n"
    ".fi\n"
    ".in\n"
    ".PP\n"
    "The runs that failed within the last day:\n"
    ".PP\n"
    ".in +4n\n"
    ".nf\n"
    "hatchway call list_runs statuses=FAILED since=24h \\-\\-table\n"
    ".fi\n"
    ".in\n"
    ".PP\n"
    "A server without network, for a look at the tools:\n"
    ".PP\n"
    ".in +4n\n"
    ".nf\n"
    "hatchway serve hatchet \\-\\-replay tests/cassettes/overview.har\n"
    ".fi\n"
    ".in\n"
    ".SH SEE ALSO\n"
    "docs/tools.md (every tool), docs/lua\\-api.md (what a script may use) and docs/guides of the\n"
    "distribution;\n"
    ".br\n"
    "https://modelcontextprotocol.io, https://docs.hatchet.run\n";

static void put_topic(command_topic topic, const char *between) {
    command_described d;
    for (size_t i = 0; command_options_describe(topic, i, &d); i++)
        put_term(d.name, between, d.value, d.about);
}

int command_man(int argc, char **argv) {
    (void)argv;
    if (argc) return command_complain("__man takes no arguments"), EXIT_USAGE;
    fputs(head, stdout);
    printf(".SH COMMANDS\n");
    for (size_t i = 0; i < command_count; i++)
        if (command_table[i].about) put_command(&command_table[i]);
    printf(".SH OPTIONS\n");
    put_topic(TOPIC_OPTIONS, " ");
    printf(".PP\nLimits, with their defaults, as in\n.BR \"\\-\\-limit list_max=2MB\" :\n");
    put_topic(TOPIC_LIMITS, "=");
    printf(".SH ENVIRONMENT\nWhat is blank counts as unset; a .env file is never read.\n");
    put_topic(TOPIC_VARIABLES, " ");
    fputs(files, stdout);
    return EXIT_OK;
}
