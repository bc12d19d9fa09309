/* An ordinary user's launcher lives in a user namespace of its own, where it is root over itself and nothing else.
 *
 * It gets there by executing itself again: the kernel ties the right to look at a process to the namespace it was last
 * executed in, and with it the agents, cloned from here, stay visible to whoever owns that namespace: this user. A second
 * process stays outside (door.c), because only from there can the namespaces of an earlier launcher be entered.
 *
 * argv of the second execution: id of CONFIGURE, door's descriptor, launcher kind, flags, home.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

static bool map_self(uid_t uid, gid_t gid, struct fault *fault) {
  char uid_map[48], gid_map[48];
  snprintf(uid_map, sizeof uid_map, "0 %u 1", uid);
  snprintf(gid_map, sizeof gid_map, "0 %u 1", gid);
  return write_maps(getpid(), uid_map, gid_map, true, fault);
}

static bool start_door(struct launcher *launcher, struct fault *fault) {
  int line[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) < 0) return fail(fault, errno, "make a line");
  pid_t pid = fork();
  if (pid == 0) {
    close(line[0]);
    door_run(launcher, line[1]);
  }
  close(line[1]);
  launcher->door = line[0];
  return pid > 0 || fail(fault, errno, "make a process");
}

bool enter_user(struct launcher *launcher, uint32_t id, struct fault *fault) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  char words[3][16];
  if (!start_door(launcher, fault)) return false;
  if (unshare(CLONE_NEWUSER) < 0)
    return fail_namespace(fault, errno, "make a user namespace");
  if (!map_self(uid, gid, fault)) return fault->error = EUSERS, false; /* a namespace without powers, as AppArmor gives */
  fcntl(launcher->door, F_SETFD, 0);
  fcntl(0, F_SETFD, 0);
  snprintf(words[0], sizeof words[0], "%u", id);
  snprintf(words[1], sizeof words[1], "%d", launcher->door);
  snprintf(words[2], sizeof words[2], "%u", launcher->flags);
  char *argv[] = {"holdfast-guest", "launcher", words[0], words[1], launcher->bwrap ? "bwrap" : "fork", words[2],
                  launcher->home,   NULL};
  execve("/proc/self/exe", argv, environ);
  return fail(fault, errno, "execute the launcher again");
}

bool resume_user(struct launcher *launcher, int argc, char **argv, struct hf_buffer *out) {
  struct fault fault = {0};
  if (argc != 5) return false;
  uint32_t id = (uint32_t)strtoul(argv[0], NULL, 10);
  launcher->user_mode = true;
  launcher->door = atoi(argv[1]);
  launcher->bwrap = strcmp(argv[2], "bwrap") == 0;
  launcher->flags = (unsigned)strtoul(argv[3], NULL, 10);
  launcher->home_length = (size_t)snprintf(launcher->home, sizeof launcher->home, "%s", argv[4]);
  fcntl(launcher->door, F_SETFD, FD_CLOEXEC);
  fcntl(0, F_SETFD, FD_CLOEXEC);
  umask(022);
  if (configure_finish(launcher, &fault)) configure_answer(launcher, id, out);
  else {
    launcher->home_length = 0;
    put_error(out, id, &fault);
  }
  return true;
}
