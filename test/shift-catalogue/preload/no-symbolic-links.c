/* Symbolic links cannot be made. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

int symlink(const char *target, const char *path) { return errno = EPERM, -1; }

int symlinkat(const char *target, int directory, const char *path) { return errno = EPERM, -1; }
