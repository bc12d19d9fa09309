/* CONFIGURE: which mode, which launcher, and the namespaces the launcher keeps for its whole life. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"

bool write_maps(pid_t pid, const char *uid_map, const char *gid_map, bool deny_setgroups, struct fault *fault) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/uid_map", (int)pid);
  if (!write_file(AT_FDCWD, path, uid_map)) return fail(fault, errno, "map user ids (%s)", uid_map);
  if (deny_setgroups) {
    snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
    if (!write_file(AT_FDCWD, path, "deny")) return fail(fault, errno, "deny setgroups");
  }
  snprintf(path, sizeof path, "/proc/%d/gid_map", (int)pid);
  return write_file(AT_FDCWD, path, gid_map) || fail(fault, errno, "map group ids (%s)", gid_map);
}

static int map_namespace(const struct launcher *launcher, struct fault *fault) {
  struct kernel_clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  pid_t pid = kernel_clone3(&args);
  if (pid == 0)
    for (;;) pause();
  if (pid < 0) return fail_namespace(fault, errno, "make a user namespace"), -1;
  char map[64], path[64];
  snprintf(map, sizeof map, "0 %u %d", launcher->first_id, mapped_ids);
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
  int fd = -1;
  if (write_maps(pid, map, map, false, fault) && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
    fail(fault, errno, "open %s", path);
  kill(pid, SIGKILL);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  return fd;
}

static bool check_home(struct launcher *launcher, const char *home, struct fault *fault) {
  char resolved[PATH_MAX];
  struct stat there;
  if (!home || home[0] != '/' || home[1] == 0) return fail(fault, EINVAL, "home must be an absolute path");
  if (!realpath(home, resolved) || stat(resolved, &there) < 0) return fail(fault, errno, "home %s", home);
  if (!S_ISDIR(there.st_mode)) return fail(fault, ENOTDIR, "home %s", home);
  if (strcmp(resolved, home) != 0) return fail(fault, EINVAL, "home %s is really %s: say that", home, resolved);
  if (there.st_uid != geteuid() && geteuid() != 0) return fail(fault, EPERM, "home %s belongs to somebody else", home);
  snprintf(launcher->home, sizeof launcher->home, "%s", home);
  launcher->home_length = strlen(home);
  return true;
}

static bool choose(struct launcher *launcher, const struct request *request, struct fault *fault) {
  const char *mode = request->mode ? request->mode : "", *kind = request->launcher ? request->launcher : "";
  if (strcmp(mode, "root") != 0 && strcmp(mode, "user") != 0) return fail(fault, EINVAL, "mode `%s`: root or user", mode);
  if (strcmp(kind, "fork") != 0 && strcmp(kind, "bwrap") != 0)
    return fail(fault, EINVAL, "launcher `%s`: fork or bwrap", kind);
  launcher->user_mode = strcmp(mode, "user") == 0;
  launcher->bwrap = strcmp(kind, "bwrap") == 0;
  launcher->flags = (unsigned)request->flags | overlay_flags();
  if (!launcher->user_mode && geteuid() != 0) return fail(fault, EPERM, "mode root needs root: use mode user");
  if (launcher->user_mode && geteuid() == 0) return fail(fault, EPERM, "mode user is for an ordinary user: use mode root");
  if (launcher->machine && launcher->bwrap) return fail(fault, ENOTSUP, "inside a machine there is only the launcher `fork`");
  return true;
}

/* ext4 then lays each entry's files out together and away from the others'. In one group, making a file is slow while many
 * were deleted there of late, which is what sandboxes do. Other file systems need no telling and refuse. */
static bool keep_apart(const struct launcher *launcher, const char *path, struct fault *fault) {
  int flags = 0;
  if (!path) return true;
  if (!home_relative(launcher, path)) return fail(fault, EPERM, "%s is not below %s", path, launcher->home);
  int fd = mkdir(path, 0700) == 0 || errno == EEXIST ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (fd < 0) return fail(fault, errno, "make %s", path);
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && !(flags & FS_TOPDIR_FL)) {
    flags |= FS_TOPDIR_FL;
    ioctl(fd, FS_IOC_SETFLAGS, &flags);
  }
  close(fd);
  return true;
}

static bool is_same(const struct launcher *launcher, const struct request *request) {
  if (!request->home || !request->mode || !request->launcher || strcmp(request->home, launcher->home) != 0) return false;
  return strcmp(request->mode, launcher->user_mode ? "user" : "root") == 0 &&
         strcmp(request->launcher, launcher->bwrap ? "bwrap" : "fork") == 0;
}

/* What the machine lacked may be there by now. */
static bool look_again(struct launcher *launcher, const struct request *request, struct fault *fault) {
  if (!is_same(launcher, request)) return fail(fault, EALREADY, "configured for %s", launcher->home);
  if (!enter_host(launcher, fault)) return false;
  groups_discover_again(launcher);
  launcher->no_disk = disk_missing(launcher);
  leave_host(launcher);
  return true;
}

bool configure(struct launcher *launcher, const struct request *request, uint32_t id, struct fault *fault) {
  if (launcher->home_length > 0 && launcher->machine && request->home && strcmp(request->home, launcher->home) == 0)
    return true; /* a machine outlives the daemon that configured it */
  if (launcher->home_length > 0) return look_again(launcher, request, fault);
  if (launcher->machine && launcher->machine->fault->error) {
    *fault = *launcher->machine->fault;
    return false;
  }
  if (!choose(launcher, request, fault) || !check_home(launcher, request->home, fault) ||
      !keep_apart(launcher, request->path, fault)) {
    launcher->home_length = 0;
    return false;
  }
  umask(022);
  bool done = launcher->user_mode ? enter_user(launcher, id, fault) : configure_finish(launcher, fault);
  if (!done) launcher->home_length = 0;
  return done;
}

/* Only slaves of the machine's mounts, so that unmounting something there is not held up here. */
bool configure_finish(struct launcher *launcher, struct fault *fault) {
  launcher->map_ns = -1;
  groups_discover(launcher);
  launcher->no_disk = disk_missing(launcher);
  if (unshare(CLONE_NEWNS) < 0)
    return fail_namespace(fault, errno, "make a mount namespace (root without CAP_SYS_ADMIN? run as an ordinary user instead)");
  if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) return fail(fault, errno, "detach from the machine's mounts");
  launcher->host_ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (launcher->host_ns < 0) return fail(fault, errno, "open /proc/self/ns/mnt");
  if (!skeleton_build(launcher, fault)) return false;
  if (!launcher->user_mode && (launcher->map_ns = map_namespace(launcher, fault)) < 0) return false;
  networks_open(launcher);
  seccomp_build(launcher->machine ? without_clone3 : 0);
  return true;
}

void configure_answer(const struct launcher *launcher, uint32_t id, struct hf_buffer *out) {
  size_t mark = hf_frame_begin(out, HF_OK, id);
  hf_put_int(out, HF_TAG_VERSION, HF_VERSION);
  hf_put_string(out, HF_TAG_LAUNCH_MODE, launcher->user_mode ? "user" : "root");
  hf_put_string(out, HF_TAG_LAUNCHER, launcher->bwrap ? "bwrap" : "fork");
  hf_put_string(out, HF_TAG_XATTR_PREFIX, launcher->user_mode ? "user" : "trusted");
  probe_capabilities(launcher, out);
  hf_frame_end(out, mark);
}
