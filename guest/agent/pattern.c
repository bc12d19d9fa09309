#define _GNU_SOURCE
#include "pattern.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_pattern_bytes = 4096, most_glob_bytes = 1024, most_repeats = 10000, most_stars = 8 };

/* An expression's size in memory is the product of its nested repeat counts; a few bytes could ask for gigabytes. */
static bool repeats_bounded(const char *text) {
  unsigned long product = 1;
  for (const char *at = text; (at = strchr(at, '{')); at++) {
    char *rest;
    unsigned long count = strtoul(at + 1, &rest, 10);
    if (*rest == ',') {
      unsigned long upper = strtoul(rest + 1, NULL, 10);
      if (upper > count) count = upper;
    }
    if (count > 1) product = count > most_repeats ? most_repeats + 1 : product * count;
    if (product > most_repeats) return false;
  }
  return true;
}

bool pattern_compile(struct pattern *pattern, const char *text, uint64_t flags, char *why, size_t room) {
  *pattern = (struct pattern){.length = strlen(text), .is_regex = flags & pattern_regex, .fold = flags & pattern_ignore_case};
  if (pattern->length == 0 || pattern->length > most_pattern_bytes) {
    snprintf(why, room, "the pattern is 1 to %d bytes", most_pattern_bytes);
    return false;
  }
  if (!pattern->is_regex) {
    if (strchr(text, '\n')) {
      snprintf(why, room, "the pattern is one line");
      return false;
    }
    pattern->text = strdup(text);
    for (char *at = pattern->text; at && pattern->fold && *at; at++) *at = (char)tolower((unsigned char)*at);
    if (!pattern->text) snprintf(why, room, "no memory");
    return pattern->text != NULL;
  }
  if (!repeats_bounded(text)) {
    snprintf(why, room, "the repeat counts multiply to more than %d", most_repeats);
    return false;
  }
  int error = regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB | (pattern->fold ? REG_ICASE : 0));
  if (error) regerror(error, &pattern->regex, why, room);
  pattern->compiled = error == 0;
  return error == 0;
}

void pattern_free(struct pattern *pattern) {
  if (pattern->compiled) regfree(&pattern->regex);
  free(pattern->text);
  *pattern = (struct pattern){0};
}

static size_t line_end(const char *bytes, size_t from, size_t to) {
  const char *newline = memchr(bytes + from, '\n', to - from);
  return newline ? (size_t)(newline - bytes) : to;
}

static bool find_regex(const struct pattern *pattern, char *bytes, size_t from, size_t to, struct span *line) {
  for (size_t at = from; at < to;) {
    size_t end = line_end(bytes, at, to);
    char kept = bytes[end];
    bytes[end] = 0;
    bool matches = regexec(&pattern->regex, bytes + at, 0, NULL, 0) == 0;
    bytes[end] = kept;
    if (matches) {
      *line = (struct span){.start = at, .end = end};
      return true;
    }
    at = end + 1;
  }
  return false;
}

/* Looks for either case of the first letter with memchr, then compares the rest. */
static const char *find_folded(const struct pattern *pattern, const char *bytes, size_t length) {
  char lower = pattern->text[0], upper = (char)toupper((unsigned char)lower);
  const char *stop = bytes + length;
  const char *low = bytes, *high = lower == upper ? stop : bytes;
  if (length < pattern->length) return NULL;
  const char *last = stop - pattern->length + 1;
  low = memchr(low, lower, (size_t)(last - low));
  high = high < last ? memchr(high, upper, (size_t)(last - high)) : NULL;
  while (low || high) {
    const char *at = !high || (low && low < high) ? low : high;
    size_t same = 1;
    while (same < pattern->length && tolower((unsigned char)at[same]) == (unsigned char)pattern->text[same]) same++;
    if (same == pattern->length) return at;
    if (at == low) low = memchr(at + 1, lower, (size_t)(last - at - 1));
    else high = memchr(at + 1, upper, (size_t)(last - at - 1));
  }
  return NULL;
}

bool pattern_find(const struct pattern *pattern, char *bytes, size_t from, size_t to, struct span *line) {
  if (pattern->is_regex) return find_regex(pattern, bytes, from, to, line);
  const char *found = pattern->fold ? find_folded(pattern, bytes + from, to - from)
                                    : memmem(bytes + from, to - from, pattern->text, pattern->length);
  if (!found) return false;
  size_t at = (size_t)(found - bytes);
  const char *before = memrchr(bytes + from, '\n', at - from);
  *line = (struct span){.start = before ? (size_t)(before - bytes) + 1 : from, .end = line_end(bytes, at, to)};
  return true;
}

/* Tries the glob with each of its double-star directories there and left out: 2^most_stars ways at most. */
static bool match_path(const char *glob, const char *path, int stars) {
  if (fnmatch(glob, path, 0) == 0) return true;
  for (const char *at = glob; stars > 0 && (at = strstr(at, "**/")); at += 3) {
    char shorter[most_glob_bytes];
    size_t head = (size_t)(at - glob);
    memcpy(shorter, glob, head);
    strcpy(shorter + head, at + 3);
    if (match_path(shorter, path, stars - 1)) return true;
  }
  return false;
}

bool pattern_glob(const char *glob, const char *name, const char *path) {
  if (!strchr(glob, '/')) return fnmatch(glob, name, 0) == 0;
  return strlen(glob) < most_glob_bytes && match_path(glob, path, most_stars);
}
