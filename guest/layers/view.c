/* A view as one merged, read-only directory: a detached overlay mount, or the only tree itself.
 *
 * The kernel alone decides what layers show together; nothing here interprets opaque or redirected directories.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../launcher/kernel.h"
#include "internal.h"

static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
  close(fd);
  return error;
}

int enter_namespaces(struct job *job) {
  char map[64];
  unsigned uid = geteuid(), gid = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) return job_fail(job, errno, "make a user namespace to mount layers in");
  int error = write_file("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "%u %u 1", uid, uid);
  if (!error) error = write_file("/proc/self/uid_map", map);
  snprintf(map, sizeof map, "%u %u 1", gid, gid);
  if (!error) error = write_file("/proc/self/gid_map", map);
  return error ? job_fail(job, error, "map the user into a namespace") : 0;
}

static int open_context(struct job *job) {
  int context = kernel_fsopen("overlay");
  if (context >= 0 || errno != EPERM || enter_namespaces(job)) return context;
  return kernel_fsopen("overlay");
}

/* `refused` when this kernel takes no layers one by one, or none with so long a path. Before Linux 6.5 only the last step says
 * so: every option is kept unread until then. */
static int add_layers(struct job *job, int context, const struct view *view, bool *refused) {
  for (size_t i = 0; i < view->lowers; i++) {
    if (!kernel_fsconfig(context, config_string, "lowerdir+", view->lower[i])) continue;
    if (errno == EINVAL) *refused = true;
    else job_fail(job, errno, "stack layer %.300s", view->lower[i]);
    return -1;
  }
  return 0;
}

static int set_options(struct job *job, int context) {
  if (layers_user_xattrs) {
    if (kernel_fsconfig(context, config_flag, "userxattr", NULL)) return job_fail(job, errno, "mount with userxattr");
  } else if (kernel_fsconfig(context, config_string, "redirect_dir", "follow")) {
    return job_fail(job, errno, "mount with redirect_dir=follow");
  }
  if (kernel_fsconfig(context, config_string, "index", "off")) return job_fail(job, errno, "mount with index=off");
  kernel_fsconfig(context, config_string, "source", "holdfast");
  return 0;
}

static int open_overlay(struct job *job, const struct view *view, bool *refused) {
  int context = open_context(job);
  if (context < 0) return job_fail(job, errno, "open an overlay"), -1;
  int root = -1, mounted = -1;
  bool ready = !set_options(job, context) && !add_layers(job, context, view, refused);
  if (ready && kernel_fsconfig(context, config_create, NULL, NULL)) {
    if (errno == EINVAL) *refused = true;
    else job_fail(job, errno, "merge %zu layers", view->lowers);
  } else if (ready) {
    mounted = kernel_fsmount(context, mount_read_only | mount_no_dev | mount_no_suid);
    root = mounted < 0 ? -1 : openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) job_fail(job, errno, "mount %zu layers", view->lowers);
  }
  if (mounted >= 0) close(mounted);
  close(context);
  return root;
}

/* `:`, `,` and `\\` end or escape something in mount options. */
static bool append(char *options, size_t size, size_t *used, const char *text, bool escape) {
  for (; *text; text++) {
    bool special = escape && strchr(":,\\", *text);
    if (*used + 2 + special >= size) return false;
    if (special) options[(*used)++] = '\\';
    options[(*used)++] = *text;
  }
  options[*used] = 0;
  return true;
}

/* All layers in one page of options, as paths below home, mounted over home in a mount namespace of this process. */
static int open_by_page(struct job *job, const struct view *view) {
  static char options[4096];
  size_t used = 0;
  bool fits = append(options, sizeof options, &used, layers_user_xattrs ? "userxattr" : "redirect_dir=follow", false) &&
              append(options, sizeof options, &used, ",index=off,lowerdir=", false);
  for (size_t i = 0; i < view->lowers && fits; i++) {
    const char *path = view->lower[i];
    below_home(&path);
    fits = (i == 0 || append(options, sizeof options, &used, ":", false)) &&
           append(options, sizeof options, &used, path, true);
  }
  if (!fits) return job_fail(job, E2BIG, "%zu layers do not fit this kernel's mount options", view->lowers), -1;
  if (unshare(CLONE_NEWNS) && (errno != EPERM || enter_namespaces(job))) {
    return job_fail(job, errno, "make a mount namespace"), -1;
  }
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || chdir(layers_home) ||
      mount("holdfast", layers_home, "overlay", MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOATIME, options)) {
    return job_fail(job, errno, "merge %zu layers", view->lowers), -1;
  }
  int root = tree_open(layers_home);
  if (root < 0) job_fail(job, errno, "open the merged view");
  umount2(layers_home, MNT_DETACH);
  return root;
}

int view_open(struct job *job, const struct view *view) {
  if (view->lowers > 1) {
    bool refused = false;
    int root = open_overlay(job, view, &refused);
    return refused ? open_by_page(job, view) : root;
  }
  int root = tree_open(view->lower[0]);
  if (root < 0) job_fail(job, errno, "open %.300s", view->lower[0]);
  return root;
}
