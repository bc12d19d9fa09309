/* The bare mount namespace sandboxes are cloned from: home at its own path, /proc, a prepared /dev, bind sources, nothing
 * else. Cloning it copies a dozen mounts instead of the machine's hundreds, and a process on its way into a sandbox sees
 * no more than these.
 *
 * 1. /proc is here because the kernel lets a user namespace mount a new proc only where one is fully visible.
 * 2. What runs virtual machines has a /dev of its own, with the machine's kvm in it where that is to be had: nobody else is
 *    shown it.
 * 3. Every source below /binds is read-only, nosuid and nodev before a sandbox is cloned, and, as root, shows the host's
 *    owners as the sandbox's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

static const struct {
  const char *name;
  unsigned major, minor;
} devices[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                       {"/proc/self/fd/0", "stdin"},
                                       {"/proc/self/fd/1", "stdout"},
                                       {"/proc/self/fd/2", "stderr"},
                                       {"pts/ptmx", "ptmx"}};

static int memory_filesystem(struct fault *fault) {
  int fs = kernel_fsopen("tmpfs"), mounted = -1;
  if (fs >= 0 && kernel_fsconfig(fs, config_string, "mode", "0755") == 0 &&
      kernel_fsconfig(fs, config_string, "size", "1m") == 0 && kernel_fsconfig(fs, config_create, NULL, NULL) == 0)
    mounted = kernel_fsmount(fs, mount_no_suid);
  if (mounted < 0) fail(fault, errno, "mount a tmpfs (Linux 5.12 or newer is needed)");
  if (fs >= 0) close(fs);
  return mounted;
}

static bool make_parents(const char *path) {
  char part[max_path];
  for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
    snprintf(part, sizeof part, "%.*s", (int)(at - path), path);
    if (mkdir(part, 0755) < 0 && errno != EEXIST) return false;
  }
  return mkdir(path, 0755) == 0 || errno == EEXIST;
}

/* Device nodes are made where that is allowed, else the machine's own are bound. */
static bool place_device(const struct launcher *launcher, const char *dev, const char *name, dev_t number, struct fault *fault) {
  char here[32], there[32];
  snprintf(here, sizeof here, "%s/%s", dev, name);
  snprintf(there, sizeof there, "/dev/%s", name);
  if (!launcher->user_mode) {
    if (mknod(here, S_IFCHR | 0666, number) == 0 && chmod(here, 0666) == 0 && chown(here, launcher->first_id, launcher->first_id) == 0)
      return true;
    return fail(fault, errno, "make the device %s", here);
  }
  int file = open(here, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  int tree = kernel_open_tree(AT_FDCWD, there, open_tree_clone | open_tree_cloexec);
  bool done = file >= 0 && tree >= 0 && kernel_move_mount(tree, "", AT_FDCWD, here, move_from_empty_path) == 0;
  if (!done) fail(fault, errno, "bind %s", there);
  if (file >= 0) close(file);
  if (tree >= 0) close(tree);
  return done;
}

/* Of what the launcher may open itself; else there is none, and whoever needs it is told so by the lack of it. */
static bool place_kvm(const struct launcher *launcher, const char *dev, struct fault *fault) {
  struct stat there;
  bool usable = stat("/dev/kvm", &there) == 0 && S_ISCHR(there.st_mode) && access("/dev/kvm", R_OK | W_OK) == 0;
  return !usable || place_device(launcher, dev, "kvm", there.st_rdev, fault);
}

static bool build_dev(const struct launcher *launcher, const char *place, struct fault *fault) {
  int dev = memory_filesystem(fault);
  if (dev < 0) return false;
  if (kernel_move_mount(dev, "", AT_FDCWD, place, move_from_empty_path) < 0) return fail(fault, errno, "attach /%s", place);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    if (!place_device(launcher, place, devices[i].name, makedev(devices[i].major, devices[i].minor), fault)) return false;
  if (strcmp(place, "dev") != 0 && !place_kvm(launcher, place, fault)) return false;
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlinkat(links[i][0], dev, links[i][1]) < 0) return fail(fault, errno, "make the link /dev/%s", links[i][1]);
  if (mkdirat(dev, "pts", 0755) < 0 || mkdirat(dev, "shm", 0755) < 0) return fail(fault, errno, "make /dev/pts");
  if (!launcher->user_mode && fchownat(dev, "", launcher->first_id, launcher->first_id, AT_EMPTY_PATH) < 0)
    return fail(fault, errno, "own /dev");
  struct kernel_mount_attr attr = {.set = mount_read_only};
  if (kernel_mount_setattr(dev, 0, &attr) < 0) return fail(fault, errno, "make /dev read-only");
  close(dev);
  return true;
}

