/* Modes are taken and forgotten. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

int chmod(const char *path, mode_t mode) { return 0; }

int fchmod(int file, mode_t mode) { return 0; }

int fchmodat(int directory, const char *path, mode_t mode, int flags) { return 0; }
