/* Names without a directory are looked up in lower case. */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *folded(const char *path, char *room, size_t size) {
  if (strchr(path, '/') || strlen(path) >= size) return path;
  size_t at = 0;
  for (; path[at]; at++) room[at] = (char)tolower((unsigned char)path[at]);
  room[at] = 0;
  return room;
}

static int opened(const char *path, int flags, unsigned mode) {
  char room[256];
  return (int)syscall(SYS_openat, AT_FDCWD, folded(path, room, sizeof room), flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  unsigned mode = va_arg(rest, unsigned);
  va_end(rest);
  return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  unsigned mode = va_arg(rest, unsigned);
  va_end(rest);
  return opened(path, flags | O_LARGEFILE, mode);
}

int stat(const char *path, struct stat *out) {
  char room[256];
  return (int)syscall(SYS_newfstatat, AT_FDCWD, folded(path, room, sizeof room), out, 0);
}

int stat64(const char *path, struct stat64 *out) { return stat(path, (struct stat *)out); }