static bool attach(int tree, const char *where, struct fault *fault) {
  bool done = tree >= 0 && kernel_move_mount(tree, "", AT_FDCWD, where, move_from_empty_path) == 0;
  if (!done) fail(fault, errno, "attach %s", where);
  if (tree >= 0) close(tree);
  return done;
}

bool skeleton_build(struct launcher *launcher, struct fault *fault) {
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return fail(fault, errno, "make a mount namespace");
  unsigned whole = open_tree_clone | open_tree_cloexec | at_recursive;
  int home = kernel_open_tree(AT_FDCWD, launcher->home, whole);
  if (home < 0) return fail(fault, errno, "open %s", launcher->home);
  int proc = kernel_open_tree(AT_FDCWD, "/proc", launcher->user_mode ? whole : whole & ~(unsigned)at_recursive);
  int base = memory_filesystem(fault);
  if (base < 0) return false;
  if (kernel_move_mount(base, "", AT_FDCWD, launcher->home, move_from_empty_path) < 0 || fchdir(base) < 0)
    return fail(fault, errno, "enter the skeleton");
  static const char *const places[] = {"proc", "dev", "kvm-dev", "root", "empty", "binds"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (mkdir(places[i], 0755) < 0) return fail(fault, errno, "make %s", places[i]);
  if (!make_parents(launcher->home + 1)) return fail(fault, errno, "make the place of %s", launcher->home);
  if (!attach(home, launcher->home + 1, fault) || !attach(proc, "proc", fault)) return false;
  if (!build_dev(launcher, "dev", fault) || !build_dev(launcher, "kvm-dev", fault)) return false;
  if (kernel_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir(launcher->home) < 0)
    return fail(fault, errno, "leave the machine's files");
  close(base);
  launcher->skeleton_ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  return launcher->skeleton_ns >= 0 || fail(fault, errno, "keep the skeleton's mount namespace");
}

bool enter_host(const struct launcher *launcher, struct fault *fault) {
  return setns(launcher->host_ns, CLONE_NEWNS) == 0 || fail(fault, errno, "enter the machine's mount namespace");
}

void leave_host(const struct launcher *launcher) {
  if (setns(launcher->skeleton_ns, CLONE_NEWNS) < 0 || chdir(launcher->home) < 0) _exit(71);
}

/* Owners are shifted where every file system below the source allows it; elsewhere they show as nobody. */
static bool harden(struct launcher *launcher, int tree, const char *path, struct fault *fault) {
  struct kernel_mount_attr attr = {.set = mount_read_only | mount_no_suid | mount_no_dev};
  if (kernel_mount_setattr(tree, at_recursive, &attr) < 0) return fail(fault, errno, "make the bind of %s read-only", path);
  if (launcher->map_ns < 0) return true;
  struct kernel_mount_attr shift = {.set = mount_idmap, .userns_fd = (uint64_t)launcher->map_ns};
  launcher->idmap = kernel_mount_setattr(tree, at_recursive, &shift) == 0;
  return true;
}

static bool place_source(size_t index, int tree, struct fault *fault) {
  char place[32];
  struct stat there;
  snprintf(place, sizeof place, "/binds/%zu", index);
  bool made = fstat(tree, &there) == 0;
  if (made && S_ISDIR(there.st_mode)) made = mkdir(place, 0755) == 0 || errno == EEXIST;
  else if (made) made = mknod(place, S_IFREG | 0644, 0) == 0 || errno == EEXIST;
  if (!made || kernel_move_mount(tree, "", AT_FDCWD, place, move_from_empty_path) < 0)
    return fail(fault, errno, "keep a bind source at %s", place);
  return true;
}

int skeleton_source(struct launcher *launcher, const char *path, struct fault *fault) {
  for (size_t i = 0; i < launcher->source_count; i++)
    if (strcmp(launcher->sources[i], path) == 0) return (int)i;
  if (launcher->source_count == max_sources) return fail(fault, E2BIG, "more than %d bind sources", max_sources), -1;
  if (!enter_host(launcher, fault)) return -1;
  int tree = kernel_open_tree(AT_FDCWD, path, open_tree_clone | open_tree_cloexec | at_recursive);
  if (tree < 0) fail(fault, errno, "open the bind source %s", path);
  leave_host(launcher);
  if (tree < 0) return -1;
  size_t index = launcher->source_count;
  bool done = harden(launcher, tree, path, fault) && place_source(index, tree, fault);
  close(tree);
  if (!done) return -1;
  launcher->sources[index] = strdup(path);
  if (!launcher->sources[index]) return fail(fault, ENOMEM, "remember %s", path), -1;
  launcher->source_count++;
  return (int)index;
}
