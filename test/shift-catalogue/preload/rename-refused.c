/* A rename never replaces. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int renamed(int one, const char *from, int other, const char *to, unsigned flags) {
  if (faccessat(other, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return errno = EEXIST, -1;
  return (int)syscall(SYS_renameat2, one, from, other, to, flags);
}

int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat(int one, const char *from, int other, const char *to) { return renamed(one, from, other, to, 0); }

int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
  return renamed(one, from, other, to, flags);
}
