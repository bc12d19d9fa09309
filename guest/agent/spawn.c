/* Runs the child of a started program up to its exec; start.c prepares what it needs.
 *
 * 1. The child shares the agent's memory until exec (vfork), so it reports a failed step by writing one variable, and
 *    touches nothing else.
 * 2. It keeps descriptors 0 to 2 only, an empty signal mask, and default dispositions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

enum { path_buffer_bytes = 4096 };

static _Noreturn void child(const struct agent *agent, const struct spawn_plan *plan);
static volatile int child_error;
static const char *volatile child_step;

#if defined(__x86_64__)
static inline long share_clone(struct clone_args *args) {
  long result;
  register long number __asm__("rax") = SYS_clone3;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(args), "S"(sizeof *args) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long share_clone(struct clone_args *args) {
  register long x0 __asm__("x0") = (long)args;
  register long x1 __asm__("x1") = sizeof *args;
  register long x8 __asm__("x8") = SYS_clone3;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
  return x0;
}
#else
static inline long share_clone(struct clone_args *args) {
  (void)args;
  return -ENOSYS;
}
#endif

/* Straight into its cgroup: moving it there afterwards would wait for an RCU grace period, some 8 ms, unless the groups were
 * mounted not to (enters_groups). Inline system call and a child that never returns, because both run on this very stack. */
__attribute__((noinline)) static pid_t start_in_group(const struct agent *agent, const struct spawn_plan *plan) {
  struct clone_args args = {.flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP,
                            .exit_signal = SIGCHLD,
                            .cgroup = (uint64_t)plan->group_fd};
  long pid = share_clone(&args);
  if (pid == 0) child(agent, plan);
  if (pid < 0) errno = (int)-pid;
  return pid < 0 ? -1 : (pid_t)pid;
}

__attribute__((noinline)) static pid_t start_plain(const struct agent *agent, const struct spawn_plan *plan) {
  pid_t pid = vfork();
  if (pid == 0) child(agent, plan);
  return pid;
}

static void set_oom_score(const struct agent *agent, const char *score) {
  if (agent->oom_fd >= 0 && pwrite(agent->oom_fd, score, strlen(score), 0) < 0) return;
}

/* The child inherits the raised score; the agent takes its own back at once. */
pid_t spawn_start(struct agent *agent, const struct spawn_plan *plan, int *error, const char **step) {
  child_error = 0;
  child_step = "make a process";
  char raised[8];
  snprintf(raised, sizeof raised, "%d", child_oom_score);
  set_oom_score(agent, raised);
  bool born_there = plan->group_fd >= 0 && !agent->options->enters_groups;
  pid_t pid = born_there ? start_in_group(agent, plan) : start_plain(agent, plan);
  *error = pid < 0 ? errno : child_error;
  *step = child_step;
  set_oom_score(agent, agent->oom_score);
  if (pid > 0 && *error) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    pid = -1;
  }
  return pid;
}

static _Noreturn void fail(int error, const char *step) {
  child_error = error;
  child_step = step;
  _exit(127);
}

static void guard_clone3(void) {
  static struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  static struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) fail(errno, "close clone3");
}

/* Tries the places PATH names; EACCES is remembered over the ENOENT of later places, as a shell does. */
static _Noreturn void exec_on_path(const struct spawn_plan *plan, char **env) {
  const char *name = plan->argv[0];
  if (strchr(name, '/')) {
    execve(name, plan->argv, env);
    fail(errno, "start the program");
  }
  size_t name_length = strlen(name);
  int error = ENOENT;
  char file[path_buffer_bytes];
  for (const char *at = plan->path; name_length > 0; at++) {
    const char *stop = strchrnul(at, ':');
    size_t length = (size_t)(stop - at);
    if (length + name_length + 2 <= sizeof file) {
      memcpy(file, at, length);
      if (length > 0) file[length++] = '/';
      memcpy(file + length, name, name_length + 1);
      execve(file, plan->argv, env);
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) fail(errno, "start the program");
      if (errno == EACCES) error = EACCES;
    }
    if (*stop == 0) break;
    at = stop;
  }
  fail(error, "find the program");
}

static void take_stdio(const struct spawn_plan *plan) {
  for (int i = 0; i < 3; i++) {
    int fd = plan->stdio[i];
    if (fd < 0) fd = open("/dev/null", O_RDWR);
    if (fd < 0 || dup2(fd, i) < 0) fail(errno, "set up standard input and output");
  }
}

static _Noreturn void child(const struct agent *agent, const struct spawn_plan *plan) {
  if (agent->options->enters_groups && plan->group_fd >= 0 && write(plan->group_fd, "0", 1) != 1) fail(errno, "enter its cgroup");
  setsid();
  take_stdio(plan);
  if (plan->pty && ioctl(0, TIOCSCTTY, 0) < 0) fail(errno, "take the terminal");
  if (fchdir(plan->cwd_fd) < 0) fail(errno, "enter the working directory");
  if (syscall(SYS_close_range, 3, INT_MAX, 0) < 0) fail(errno, "close other descriptors");
  if (agent->options->guard_clone3) guard_clone3();
  struct sigaction plain = {.sa_handler = SIG_DFL};
  sigaction(SIGPIPE, &plain, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  exec_on_path(plan, plan->env);
}
