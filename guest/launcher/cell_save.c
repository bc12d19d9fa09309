/* MEMORY of a cell: gVisor writes its programs, their memory and all it knows of them into a directory of home.
 *
 * 1. gVisor's own program does it, in all of the cell's namespaces and with no more rights than it had there. The directory is
 *    mounted over /tmp, which gVisor needs while it starts only, and for this mount namespace alone.
 * 2. When it fails the cell may run on; whoever asked looks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"

enum { save_ms = 120000, kinds = 6 };

static const struct {
  const char *name;
  int flag;
} spaces[kinds] = {{"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS},
                   {"pid", CLONE_NEWPID}, {"mnt", CLONE_NEWNS},  {"user", CLONE_NEWUSER}};

/* Its own to write in there; the directories above stay the host's. */
static int image_tree(const struct launcher *launcher, const char *path, struct fault *fault) {
  int tree = cell_tree(launcher, path, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  if (tree < 0 || fchownat(tree, "", launcher->first_id, launcher->first_id, AT_EMPTY_PATH) == 0) return tree;
  fail(fault, errno, "give %s to the cell", path);
  close(tree);
  return -1;
}

static bool open_spaces(pid_t pid, int fds[kinds], struct fault *fault) {
  for (size_t i = 0; i < kinds; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, spaces[i].name);
    if ((fds[i] = open(path, O_RDONLY | O_CLOEXEC)) < 0) return fail(fault, errno, "open %s", path);
  }
  return true;
}

/* The last step takes every right but those over the cell; the network is not always of its user namespace. */
static bool enter(const int fds[kinds], struct fault *fault) {
  for (size_t i = 0; i < kinds; i++)
    if (setns(fds[i], spaces[i].flag) < 0) return fail(fault, errno, "enter the cell's %s namespace", spaces[i].name);
  if (syscall(SYS_setgroups, 0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
    return fail(fault, errno, "become the cell's root");
  return true;
}

static _Noreturn void execute(const struct request *request) {
  char *environment[] = {NULL};
  int none = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(none, fd);
  kernel_close_range(3, ~0U);
  execve("/program", request->arguments, environment);
  _exit(127);
}

static int status_of(pid_t pid) {
  int status = -1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In a process of its own, which cannot come back: 0, or what went wrong in its exit status. */
static _Noreturn void save(const struct request *request, const int fds[kinds], int image, int line) {
  struct fault fault = {0};
  signal(SIGCHLD, SIG_DFL);
  if (enter(fds, &fault) && kernel_move_mount(image, "", AT_FDCWD, "/tmp", move_from_empty_path) < 0)
    fail(&fault, errno, "mount the directory in the cell");
  if (!fault.error) {
    pid_t pid = fork(); /* only a child is in the process namespace */
    if (pid == 0) execute(request);
    int status = pid < 0 ? -1 : status_of(pid);
    if (status != 0) fail(&fault, EIO, "%s ended with status %d", request->arguments[0], status);
    umount2("/tmp", MNT_DETACH);
  }
  _exit(write(line, &fault, sizeof fault) == (ssize_t)sizeof fault ? 0 : 1);
}

static bool await(pid_t pid, int line, struct fault *fault) {
  struct fault found = {0};
  struct pollfd said = {.fd = line, .events = POLLIN};
  bool told = poll(&said, 1, save_ms) == 1 && read(line, &found, sizeof found) == (ssize_t)sizeof found;
  if (!told) kill(pid, SIGKILL);
  status_of(pid);
  if (!told) return fail(fault, ETIMEDOUT, "save the memory within %d s", save_ms / 1000);
  if (found.error) *fault = found;
  return found.error == 0;
}

bool cell_save(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  int fds[kinds], line[2];
  if (!process_alive((pid_t)request->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  if (request->argument_count == 0) return fail(fault, EINVAL, "MEMORY of a cell needs argv");
  int image = image_tree(launcher, request->path, fault);
  if (image < 0 || !open_spaces((pid_t)request->pid, fds, fault)) return false;
  if (pipe2(line, O_CLOEXEC) < 0) return fail(fault, errno, "make a pipe");
  pid_t pid = fork();
  if (pid == 0) save(request, fds, image, line[1]);
  close(line[1]);
  if (pid < 0) return fail(fault, errno, "make a process");
  return await(pid, line[0], fault);
}
