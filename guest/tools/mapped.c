/* `holdfast-guest mapped PROGRAM ARGS...`: runs a program as root of a user namespace in which layers have the owners a
 * sandbox sees: inside 0 is outside 1879048192, and nothing outside is inside. What a hostile tree makes of the program can
 * do no more than a sandbox could.
 *
 * 1. Called by real root; the current directory and the descriptors past 2 are handed on.
 * 2. The program ends with its caller, and its end is this one's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "tools.h"

enum { cannot_map = 71, cannot_execute = 126 };

static int refuse(const char *what) {
  fprintf(stderr, "holdfast-guest mapped: %s: %s\n", what, strerror(errno));
  return cannot_map;
}

static int write_map(pid_t pid, const char *which) {
  static const char map[] = "0 1879048192 65536";
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, which);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t put = write(fd, map, sizeof map - 1);
  close(fd);
  return put == sizeof map - 1 ? 0 : -1;
}

static _Noreturn void run(int ready, int mapped, char **argv) {
  char byte = 1;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (unshare(CLONE_NEWUSER) < 0) _exit(refuse("make a user namespace"));
  if (write(ready, &byte, 1) != 1 || read(mapped, &byte, 1) != 1) _exit(cannot_map);
  if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) _exit(refuse("become its root"));
  /* Changing ids forgot it. */
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  execv(argv[0], argv);
  fprintf(stderr, "holdfast-guest mapped: execute %s: %s\n", argv[0], strerror(errno));
  _exit(cannot_execute);
}

int mapped_main(int argc, char **argv) {
  int ready[2], mapped[2], status;
  char byte = 1;
  if (argc < 2) {
    fprintf(stderr, "usage: holdfast-guest mapped PROGRAM ARGS...\n");
    return 64;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(mapped, O_CLOEXEC) < 0) return refuse("make a pipe");
  pid_t pid = fork();
  if (pid < 0) return refuse("make a process");
  if (pid == 0) {
    close(mapped[1]);
    run(ready[1], mapped[0], argv + 1);
  }
  close(ready[1]);
  if (read(ready[0], &byte, 1) == 1 && (write_map(pid, "uid_map") < 0 || write_map(pid, "gid_map") < 0 || write(mapped[1], &byte, 1) != 1)) {
    refuse("map the ids");
    kill(pid, SIGKILL);
  }
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return refuse("wait for the program");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
