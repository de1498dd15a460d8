// hatchway doctor: looks at everything that a server needs, a line each, with what mends it.
#include "command/doctor.h"
#include "base/log.h"
#include "base/secret.h"
#include "command/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: hatchway doctor [--profile NAME] [--json] [options]\n\n"
    "Looks at the configuration, the token, the way to Hatchet, the clock, the tenant, the engine and the "
    "overlays, as a server with these\n"
    "options would use them: a line each, with what was found and what mends it. It only reads, pushes no "
    "event, and never shows the token.\n\n"
    "Exit codes: 0 all is well, or there are warnings only, 1 something is broken, 2 an argument is wrong.\n";

#define FOUND_MAX ((size_t)64 << 10)

static void put(buf *out, const char *format, va_list args) {
    char text[8000];
    vsnprintf(text, sizeof text, format, args);
    size_t n = strlen(text);
    while (n && strchr(" \n", text[n - 1])) text[--n] = '\0';
    for (char *c = text; *c; c++) buf_char(out, (unsigned char)*c < 0x20 ? ' ' : *c);
    secret_scrub(out);
}

doctor_finding *doctor_note(doctor *d, const char *name, doctor_state state, const char *format, ...) {
    static doctor_finding rest;
    doctor_finding *f = d->count < DOCTOR_FINDINGS ? &d->findings[d->count++] : &rest;
    va_list args;
    buf_free(&f->found);
    buf_free(&f->mend);
    *f = (doctor_finding){.name = name, .state = state, .found = BUF(FOUND_MAX), .mend = BUF(FOUND_MAX)};
    va_start(args, format);
    put(&f->found, format, args);
    va_end(args);
    return f;
}

void doctor_mend(doctor_finding *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    put(&f->mend, format, args);
    va_end(args);
}

// --- the report --------------------------------------------------------------------------------------------

static size_t count_of(const doctor *d, doctor_state state) {
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) n += d->findings[i].state == state;
    return n;
}

// Does whoever reads it see UTF-8? The first of these variables that is set says so.
static bool reads_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static void print_text(doctor *d) {
    static const char *const utf8[] = {"✓", "!", "✗", "-"}, *const ascii[] = {"ok", "! ", "x ", "- "};
    bool wide = reads_utf8();
    size_t broken = count_of(d, DOCTOR_BROKEN), warnings = count_of(d, DOCTOR_WARNING);
    for (size_t i = 0; i < d->count; i++) {
        doctor_finding *f = &d->findings[i];
        printf("%s %-13s %s\n", (wide ? utf8 : ascii)[f->state], f->name, buf_string(&f->found));
        if (f->mend.n) printf("%*s%s %s\n", wide ? 16 : 17, "", wide ? "→" : "->", buf_string(&f->mend));
    }
    if (!broken && !warnings) printf("\nAll is well.\n");
    else printf("\n%zu broken, %zu warning%s.\n", broken, warnings, warnings == 1 ? "" : "s");
}

static void print_json(doctor *d) {
    static const char *const names[] = {"ok", "warning", "broken", "skipped"};
    buf out = BUF((size_t)8 << 20);
    json_open(&out, '{');
    json_put_key(&out, "ok");
    json_put_bool(&out, !count_of(d, DOCTOR_BROKEN));
    json_put_key(&out, "checks");
    json_open(&out, '[');
    for (size_t i = 0; i < d->count; i++) {
        doctor_finding *f = &d->findings[i];
        json_open(&out, '{');
        json_put_key(&out, "check");
        json_put_text(&out, f->name);
        json_put_key(&out, "state");
        json_put_text(&out, names[f->state]);
        json_put_key(&out, "found");
        json_put_string(&out, buf_view(&f->found));
        if (f->mend.n) json_put_key(&out, "mend"), json_put_string(&out, buf_view(&f->mend));
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    printf("%s\n", buf_string(&out));
    buf_free(&out);
}

// --- the command -------------------------------------------------------------------------------------------

// The value of a variable without the blanks around it; NULL when it is unset or blank.
static char *variable(const char *name) {
    buf notes = BUF(BUF_SMALL);
    char *value = command_variable(name, &notes);
    buf_free(&notes);
    return value;
}

static int look(doctor *d) {
    char *level = variable("HATCHET_MCP_READ_ONLY");
    d->has_access_variable = level;
    free(level);
    command_complain_to(&d->problem);
    d->ready = command_host_prepare(&d->host, d->options, NEED_TENANT);
    command_complain_to(NULL);
    doctor_look_here(d);
    doctor_look_there(d);
    if (d->options->json) print_json(d);
    else print_text(d);
    command_host_close(&d->host);
    return count_of(d, DOCTOR_BROKEN) ? EXIT_FAILED : EXIT_OK;
}

int command_doctor(int argc, char **argv) {
    command_options o;
    doctor d = {.options = &o, .fault = BUF(BUF_SMALL), .problem = BUF(BUF_SMALL)};
    bool helped;
    int code = EXIT_USAGE;
    log_set_level(LOG_ALERT); // what would be logged is found and told
    char *before = variable("HATCHET_CLIENT_SERVER_URL"); // a profile sets it anew
    bool ok = command_options_read_past(&o, argc, argv, usage, &helped, &d.fault);
    char *after = variable("HATCHET_CLIENT_SERVER_URL");
    d.url_by_profile = after && (!before || strcmp(before, after) != 0);
    free(before);
    free(after);
    if (!ok) return code;
    if (helped) code = EXIT_OK;
    else if (o.word_count) command_complain("doctor takes no arguments, and got \"%s\"", o.words[0]);
    else if (o.record) command_complain("doctor records nothing: --record is for call, serve and record");
    else code = look(&d);
    for (size_t i = 0; i < d.count; i++) buf_free(&d.findings[i].found), buf_free(&d.findings[i].mend);
    buf_free(&d.fault);
    buf_free(&d.problem);
    command_options_free(&o);
    return code;
}
