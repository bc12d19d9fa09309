/* The disk limit: the writable layer lies in an ext4 image of exactly that size, so that the sandbox meets an ordinary full
 * disk. Beside the upper directory `<upper>` lie `<upper>.image` and, empty, `<upper>.disk` to mount it on.
 *
 * 1. The image is mounted only while an overlay over it is made or copied from; the overlay keeps the file system alive, and
 *    the loop device goes with the last of them. Nothing is left to clean up.
 * 2. An image is a sparse copy of one formatted once per size. It has no journal: what a crash of the machine interrupts here
 *    is a sandbox that ended with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../layers/layers.h"
#include "internal.h"
#include "kernel.h"

enum { attach_tries = 16, most_loops = 4096, copy_bytes = 256 << 10, loop_configure = 0x4C0A };

/* As linux/loop.h has it since 5.8. */
struct configuration {
  uint32_t fd, block_size;
  struct loop_info64 info;
  uint64_t reserved[8];
};

static bool disk_paths(const char *upper, struct disk_paths *paths) {
  bool fits = snprintf(paths->image, sizeof paths->image, "%s.image", upper) < (int)sizeof paths->image;
  fits = fits && snprintf(paths->place, sizeof paths->place, "%s.disk", upper) < (int)sizeof paths->place;
  fits = fits && snprintf(paths->upper, sizeof paths->upper, "%s/upper", paths->place) < (int)sizeof paths->upper;
  return fits && snprintf(paths->work, sizeof paths->work, "%s/work", paths->place) < (int)sizeof paths->work;
}

bool disk_exists(const char *upper) {
  struct disk_paths paths;
  return disk_paths(upper, &paths) && access(paths.image, F_OK) == 0;
}

/* ---- the image ---- */

static bool run_mkfs(const struct launcher *launcher, const char *image, struct fault *fault) {
  int status = -1;
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!enter_host(launcher, fault) || chdir(launcher->home) < 0) _exit(1);
    close(0);
    char *argv[] = {"mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1", (char *)image, NULL};
    execvp(argv[0], argv);
    execv("/usr/sbin/mkfs.ext4", argv);
    execv("/sbin/mkfs.ext4", argv);
    _exit(127);
  }
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  return fail(fault, ENOTSUP, "format an image with mkfs.ext4 (install the package `e2fsprogs`)");
}

static bool format_once(const struct launcher *launcher, uint64_t bytes, char image[max_path], struct fault *fault) {
  char fresh[max_path];
  snprintf(image, max_path, "cache/disk-%llu.ext4", (unsigned long long)bytes);
  if (access(image, F_OK) == 0) return true;
  snprintf(fresh, sizeof fresh, "cache/disk-%llu.%d", (unsigned long long)bytes, (int)getpid());
  if (mkdir("cache", 0700) < 0 && errno != EEXIST) return fail(fault, errno, "make %s/cache", launcher->home);
  int fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool done = fd >= 0 && ftruncate(fd, (off_t)bytes) == 0;
  if (!done) fail(fault, errno, "make %s", fresh);
  if (fd >= 0) close(fd);
  done = done && run_mkfs(launcher, fresh, fault);
  return done && (rename(fresh, image) == 0 || fail(fault, errno, "keep %s", image));
}

/* Only what is not a hole: some hundred KiB whatever the size. */
static bool copy_sparse(int from, int to, off_t size) {
  static char buffer[copy_bytes];
  if (ftruncate(to, size) < 0) return false;
  for (off_t at = lseek(from, 0, SEEK_DATA), end; at >= 0; at = lseek(from, end, SEEK_DATA)) {
    end = lseek(from, at, SEEK_HOLE);
    while (at < end) {
      size_t want = end - at < copy_bytes ? (size_t)(end - at) : copy_bytes;
      ssize_t got = pread(from, buffer, want, at);
      if (got <= 0 || pwrite(to, buffer, (size_t)got, at) != got) return false;
      at += got;
    }
  }
  return errno == ENXIO;
}

