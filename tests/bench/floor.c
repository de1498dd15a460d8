// The floor of a server on stdin and stdout: finds the method and the id by memmem, parses nothing, answers
// with canned bytes.
//
//     floor LIST CALL      files with the result of tools/list and of tools/call
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char in[1 << 16];
static char *out;
static size_t out_size, out_cap;

static char *read_file(const char *path, size_t *size) {
    int file = open(path, O_RDONLY);
    if (file < 0) {
        perror(path);
        exit(2);
    }
    *size = (size_t)lseek(file, 0, SEEK_END);
    char *text = malloc(*size + 1);
    if (!text || pread(file, text, *size, 0) != (ssize_t)*size) {
        perror(path);
        exit(2);
    }
    close(file);
    return text;
}

static void put(const void *text, size_t size) {
    if (out_size + size > out_cap) {
        out_cap = (out_size + size) * 2;
        out = realloc(out, out_cap);
        if (!out) exit(1);
    }
    memcpy(out + out_size, text, size);
    out_size += size;
}

static void answer(const char *line, size_t size, const char *result, size_t result_size) {
    const char *id = memmem(line, size, "\"id\":", 5);
    if (!id) return;
    id += 5;
    size_t digits = strspn(id, "0123456789");
    put("{\"jsonrpc\":\"2.0\",\"id\":", 22);
    put(id, digits);
    put(",\"result\":", 10);
    put(result, result_size);
    put("}\n", 2);
}

static void flush(void) {
    for (size_t at = 0; at < out_size;) {
        ssize_t n = write(1, out + at, out_size - at);
        if (n < 0) exit(1);
        at += (size_t)n;
    }
    out_size = 0;
}

int main(int argc, char **argv) {
    static const char hello[] = "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},"
                                "\"serverInfo\":{\"name\":\"floor\",\"version\":\"1\"}}";
    size_t list_size, call_size, kept = 0;
    if (argc != 3) return 2;
    char *list = read_file(argv[1], &list_size), *call = read_file(argv[2], &call_size);
    for (;;) {
        ssize_t n = read(0, in + kept, sizeof in - kept - 1);
        if (n <= 0) return 0;
        char *line = in, *end = in + kept + n, *stop;
        *end = 0;
        for (; (stop = memchr(line, '\n', (size_t)(end - line))); line = stop + 1) {
            size_t size = (size_t)(stop - line);
            if (memmem(line, size, "\"tools/call\"", 12))
                answer(line, size, call, call_size);
            else if (memmem(line, size, "\"tools/list\"", 12))
                answer(line, size, list, list_size);
            else if (memmem(line, size, "\"initialize\"", 12))
                answer(line, size, hello, sizeof hello - 1);
        }
        kept = (size_t)(end - line);
        memmove(in, line, kept);
        flush();
    }
}
