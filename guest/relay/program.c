/* The program behind the channels: started, and collected.
 *
 * 1. It holds its channels, the files it was given and its standard descriptors, and nothing else of the relay's.
 * 2. It does not outlive the relay.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { above_all = relay_file_at + relay_files }; /* past every number the program is given */

extern char **environ;

static bool lift(const int *from, size_t count, int high[]) {
  for (size_t i = 0; i < count; i++)
    if ((high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, above_all)) < 0) return false;
  return true;
}

/* Numbers above all that are given first, so that none overwrites one that is still needed. */
static bool give_descriptors(const struct relay_options *options, const int *ends, size_t count, int *report) {
  int channels[relay_channels], files[relay_files], line = fcntl(*report, F_DUPFD_CLOEXEC, above_all);
  if (line < 0 || !lift(ends, count, channels) ||
      !lift(options->files, options->file_count, files))
    return false;
  for (int fd = 3; fd < above_all; fd++) close(fd);
  for (size_t i = 0; i < count; i++)
    if (dup2(channels[i], relay_channel_at + (int)i) < 0) return false;
  for (size_t i = 0; i < options->file_count; i++)
    if (dup2(files[i], relay_file_at + (int)i) < 0) return false;
  for (size_t i = 0; options->on_standard && i < 2 && i < count; i++)
    if (dup2(channels[i], (int)i) < 0) return false;
  *report = dup2(line, 3);
  return *report == 3 && fcntl(3, F_SETFD, FD_CLOEXEC) == 0 && syscall(SYS_close_range, above_all, ~0U, 0) == 0;
}

static _Noreturn void child(const struct relay_options *options, const int *ends, size_t count, int report, pid_t relay) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  sigset_t none;
  sigemptyset(&none);
  sigaction(SIGPIPE, &plain, NULL);
  sigaction(SIGCHLD, &plain, NULL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == relay && give_descriptors(options, ends, count, &report))
    execve(options->program ? options->program : options->argv[0], options->argv, options->env ? options->env : environ);
  int error = errno;
  _exit(write(report, &error, sizeof error) == sizeof error ? 127 : 126);
}

pid_t program_start(const struct relay_options *options, const int *ends, size_t count) {
  int report[2], error = 0;
  if (pipe2(report, O_CLOEXEC) < 0) return -1;
  pid_t relay = getpid(), pid = fork();
  if (pid == 0) child(options, ends, count, report[1], relay);
  error = pid < 0 ? errno : 0;
  close(report[1]);
  while (pid > 0 && read(report[0], &error, sizeof error) < 0 && errno == EINTR) continue;
  close(report[0]);
  if (error == 0) return pid;
  while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  errno = error;
  return -1;
}

bool program_ended(pid_t program, int *status) {
  int found, was;
  bool ended = false;
  for (pid_t pid; (pid = waitpid(-1, &was, WNOHANG)) > 0;) {
    if (pid != program) continue;
    ended = true;
    found = WIFEXITED(was) ? WEXITSTATUS(was) : 128 + WTERMSIG(was);
    *status = found;
  }
  return ended;
}
