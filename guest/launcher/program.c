/* LAUNCH of a program instead of the agent: what it is given beside its root and its channels, and its start.
 *
 * 1. Files and sockets are named below home and opened through no link, by the launcher; the program gets descriptors only.
 * 2. A file is a plain file. A kept one (kept.c) is given only when it is complete and sealed.
 * 3. The relay is this process, locked down like any agent; the program it starts has no more than that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../relay/relay.h"
#include "inside.h"
#include "kernel.h"

static int open_given(const struct launcher *launcher, const struct given *given, struct fault *fault) {
  const char *relative = home_relative(launcher, given->path);
  struct kernel_open_how how = {.flags = (given->flags & given_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK,
                                .resolve = resolve_beneath | resolve_no_symlinks};
  struct stat there;
  if (!relative) return fail(fault, EPERM, "file %s is not below %s", given->path, launcher->home), -1;
  if (given->flags & given_kept) return kept_open(launcher, given->path, fault);
  int home = open(launcher->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fd = home < 0 ? -1 : kernel_openat2(home, relative, &how);
  int error = errno;
  if (home >= 0) close(home);
  if (fd < 0) return fail(fault, error, "open the file %s", given->path), -1;
  if (fstat(fd, &there) == 0 && S_ISREG(there.st_mode)) return fd;
  close(fd);
  return fail(fault, EINVAL, "%s is no plain file", given->path), -1;
}

static bool check(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  if (launcher->bwrap) return fail(fault, ENOTSUP, "a program is started by the launcher `fork` only");
  if (request->file_count + request->listener_count > relay_files)
    return fail(fault, E2BIG, "more than %d files and listeners", relay_files);
  if ((request->flags & launch_makes_own) && launcher->user_mode)
    return fail(fault, ENOTSUP, "a program that makes its own sandbox needs root: it maps many user ids");
  if (request->arguments[0][0] != '/') return fail(fault, EINVAL, "argv begins with an absolute path, not `%s`", request->arguments[0]);
  return true;
}

bool program_open(const struct launcher *launcher, const struct request *request, struct program *program,
                  struct hf_buffer *sockets, struct fault *fault) {
  *program = (struct program){0};
  if (request->argument_count == 0) {
    bool none = !request->control_count && !request->file_count && !request->listener_count;
    return none || fail(fault, EINVAL, "control, file and listener go with argv");
  }
  if (!check(launcher, request, fault)) return false;
  for (size_t i = 0; i < request->control_count; i++) {
    int fd = listen_below(launcher, request, request->controls[i], sockets, fault);
    if (fd < 0) return false;
    program->controls[program->control_count++] = fd;
  }
  for (size_t i = 0; i < request->file_count + request->listener_count; i++) {
    bool is_file = i < request->file_count;
    int fd = is_file ? open_given(launcher, &request->files[i], fault)
                     : listen_below(launcher, request, request->listeners[i - request->file_count], sockets, fault);
    if (fd < 0) return false;
    program->files[program->file_count++] = fd;
  }
  return true;
}

void program_close(struct program *program) {
  for (size_t i = 0; i < program->control_count; i++) close(program->controls[i]);
  for (size_t i = 0; i < program->file_count; i++) close(program->files[i]);
  program->control_count = program->file_count = 0;
}

/* clone3 hides its flags from the filter of seccomp.c; whoever finds it missing uses clone. */
static bool close_clone3(struct fault *fault) {
  static struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  static struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 || fail(fault, errno, "close clone3");
}

static void report_ready(void *inside) { inside_report(inside); }

struct relay *program_begin(struct inside *inside, struct fault *fault) {
  struct relay_options options = {.argv = inside->request->arguments, .clients = (size_t)inside->request->clients};
  bool makes_own = inside->request->flags & launch_makes_own;
  if (!makes_own && !close_clone3(fault)) return NULL;
  if (makes_own) {
    options.program = "/program";
    if (inside->request->again_count > 0) options.again = inside->request->again;
    options.on_standard = options.may_restart = true;
    options.ready = report_ready;
    options.context = inside;
  }
  options.listeners[options.listener_count++] = inside->listen_fd;
  for (size_t i = 0; i < inside->program.control_count; i++)
    options.listeners[options.listener_count++] = inside->program.controls[i];
  for (size_t i = 0; i < inside->program.file_count; i++) {
    int fd = inside->program.files[i], flags = fcntl(fd, F_GETFL);
    struct stat there;
    if (fstat(fd, &there) == 0 && S_ISREG(there.st_mode)) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    options.files[options.file_count++] = fd;
  }
  struct relay *relay = relay_start(&options);
  if (!relay) fail(fault, errno, "execute %s", options.argv[0]);
  return relay;
}
