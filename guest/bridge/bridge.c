/* The bridge's loop.
 *
 * 1. It ends when the program does, with its exit status, or 128 and the number of the signal that ended it; the program
 *    does not outlive it.
 * 2. The program gets every descriptor the bridge was given but the doors.
 * 3. More clients than places wait in the backlogs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"

static struct pair pairs[bridge_pairs];
static volatile sig_atomic_t child_ended;

static void on_child(int signal) {
  (void)signal;
  child_ended = 1;
}

uint64_t bridge_now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static pid_t start(char *const *argv) {
  struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  sigaction(SIGCHLD, &child, NULL);
  pid_t bridge = getpid(), pid = fork();
  if (pid != 0) return pid;
  sigprocmask(SIG_SETMASK, &before, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == bridge) execv(argv[0], argv);
  fprintf(stderr, "holdfast-guest bridge: cannot execute %s: %s\n", argv[0], strerror(errno));
  _exit(errno == ENOENT ? 127 : 126);
}

static struct pair *free_pair(void) {
  for (size_t i = 0; i < bridge_pairs; i++)
    if (pairs[i].state == pair_free) return &pairs[i];
  return NULL;
}

static void accept_at(const struct door *door) {
  struct pair *pair = free_pair();
  int client = pair ? accept4(door->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
  if (client >= 0) pair_open_for(pair, door, client);
}

static struct timespec *soonest(struct timespec *wait) {
  int least = -1;
  for (size_t i = 0; i < bridge_pairs; i++) {
    int ms = pair_timeout(&pairs[i]);
    if (ms >= 0 && (least < 0 || ms < least)) least = ms;
  }
  *wait = (struct timespec){.tv_sec = least / 1000, .tv_nsec = (long)(least % 1000) * 1000000};
  return least < 0 ? NULL : wait;
}

static void turn(const struct door *doors, size_t count) {
  struct pollfd polls[bridge_doors + 2 * bridge_pairs];
  struct timespec wait;
  sigset_t none;
  size_t used = 0;
  bool serves[bridge_pairs], has_room = free_pair() != NULL;
  sigemptyset(&none);
  for (size_t i = 0; i < count; i++)
    polls[used++] = (struct pollfd){.fd = doors[i].listener, .events = has_room ? POLLIN : 0};
  for (size_t i = 0; i < bridge_pairs; i++) {
    serves[i] = pairs[i].state != pair_free;
    if (serves[i]) pair_prepare(&pairs[i], polls, &used);
  }
  int ready = ppoll(polls, used, soonest(&wait), &none);
  if (ready < 0) return;
  for (size_t i = 0; i < bridge_pairs; i++)
    if (serves[i]) pair_ready(&pairs[i], polls);
  for (size_t i = 0; i < count; i++)
    if (polls[i].revents & POLLIN) accept_at(&doors[i]);
}

int bridge_run(const struct door *doors, size_t count, char *const *argv) {
  int was;
  pid_t program = start(argv);
  if (program < 0) return 126;
  for (;;) {
    turn(doors, count);
    if (!child_ended) continue;
    child_ended = 0;
    for (pid_t pid; (pid = waitpid(-1, &was, WNOHANG)) > 0;)
      if (pid == program) return WIFEXITED(was) ? WEXITSTATUS(was) : 128 + WTERMSIG(was);
  }
}
