/* `holdfast-guest bridge`: options from the command line, then bridge_run. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../common/unix.h"
#include "bridge.h"

static const char usage[] =
    "usage: holdfast-guest bridge (--to DOOR PATH | --vsock DOOR PATH PORT)... -- PROGRAM [ARGUMENT]...\n"
    "       DOOR is the number of a listening socket, or a path to listen at\n";

static int refuse(const char *what, const char *value) {
  fprintf(stderr, "holdfast-guest bridge: %s '%s'\n%s", what, value, usage);
  return 64;
}

static bool number(const char *text, unsigned long least, unsigned long most, unsigned long *value) {
  char *rest;
  errno = 0;
  *value = strtoul(text, &rest, 10);
  return errno == 0 && *text >= '0' && *text <= '9' && *rest == 0 && *value >= least && *value <= most;
}

static bool take_listener(const char *text, int *fd) {
  unsigned long value;
  int listens = 0;
  socklen_t size = sizeof listens;
  bool is_path = strchr(text, '/') != NULL;
  if (!is_path && !number(text, 0, 1 << 20, &value)) return false;
  *fd = is_path ? hf_listen(text) : (int)value;
  if (getsockopt(*fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens) return false;
  return fcntl(*fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(*fd, F_SETFL, O_NONBLOCK) == 0;
}

int bridge_main(int argc, char **argv) {
  struct door doors[bridge_doors];
  size_t count = 0;
  int at = 1;
  while (at < argc && strcmp(argv[at], "--") != 0) {
    bool to_port = strcmp(argv[at], "--vsock") == 0;
    int words = to_port ? 4 : 3;
    unsigned long port = no_port;
    if (!to_port && strcmp(argv[at], "--to") != 0) return refuse("unknown option", argv[at]);
    if (at + words > argc || count == bridge_doors) return refuse("no place for", argv[at]);
    struct door *door = &doors[count++];
    if (!take_listener(argv[at + 1], &door->listener)) return refuse("cannot listen on", argv[at + 1]);
    door->path = argv[at + 2];
    if (to_port && !number(argv[at + 3], 1, UINT32_MAX - 1, &port)) return refuse("not a port", argv[at + 3]);
    door->port = (uint32_t)port;
    at += words;
  }
  if (count == 0) return refuse("missing option", "--to");
  if (at + 1 >= argc) return refuse("missing", "-- PROGRAM");
  return bridge_run(doors, count, argv + at + 1);
}
