/* Names are as long as an encrypted file system allows: 143 bytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const long most = 143;

long pathconf(const char *path, int name) {
  if (name == _PC_NAME_MAX) return most;
  return name == _PC_PATH_MAX ? 4096 : (errno = EINVAL, -1);
}

int mkdir(const char *path, mode_t mode) {
  const char *last = strrchr(path, '/');
  if ((long)strlen(last ? last + 1 : path) > most) return errno = ENAMETOOLONG, -1;
  return (int)syscall(SYS_mkdirat, -100, path, mode);
}
