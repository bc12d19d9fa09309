/* `holdfast-guest relay`: options from the command line, then relay_run. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../common/unix.h"
#include "relay.h"

static const char usage[] =
    "usage: holdfast-guest relay --listen PATH [--clients N] [--listen PATH]... [--on-standard] -- PROGRAM [ARGUMENT]...\n";

static int refuse(const char *what, const char *value) {
  fprintf(stderr, "holdfast-guest relay: %s '%s'\n%s", what, value, usage);
  return 64;
}

int relay_main(int argc, char **argv) {
  struct relay_options options = {0};
  int at = 1;
  for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
    if (strcmp(argv[at], "--on-standard") == 0) {
      options.on_standard = true;
      continue;
    }
    bool clients = strcmp(argv[at], "--clients") == 0;
    if (!clients && strcmp(argv[at], "--listen") != 0) return refuse("unknown option", argv[at]);
    if (clients && at + 1 < argc) {
      options.clients = (size_t)atoi(argv[++at]);
      continue;
    }
    if (at + 1 == argc || options.listener_count == relay_channels) return refuse("no place for", argv[at]);
    int fd = hf_listen(argv[++at]);
    if (fd < 0) return refuse("cannot listen on", argv[at]);
    options.listeners[options.listener_count++] = fd;
  }
  if (options.listener_count == 0) return refuse("missing option", "--listen");
  if (at + 1 >= argc) return refuse("missing", "-- PROGRAM");
  options.argv = argv + at + 1;
  struct relay *relay = relay_start(&options);
  if (relay) return relay_run(relay);
  fprintf(stderr, "holdfast-guest relay: cannot execute %s: %s\n", options.argv[0], strerror(errno));
  return errno == ENOENT ? 127 : 126;
}
