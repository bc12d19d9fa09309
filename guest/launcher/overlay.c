/* The sandbox's root filesystem: one overlay of layers, made detached so that whoever holds it decides where it goes.
 *
 * 1. As root, overlay's own marks are `trusted.*` attributes, which nothing inside a sandbox can forge; renaming a
 *    directory of a lower layer needs redirect_dir. An ordinary user gets `user.*` attributes, where the kernel refuses it.
 * 2. xino keeps inode numbers unique over layers on several file systems, and needs file handles only root may open.
 * 3. A work directory that cannot be used makes the kernel mount read-only without a word, so writability is proved.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

const char *home_relative(const struct launcher *launcher, const char *path) {
  if (strncmp(path, launcher->home, launcher->home_length) != 0 || path[launcher->home_length] != '/') return NULL;
  return path + launcher->home_length + 1;
}

bool make_above(const char *path, struct fault *fault) {
  char above[max_path];
  const char *last = strrchr(path, '/');
  if (!last || last == path || snprintf(above, sizeof above, "%.*s", (int)(last - path), path) >= (int)sizeof above) return true;
  if (mkdir(above, 0700) == 0 || errno == EEXIST) return true;
  if (errno == ENOENT && make_above(above, fault) && (mkdir(above, 0700) == 0 || errno == EEXIST)) return true;
  return fail(fault, errno, "make %s", above);
}

static bool fresh_directory(const char *path, const char *like, int owner, struct fault *fault) {
  struct stat there;
  if (mkdir(path, 0700) < 0 && errno != EEXIST) return fail(fault, errno, "make %s", path);
  if (!like) return true;
  if (stat(like, &there) < 0) return fail(fault, errno, "look at the layer %s", like);
  if (owner >= 0 && chown(path, (uid_t)owner, (gid_t)owner) < 0) return fail(fault, errno, "give %s to its sandbox", path);
  return chmod(path, there.st_mode & 07777) == 0 || fail(fault, errno, "set the mode of %s", path);
}

static bool set(int fs, const char *key, const char *value, struct fault *fault) {
  if (kernel_fsconfig(fs, value ? config_string : config_flag, key, value) == 0) return true;
  return fail(fault, errno, "overlay option %s=%s", key, value ? value : "");
}

static int mount_by_options(const struct overlay_plan *plan, struct fault *fault) {
  int fs = kernel_fsopen("overlay"), mounted = -1;
  if (fs < 0) {
    fail(fault, errno, "open an overlay");
    return -1;
  }
  bool good = true;
  for (size_t i = 0; i < plan->lower_count && good; i++) good = set(fs, "lowerdir+", plan->lower[i], fault);
  good = good && set(fs, "upperdir", plan->upper, fault) && set(fs, "workdir", plan->work, fault) &&
         set(fs, "index", "off", fault) && set(fs, "xino", plan->user_xattr ? "off" : "auto", fault);
  good = good && (plan->user_xattr ? set(fs, "userxattr", NULL, fault) : set(fs, "redirect_dir", "on", fault));
  if (good && kernel_fsconfig(fs, config_create, NULL, NULL) < 0)
    good = fail(fault, errno, "create the overlay on %s", plan->upper);
  if (good && (mounted = kernel_fsmount(fs, plan->powers_kept ? 0 : mount_no_suid | mount_no_dev)) < 0) fail(fault, errno, "mount the overlay");
  close(fs);
  return mounted;
}

unsigned overlay_flags(void) {
  struct utsname name;
  int major = 0, minor = 0;
  if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2) return 0;
  return major < 6 || (major == 6 && minor < 5) ? mount_by_string : 0;
}

/* For kernels before `lowerdir+`: one page of options, over a directory that is uncovered again at once. */
static int mount_by_page(const struct overlay_plan *plan, struct fault *fault) {
  char options[4096];
  size_t used = 0;
  for (size_t i = 0; i < plan->lower_count && used < sizeof options; i++)
    used += (size_t)snprintf(options + used, sizeof options - used, "%s%s", i ? ":" : "lowerdir=", plan->lower[i]);
  if (used < sizeof options)
    used += (size_t)snprintf(options + used, sizeof options - used, ",upperdir=%s,workdir=%s,index=off,%s", plan->upper, plan->work,
                             plan->user_xattr ? "xino=off,userxattr" : "xino=auto,redirect_dir=on");
  if (used >= sizeof options) {
    fail(fault, E2BIG, "%zu layers do not fit this kernel's mount options: squash them", plan->lower_count);
    return -1;
  }
  if (mount("overlay", plan->page_place, "overlay", plan->powers_kept ? 0 : MS_NOSUID | MS_NODEV, options) < 0) {
    fail(fault, errno, "mount the overlay on %s", plan->upper);
    return -1;
  }
  int tree = kernel_open_tree(AT_FDCWD, plan->page_place, open_tree_clone | open_tree_cloexec);
  if (tree < 0) fail(fault, errno, "detach the overlay");
  umount2(plan->page_place, MNT_DETACH);
  return tree;
}

