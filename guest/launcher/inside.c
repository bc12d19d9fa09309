/* LAUNCH seen from the new process: from a bare clone of the launcher to a locked-down agent, in one straight line.
 *
 * 1. The launcher is waited for twice (ids mapped; root and groups ready) and its end is this process's end.
 * 2. When the agent starts, this process holds its listening socket, its control group, /dev/null, and nothing else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../agent/agent.h"
#include "../relay/relay.h"
#include "inside.h"
#include "kernel.h"

enum { listen_at = 3, group_at = 4, line_at = 5, more_at = 6, high = 64, most_received = 1 + max_binds + 3 };

static _Noreturn void give_up(const struct inside *inside, const struct fault *fault) {
  struct hf_buffer out = {0};
  put_error(&out, inside->id, fault);
  write_frames(inside->line, &out);
  _exit(1);
}

static bool await(const struct inside *inside, int *fds, size_t room) {
  return receive_byte(inside->line, fds, room, launch_deadline_ms);
}

/* Root of its own namespace, so that what it makes belongs to the sandbox. */
static bool become_root(const struct inside *inside, struct fault *fault) {
  if (inside->launcher->user_mode || inside->request->flags & launch_powers_kept) return true;
  if (syscall(SYS_setgroups, 0, NULL) < 0) return fail(fault, errno, "drop groups");
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return fail(fault, errno, "become the sandbox's root");
  return true;
}

static bool join_groups(const int *fds, size_t count, struct fault *fault) {
  for (size_t i = 0; i < count; i++) {
    if (fds[i] < 0) continue;
    if (write(fds[i], "0", 1) != 1) return fail(fault, errno, "enter a limit group");
    close(fds[i]);
  }
  return true;
}

/* What a program is given beside its channel: first lifted out of the way, then side by side; the number past the last. */
static int keep_more(int *fds, size_t count, int at) {
  for (size_t i = 0; i < count; i++)
    if (dup2(fds[i], at + (int)i) < 0) return -1;
  for (size_t i = 0; i < count; i++) {
    fds[i] = at + (int)i;
    fcntl(fds[i], F_SETFD, FD_CLOEXEC);
  }
  return at + (int)count;
}

static bool lift(int *fds, size_t count) {
  for (size_t i = 0; i < count; i++)
    if ((fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, high)) < 0) return false;
  return true;
}

