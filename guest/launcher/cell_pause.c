/* Standing a cell still: gVisor is asked to pause its programs, and the relay is stopped. A control group would stop the
 * processes that carry them in the middle of a call that gVisor waits for in a way it does not survive twice (seccomp's
 * notifications are lost when who waits for their answer is frozen).
 *
 * 1. A stopped relay is the mark of a cell that stands still, which outlives the launcher: pauses nest in gVisor, and going on
 *    once too often ends it.
 * 2. What answers is hostile: it is reached through no link, read once and bounded, and never waited for past the deadline.
 *    A cell whose memory is being saved goes on when that is done, also when who asked for it was killed meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { stopped_ms = 500, resume_ms = 10000 };

static const char control_place[] = "state/runsc-sandbox.sock";

static int open_control(pid_t pid) {
  char path[64];
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int control = root < 0 ? -1 : kernel_openat2(root, control_place, &how);
  int error = errno;
  if (root >= 0) close(root);
  errno = error;
  return control;
}

static int connect_control(pid_t pid, unsigned ms) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  struct timeval patience = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
  int control = open_control(pid), line = control < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d", control);
  bool done = line >= 0 && setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
              setsockopt(line, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
              connect(line, (struct sockaddr *)&name, sizeof name) == 0;
  int error = errno;
  if (control >= 0) close(control);
  if (!done && line >= 0) close(line);
  errno = error;
  return done ? line : -1;
}

/* gVisor's own way of being told: one object of JSON to and fro. */
static bool ask(pid_t pid, const char *verb, unsigned ms, struct fault *fault) {
  char text[512];
  int line = connect_control(pid, ms);
  if (line < 0) return fail(fault, errno, "reach the control socket of gVisor in process %d", (int)pid);
  int length = snprintf(text, sizeof text, "{\"method\":\"containerManager.%s\",\"arg\":null}", verb);
  ssize_t got = send(line, text, (size_t)length, MSG_NOSIGNAL) == length ? recv(line, text, sizeof text - 1, 0) : -1;
  int error = errno == EAGAIN ? ETIMEDOUT : errno;
  close(line);
  if (got < 0) return fail(fault, error, "ask gVisor to %s", verb);
  text[got] = 0;
  return strstr(text, "\"success\":true") != NULL || fail(fault, EPROTO, "ask gVisor to %s", verb);
}

static void note_state(pid_t pid, char state, void *context) {
  char *states = context;
  if (states[0] == (char)0) states[0] = state;
  (void)pid;
}

bool cell_stands(const struct request *request) {
  char state = 0;
  process_walk((pid_t)request->pid, note_state, &state);
  return state == 'T';
}

bool cell_pause(const struct request *request, struct fault *fault) {
  struct fault ignored = {0};
  pid_t pid = (pid_t)request->pid;
  uint64_t deadline = now_us() + stopped_ms * 1000ULL;
  if (cell_stands(request)) return true;
  if (!ask(pid, "Pause", freeze_deadline_ms, fault)) {
    /* One that was late is counted all the same. */
    if (fault->error == ETIMEDOUT) ask(pid, "Resume", freeze_deadline_ms, &ignored);
    return false;
  }
  if (kill(pid, SIGSTOP) < 0) fail(fault, errno, "stop the relay of process %d", (int)pid);
  while (!fault->error && !cell_stands(request) && now_us() < deadline) usleep(100);
  return fault->error == 0;
}

bool cell_resume(const struct request *request, struct fault *fault) {
  pid_t pid = (pid_t)request->pid;
  if (!cell_stands(request)) return true;
  bool done = ask(pid, "Resume", resume_ms, fault);
  return (kill(pid, SIGCONT) == 0 || fail(fault, errno, "let the relay of process %d go on", (int)pid)) && done;
}
