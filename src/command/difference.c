// What differs between two texts. Contract in difference.h.
#include "command/difference.h"

#include <stdlib.h>
#include <string.h>

#define AROUND 3                        // lines
#define TABLE_MAX ((size_t)4 << 20)     // entries; beyond it what lies between is one change

typedef struct lines {
    slice *at;
    size_t count;
} lines;

typedef struct mark {
    char sign; // ' ', '-' or '+'
    slice line;
} mark;

static lines cut(slice text) {
    lines l = {0};
    for (size_t i = 0; i < text.n; i++) l.count += text.s[i] == '\n';
    l.at = base_alloc((l.count + 1) * sizeof *l.at);
    l.count = 0;
    while (text.n) {
        const char *end = memchr(text.s, '\n', text.n);
        size_t n = end ? (size_t)(end - text.s) + 1 : text.n;
        l.at[l.count++] = (slice){text.s, n};
        text.s += n;
        text.n -= n;
    }
    return l;
}

// The marks of what lies between the common beginning and the common end: by the longest common subsequence
// of lines (Wagner and Fischer 1974).
static size_t mark_middle(const slice *a, size_t an, const slice *b, size_t bn, mark *out) {
    size_t wide = bn + 1, count = 0, i = 0, k = 0;
    bool has_table = (an + 1) * wide <= TABLE_MAX;
    uint32_t *common = base_alloc((has_table ? (an + 1) * wide : 1) * sizeof *common);
    for (size_t x = an; has_table && x-- > 0;)
        for (size_t y = bn; y-- > 0;) {
            uint32_t down = common[(x + 1) * wide + y], right = common[x * wide + y + 1];
            common[x * wide + y] = slice_equal(a[x], b[y]) ? common[(x + 1) * wide + y + 1] + 1
                                   : down > right          ? down
                                                           : right;
        }
    while (i < an || k < bn) {
        if (has_table && i < an && k < bn && slice_equal(a[i], b[k])) {
            out[count++] = (mark){' ', a[i++]};
            k++;
        } else if (i < an &&
                   (k == bn || !has_table || common[(i + 1) * wide + k] >= common[i * wide + k + 1])) {
            out[count++] = (mark){'-', a[i++]};
        } else {
            out[count++] = (mark){'+', b[k++]};
        }
    }
    free(common);
    return count;
}

static void put_mark(buf *out, mark m) {
    buf_char(out, m.sign);
    size_t n = m.line.n;
    bool is_ended = n && m.line.s[n - 1] == '\n';
    if (is_ended) n--;
    if (n && m.line.s[n - 1] == '\r') n--;
    buf_add(out, m.line.s, n);
    buf_char(out, '\n');
    if (!is_ended) buf_text(out, "\\ no line end here\n");
}

// Where the changes end that lie so near to each other that the lines around them touch.
static size_t end_of_hunk(const mark *marks, size_t count, size_t at) {
    size_t last = at;
    for (size_t i = at; i < count && i <= last + 2 * AROUND + 1; i++)
        if (marks[i].sign != ' ') last = i;
    return last + 1;
}

static void put_hunks(buf *out, const mark *marks, size_t count) {
    size_t before = 0, after = 0; // lines so far
    for (size_t at = 0, done = 0; at < count; at++) {
        if (marks[at].sign == ' ') continue;
        size_t from = at - done > AROUND ? at - AROUND : done, change = end_of_hunk(marks, count, at);
        size_t to = count - change > AROUND ? change + AROUND : count, taken = 0, given = 0;
        for (; done < from; done++) before++, after++; // what is left out is the same in both
        for (size_t i = from; i < to; i++) {
            taken += marks[i].sign != '+';
            given += marks[i].sign != '-';
        }
        buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", before + (taken > 0), taken, after + (given > 0), given);
        for (; done < to; done++) put_mark(out, marks[done]);
        before += taken;
        after += given;
        at = to - 1;
    }
}

void difference_put(buf *out, slice before, slice after) {
    lines a = cut(before), b = cut(after);
    size_t start = 0, end = 0, count = 0;
    mark *marks = base_alloc((a.count + b.count + 1) * sizeof *marks);
    while (start < a.count && start < b.count && slice_equal(a.at[start], b.at[start])) start++;
    while (end < a.count - start && end < b.count - start &&
           slice_equal(a.at[a.count - 1 - end], b.at[b.count - 1 - end]))
        end++;
    for (size_t i = 0; i < start; i++) marks[count++] = (mark){' ', a.at[i]};
    count += mark_middle(a.at + start, a.count - start - end, b.at + start, b.count - start - end,
                         marks + count);
    for (size_t i = a.count - end; i < a.count; i++) marks[count++] = (mark){' ', a.at[i]};
    put_hunks(out, marks, count);
    free(marks);
    free(a.at);
    free(b.at);
}