int overlay_mount(const struct overlay_plan *plan, struct fault *fault) {
  if (!fresh_directory(plan->upper, plan->lower[0], plan->owner, fault)) return -1;
  if (!fresh_directory(plan->work, NULL, -1, fault)) return -1;
  int mounted = plan->page_place ? mount_by_page(plan, fault) : mount_by_options(plan, fault);
  struct statvfs state;
  if (mounted >= 0 && (fstatvfs(mounted, &state) < 0 || (state.f_flag & ST_RDONLY))) {
    fail(fault, EROFS, "the overlay is read-only: its work directory %s cannot be used", plan->work);
    close(mounted);
    return -1;
  }
  return mounted;
}

static bool make_plan(const struct launcher *launcher, const struct request *request, struct overlay_plan *plan,
                  struct fault *fault) {
  static char *lower[max_layers];
  if (request->lower_count == 0 || !request->upper || !request->work)
    return fail(fault, EINVAL, "lower, upper and work are needed");
  for (size_t i = 0; i < request->lower_count; i++) {
    lower[i] = (char *)home_relative(launcher, request->lower[i]);
    if (!lower[i]) return fail(fault, EPERM, "layer %s is not below %s", request->lower[i], launcher->home);
  }
  *plan = (struct overlay_plan){
      .lower = lower,
      .lower_count = request->lower_count,
      .upper = home_relative(launcher, request->upper),
      .work = home_relative(launcher, request->work),
      .user_xattr = launcher->user_mode,
      .page_place = launcher->flags & mount_by_string ? launcher->home : NULL,
      .owner = launcher->user_mode ? -1 : (int)launcher->first_id,
      .powers_kept = launcher->resident.powers_kept,
  };
  if (!plan->upper || !plan->work) return fail(fault, EPERM, "upper and work are not below %s", launcher->home);
  return true;
}

/* All that a machine's sandbox writes lies on one file system of its own, which is made as large as it may get. */
static int machine_overlay(const struct launcher *launcher, struct overlay_plan *plan, uint64_t bytes, struct fault *fault) {
  if (bytes && !launcher->machine->disk(bytes, fault)) return -1;
  return overlay_mount(plan, fault);
}

int root_mount(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  struct overlay_plan plan;
  if (!make_plan(launcher, request, &plan, fault)) return -1;
  if (!make_above(plan.upper, fault) || !make_above(plan.work, fault)) return -1;
  if (launcher->machine) return machine_overlay(launcher, &plan, request->limits.disk_bytes, fault);
  if (request->limits.disk_bytes) return disk_overlay(launcher, &plan, request->limits.disk_bytes, fault);
  if (!disk_exists(plan.upper)) return overlay_mount(&plan, fault);
  return fail(fault, EINVAL, "%s has a disk limit: diskBytes is needed", plan.upper), -1;
}
