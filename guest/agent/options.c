/* `holdfast-guest agent`: options from the command line, then agent_run. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../common/unix.h"
#include "../common/seeded.h"
#include "agent.h"

static const char usage[] =
    "usage: holdfast-guest agent (--listen-fd N | --listen PATH | --port-fd N...) [--root DIR]\n"
    "                            [--cgroup-fd N | --cgroup DIR] [--incarnation TEXT] [--default-path PATH]\n"
    "                            [--lease-ms N] [--processes N] [--enters-groups] [--guard-clone3] [--guard-memory] [--seeded]\n";

static int refuse(const char *what, const char *value) {
  fprintf(stderr, "holdfast-guest agent: %s '%s'\n%s", what, value, usage);
  return 64;
}

static bool number(const char *text, long *value) {
  char *rest;
  errno = 0;
  *value = strtol(text, &rest, 10);
  return errno == 0 && rest != text && *rest == 0 && *value >= 0;
}

static bool is_open(long fd) { return fd <= INT32_MAX && fcntl((int)fd, F_GETFD) >= 0; }

/* One option with its value; false when the value is no good. */
static bool take(struct agent_options *options, const char *name, const char *value) {
  long parsed;
  if (strcmp(name, "--listen") == 0) return (options->listen_fd = hf_listen(value)) >= 0;
  if (strcmp(name, "--root") == 0) return (options->root_fd = open(value, O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0;
  if (strcmp(name, "--cgroup") == 0) return (options->cgroup_fd = open(value, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0;
  if (strcmp(name, "--incarnation") == 0) return (options->incarnation = value) != NULL;
  if (strcmp(name, "--default-path") == 0) return (options->default_path = value) != NULL;
  if (!number(value, &parsed)) return false;
  if (strcmp(name, "--lease-ms") == 0 || strcmp(name, "--processes") == 0) {
    *(name[2] == 'l' ? &options->lease_ms : &options->processes) = (unsigned long)parsed;
    return true;
  }
  int *fd = strcmp(name, "--listen-fd") == 0 ? &options->listen_fd : &options->cgroup_fd;
  if (strcmp(name, "--port-fd") == 0) {
    if (options->port_count == sizeof options->port_fds / sizeof *options->port_fds) return false;
    fd = &options->port_fds[options->port_count++];
  }
  *fd = (int)parsed;
  return is_open(parsed) && fcntl(*fd, F_SETFD, FD_CLOEXEC) >= 0;
}

int agent_main(int argc, char **argv) {
  static const char *const known[] = {"--listen",      "--root",         "--cgroup",   "--incarnation",
                                      "--default-path", "--lease-ms", "--listen-fd", "--cgroup-fd", "--port-fd", "--processes"};
  struct agent_options options = {.listen_fd = -1, .cgroup_fd = -1, .root_fd = -1, .is_init = getpid() == 1};
  for (int i = 1; i < argc; i++) {
    bool *flag = strcmp(argv[i], "--guard-clone3") == 0    ? &options.guard_clone3
                 : strcmp(argv[i], "--enters-groups") == 0 ? &options.enters_groups
                 : strcmp(argv[i], "--guard-memory") == 0  ? &options.guard_memory
                 : strcmp(argv[i], "--seeded") == 0        ? &options.seeded
                                                           : NULL;
    if (flag) {
      *flag = true;
      continue;
    }
    size_t at = 0;
    while (at < sizeof known / sizeof *known && strcmp(argv[i], known[at]) != 0) at++;
    if (at == sizeof known / sizeof *known) return refuse("unknown option", argv[i]);
    if (i + 1 == argc) return refuse("no value for", argv[i]);
    if (!take(&options, argv[i], argv[i + 1])) return refuse(argv[i], argv[i + 1]);
    i++;
  }
  if (options.listen_fd < 0 && options.port_count == 0) return refuse("missing option", "--listen-fd");
  if (options.listen_fd >= 0 && options.port_count > 0) return refuse("beside --listen", "--port-fd");
  /* Where the kernel below gives programs other addresses each time, they have those. */
  if (options.seeded && !hf_seeded_places()) perror("holdfast-guest agent: addresses follow from no seed here");
  if (options.seeded && !hf_seeded_calls()) {
    perror("holdfast-guest agent: close getrandom");
    return 70;
  }
  return agent_run(&options);
}