/* Numbers above the ones in use first, so that no move overwrites a descriptor still needed. */
static bool keep_descriptors(struct inside *inside, struct fault *fault) {
  int none = open("/dev/null", O_RDWR);
  int above[3] = {fcntl(inside->listen_fd, F_DUPFD, high), -1, fcntl(inside->line, F_DUPFD_CLOEXEC, high)};
  struct program *program = &inside->program;
  if (inside->group_fd >= 0) above[1] = fcntl(inside->group_fd, F_DUPFD, high);
  if (none < 0 || above[0] < 0 || above[2] < 0 || !lift(program->controls, program->control_count) ||
      !lift(program->files, program->file_count) || !lift(inside->port_fds, inside->port_count))
    return fail(fault, errno, "keep descriptors");
  for (int i = 0; i < 3; i++) dup2(none, i);
  dup2(above[0], listen_at);
  if (above[1] >= 0) dup2(above[1], group_at);
  dup2(above[2], line_at);
  inside->listen_fd = listen_at;
  if (inside->group_fd >= 0) inside->group_fd = group_at;
  else close(group_at);
  inside->line = line_at;
  for (int fd = listen_at; fd <= line_at; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  int next = keep_more(program->controls, program->control_count, more_at);
  next = next < 0 ? next : keep_more(program->files, program->file_count, next);
  next = next < 0 ? next : keep_more(inside->port_fds, inside->port_count, next);
  if (next < 0) return fail(fault, errno, "keep descriptors");
  return kernel_close_range((unsigned)next, ~0U) == 0 || fail(fault, errno, "close inherited descriptors");
}

static void plain_signals(void) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  sigset_t none;
  sigaction(SIGCHLD, &plain, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The command line names paths of the machine, or what the launcher was told. */
void hide_title(char *title, size_t length, bool is_relay) {
  memset(title, 0, length);
  snprintf(title, length + 1, is_relay ? "relay" : "agent");
  prctl(PR_SET_NAME, is_relay ? "holdfast-relay" : "holdfast-agent", 0, 0, 0);
}

/* Our own way: everything bubblewrap would do, and less of what it would not. */
static bool fork_way(struct inside *inside, struct fault *fault) {
  struct view view;
  struct cell cell;
  bool makes_own = inside->request->flags & launch_makes_own;
  int received[most_received];
  memset(received, -1, sizeof received);
  if (!(makes_own ? cell_prepare(&cell, inside, fault) : view_prepare(&view, inside, fault))) return false;
  if (!await(inside, received, most_received)) _exit(1);
  view.root = received[0];
  if (!join_groups(received + 1, most_received - 1, fault)) return false;
  if (unshare(CLONE_NEWCGROUP) < 0) return fail_namespace(fault, errno, "make a cgroup namespace");
  bool entered = makes_own ? cell_enter(&cell, view.root, inside, fault) : view_enter(&view, inside, fault);
  return entered && keep_descriptors(inside, fault) && lockdown(inside, fault);
}

static _Noreturn void bwrap_way(struct inside *inside, struct fault *fault) {
  int received[most_received];
  memset(received, -1, sizeof received);
  if (!await(inside, received, most_received)) _exit(1);
  size_t trees = 1 + inside->request->bind_count;
  if (join_groups(received + trees, most_received - trees, fault)) bwrap_run(inside, received, fault);
  give_up(inside, fault);
}

void inside_report(struct inside *inside) {
  struct hf_buffer out = {0};
  hf_frame_end(&out, hf_frame_begin(&out, HF_OK, inside->id));
  write_frames(inside->line, &out);
  hf_buffer_free(&out);
  close(inside->line);
  inside->line = -1;
}

/* One that makes its own sandbox is ready when the agent in there is, and reports through the relay. */
static _Noreturn void relay_until_end(struct inside *inside, struct relay *relay, struct fault *fault) {
  if (!(inside->request->flags & launch_makes_own)) inside_report(inside);
  int status = relay_run(relay);
  if (inside->line < 0) _exit(status);
  char said[160];
  cell_said(said, sizeof said);
  fail(fault, EIO, "%s ended with status %d before its agent answered%s%s", inside->request->arguments[0], status,
       said[0] ? ", saying: " : "", said);
  give_up(inside, fault);
}

_Noreturn void inside_run(const struct inside *given) {
  struct inside inside = *given;
  struct fault fault = {0};
  plain_signals();
  setsid();
  umask(022);
  struct sched_param ordinary = {0};
  syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &ordinary); /* whatever priority the daemon was given */
  if (!await(&inside, NULL, 0)) _exit(1);
  if (!become_root(&inside, &fault)) give_up(&inside, &fault);
  if (inside.launcher->bwrap) bwrap_way(&inside, &fault);
  clearenv();
  bool is_relay = inside.request->argument_count > 0;
  hide_title(inside.launcher->title, inside.launcher->title_length, is_relay);
  if (!fork_way(&inside, &fault)) give_up(&inside, &fault);
  struct relay *relay = is_relay ? program_begin(&inside, &fault) : NULL;
  if (is_relay && !relay) give_up(&inside, &fault);
  if (relay) relay_until_end(&inside, relay, &fault);
  inside_report(&inside);
  struct agent_options options = {.listen_fd = inside.listen_fd,
                                  .port_count = (int)inside.port_count,
                                  .cgroup_fd = inside.group_fd,
                                  .root_fd = -1,
                                  .incarnation = inside.request->incarnation,
                                  .lease_ms = (unsigned long)inside.request->lease_ms,
                                  .is_init = true,
                                  .enters_groups = inside.launcher->machine,
                                  .guard_clone3 = !inside.launcher->machine};
  memcpy(options.port_fds, inside.port_fds, sizeof inside.port_fds);
  _exit(agent_run(&options));
}