static bool make_image(const struct launcher *launcher, const char *image, uint64_t bytes, struct fault *fault) {
  char formatted[max_path];
  if (!format_once(launcher, bytes, formatted, fault)) return false;
  int from = open(formatted, O_RDONLY | O_CLOEXEC), to = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool done = from >= 0 && to >= 0 && copy_sparse(from, to, (off_t)bytes);
  if (!done) fail(fault, errno, "make the disk image %s", image);
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  if (!done) unlink(image);
  return done;
}

/* ---- the loop device ---- */

static int open_loop(int number) {
  char path[32];
  snprintf(path, sizeof path, "/dev/loop%d", number);
  return open(path, O_RDWR | O_CLOEXEC);
}

/* The device that holds this image already, because a sandbox runs on it. */
static int find_loop(const struct stat *image) {
  for (int number = 0; number < most_loops; number++) {
    struct loop_info64 info;
    int loop = open_loop(number);
    if (loop < 0 && errno == ENOENT) return -1;
    bool same = loop >= 0 && ioctl(loop, LOOP_GET_STATUS64, &info) == 0 && info.lo_inode == image->st_ino &&
                info.lo_device == image->st_dev;
    if (same) return loop;
    if (loop >= 0) close(loop);
  }
  return -1;
}

static int attach_loop(int image) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop = -1;
  for (int tries = 0; control >= 0 && tries < attach_tries; tries++) {
    struct configuration wanted = {.fd = (uint32_t)image, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0 || (loop = open_loop(number)) < 0) break;
    if (ioctl(loop, loop_configure, &wanted) == 0) break;
    close(loop);
    loop = -1;
    if (errno != EBUSY) break;
  }
  int error = errno;
  if (control >= 0) close(control);
  errno = error;
  return loop;
}

static int mount_loop(int loop) {
  char source[64];
  struct stat device;
  if (fstat(loop, &device) < 0) return -1;
  snprintf(source, sizeof source, "/dev/loop%u", minor(device.st_rdev));
  int fs = kernel_fsopen("ext4"), mounted = -1;
  if (fs >= 0 && kernel_fsconfig(fs, config_string, "source", source) == 0 &&
      kernel_fsconfig(fs, config_flag, "noinit_itable", NULL) == 0 && /* keeps the image sparse */
      kernel_fsconfig(fs, config_create, NULL, NULL) == 0)
    mounted = kernel_fsmount(fs, mount_no_suid | mount_no_dev);
  int error = errno;
  if (fs >= 0) close(fs);
  errno = error;
  return mounted;
}

static int disk_open(const char *image, struct fault *fault) {
  struct stat there;
  int file = open(image, O_RDWR | O_NOFOLLOW | O_CLOEXEC), mounted = -1;
  if (file < 0 || fstat(file, &there) < 0) fail(fault, errno, "open the disk image %s", image);
  else {
    int loop = find_loop(&there);
    if (loop < 0) loop = attach_loop(file);
    if (loop < 0) fail(fault, errno, "attach the disk image %s to a loop device", image);
    else if ((mounted = mount_loop(loop)) < 0) fail(fault, errno, "mount the disk image %s", image);
    if (loop >= 0) close(loop);
  }
  if (file >= 0) close(file);
  return mounted;
}

/* ---- for an overlay ---- */

static bool put_in_place(const struct disk_paths *paths, int mounted, struct fault *fault) {
  if (mkdir(paths->place, 0700) < 0 && errno != EEXIST) return fail(fault, errno, "make %s", paths->place);
  if (kernel_move_mount(mounted, "", AT_FDCWD, paths->place, move_from_empty_path) == 0) return true;
  return fail(fault, errno, "mount the disk image on %s", paths->place);
}

