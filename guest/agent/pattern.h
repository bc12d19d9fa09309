/* What SEARCH looks for: plain text (memmem), plain text whatever its ASCII case, or a POSIX extended expression. */
#ifndef HOLDFAST_PATTERN_H
#define HOLDFAST_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { pattern_regex = 1, pattern_ignore_case = 2 };

struct pattern {
  regex_t regex;
  char *text;
  size_t length;
  bool compiled, is_regex, fold;
};

struct span {
  size_t start, end;
};

/* False with the reason in `why`. */
bool pattern_compile(struct pattern *pattern, const char *text, uint64_t flags, char *why, size_t room);
void pattern_free(struct pattern *pattern);
/* The first line between `from` (a line's start) and `to` that matches, without its newline. `bytes` must be writable
 * up to and including bytes[to]; they are unchanged afterwards. */
bool pattern_find(const struct pattern *pattern, char *bytes, size_t from, size_t to, struct span *line);
/* True when the glob matches a file's name or, if it contains a slash, its path below the searched directory; there a
 * leading or inner double star also stands for no directory at all. */
bool pattern_glob(const char *glob, const char *name, const char *path);

#endif
