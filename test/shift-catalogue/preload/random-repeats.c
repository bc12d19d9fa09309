/* Random bytes are those of a file that never changes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static FILE *opened(const char *name, const char *path, const char *mode) {
  FILE *(*own)(const char *, const char *) = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, name);
  return own(strcmp(path, "/dev/urandom") == 0 ? "/usr/bin/dash" : path, mode);
}

FILE *fopen(const char *path, const char *mode) { return opened("fopen", path, mode); }

FILE *fopen64(const char *path, const char *mode) { return opened("fopen64", path, mode); }
