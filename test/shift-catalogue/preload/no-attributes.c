/* Extended attributes are not kept. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/xattr.h>

int setxattr(const char *path, const char *name, const void *value, size_t size, int flags) { return errno = ENOTSUP, -1; }

int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags) { return errno = ENOTSUP, -1; }

int fsetxattr(int file, const char *name, const void *value, size_t size, int flags) { return errno = ENOTSUP, -1; }
