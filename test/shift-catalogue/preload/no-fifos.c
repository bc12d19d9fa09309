/* Named pipes cannot be made. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>

int mkfifo(const char *path, mode_t mode) { return errno = EPERM, -1; }

int mkfifoat(int directory, const char *path, mode_t mode) { return errno = EPERM, -1; }

int mknod(const char *path, mode_t mode, dev_t device) { return errno = EPERM, -1; }

int mknodat(int directory, const char *path, mode_t mode, dev_t device) { return errno = EPERM, -1; }