/* Devices are the machine's, so the image is opened in its view; the mount then goes where the overlay is made. */
int disk_overlay(const struct launcher *launcher, struct overlay_plan *plan, uint64_t bytes, struct fault *fault) {
  struct disk_paths paths;
  if (!disk_paths(plan->upper, &paths)) return fail(fault, ENAMETOOLONG, "%s", plan->upper), -1;
  /* Its maker may have left an empty directory; one with content would have escaped the limit. */
  if (rmdir(plan->upper) < 0 && errno != ENOENT)
    return fail(fault, EEXIST, "%s has content without a disk limit", plan->upper), -1;
  if (access(paths.image, F_OK) < 0 && !make_image(launcher, paths.image, bytes, fault)) return -1;
  int back = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (back < 0 || !enter_host(launcher, fault)) return fail(fault, errno, "keep the mount namespace"), -1;
  int mounted = chdir(launcher->home) == 0 ? disk_open(paths.image, fault) : -1;
  if (setns(back, CLONE_NEWNS) < 0 || chdir(launcher->home) < 0) _exit(71);
  close(back);
  if (mounted < 0) return fail(fault, errno, "open the disk image"), -1;
  int overlay = -1;
  plan->upper = paths.upper;
  plan->work = paths.work;
  if (put_in_place(&paths, mounted, fault)) {
    overlay = overlay_mount(plan, fault);
    umount2(paths.place, MNT_DETACH);
  }
  close(mounted);
  return overlay;
}

/* Shows the writable directory of a limited sandbox at `<upper>.disk/upper`, to this process only. */
bool disk_show(const char *upper, struct disk_paths *paths, struct fault *fault) {
  if (!disk_paths(upper, paths)) return fail(fault, ENAMETOOLONG, "%s", upper);
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return fail(fault, errno, "make a mount namespace");
  int mounted = disk_open(paths->image, fault);
  bool done = mounted >= 0 && put_in_place(paths, mounted, fault);
  if (mounted >= 0) close(mounted);
  return done;
}

static bool show_upper(const struct hf_field *field, struct fault *fault) {
  struct disk_paths paths;
  char upper[max_path];
  if (field->length >= sizeof upper) return fail(fault, ENAMETOOLONG, "a path of %u bytes", field->length);
  memcpy(upper, field->bytes, field->length);
  upper[field->length] = 0;
  if (!disk_exists(upper)) return true;
  if (!disk_show(upper, &paths, fault)) return false;
  if (mkdir(upper, 0700) < 0 && errno != EEXIST) return fail(fault, errno, "make %s", upper);
  if (mount(paths.upper, upper, NULL, MS_BIND, NULL) < 0) return fail(fault, errno, "show the disk image at %s", upper);
  return true;
}

/* Layer operations know directories only: the writable ones they are asked about appear where they expect them, in this
 * process's own view of the machine. */
static bool disk_show_asked(unsigned char *payload, size_t length, struct fault *fault) {
  struct hf_field field;
  int more;
  while ((more = hf_next_field(&payload, &length, &field)) > 0) {
    if (field.tag == HF_TAG_UPPER || field.tag == HF_TAG_PATH) {
      if (!show_upper(&field, fault)) return false;
    } else if (field.tag == HF_TAG_VIEW && !disk_show_asked(field.bytes, field.length, fault)) {
      return false;
    }
  }
  return more == 0 || fail(fault, EINVAL, "malformed fields");
}

int layers_show_disks(unsigned char *payload, size_t length, char *message, size_t size) {
  struct fault fault = {0};
  if (disk_show_asked(payload, length, &fault)) return 0;
  snprintf(message, size, "%s", fault.text);
  return fault.error;
}

const char *disk_missing(const struct launcher *launcher) {
  static const char *const programs[] = {"/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4"};
  bool formats = false;
  if (launcher->user_mode) return "needs root: an ordinary user cannot mount a disk image";
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) formats = formats || access(programs[i], X_OK) == 0;
  if (!formats) return "mkfs.ext4 is missing: install the package `e2fsprogs`";
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  bool free = control >= 0 && ioctl(control, LOOP_CTL_GET_FREE) >= 0;
  if (control >= 0) close(control);
  return free ? NULL : "no loop device: load the kernel module `loop`";
}

bool disk_available(struct launcher *launcher, struct fault *fault) {
  if (launcher->no_disk && !launcher->user_mode) {
    if (!enter_host(launcher, fault)) return false;
    launcher->no_disk = disk_missing(launcher);
    leave_host(launcher);
  }
  return !launcher->no_disk || fail(fault, ENOTSUP, "the disk limit %s", launcher->no_disk);
}
