/* Unix sockets by path: what programs of this binary listen on, and connect to. */
#define _GNU_SOURCE
#include "unix.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { backlog = 8 };

/* Made under another name, so that whoever waits for the path finds somebody behind it. A link, unlike a rename, does not replace
 * what is there. */
int hf_listen(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%s~", path);
  if (length >= (int)sizeof address.sun_path) return -1;
  unlink(address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool done = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, backlog) == 0 &&
              link(address.sun_path, path) == 0;
  unlink(address.sun_path);
  if (done) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

int hf_connect(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}
