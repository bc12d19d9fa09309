/* Process 1 of a machine, from the kernel's start of it to the launcher's loop.
 *
 * 1. The initial root, a ramfs nothing can be pivoted away from, is covered by one that can.
 * 2. What the machine lacks does not end it: CONFIGURE is answered with it, so that the host learns why.
 * 3. Only a machine without its port ends at once, saying so on the kernel's console.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../launcher/kernel.h"
#include "machine.h"

enum { port_wait_ms = 10000, agent_wait_ms = 1000, disk_wait_ms = 2000, last_words_us = 50000, most_modules = 64, most_open_files = 1 << 20 };

static struct fault lacking;

void machine_say(const char *text) {
  int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  if (log < 0) return;
  char line[512];
  int length = snprintf(line, sizeof line, "<0>holdfast: %s\n", text);
  if (write(log, line, (size_t)length) < 0) errno = 0; /* there is nobody else to tell */
  close(log);
}

/* The host is given a moment to take what was sent last. Without ACPI there is no power switch: QEMU, told `-no-reboot`,
 * ends when the machine restarts. */
_Noreturn void leave_machine(int status) {
  (void)status;
  usleep(last_words_us);
  sync();
  reboot(RB_AUTOBOOT);
  for (;;) pause();
}

static bool mount_at(const char *type, const char *place, unsigned long flags, const char *options, struct fault *fault) {
  mkdir(place, 0755);
  return mount(type, place, type, flags, options) == 0 || fail(fault, errno, "mount %s on %s", type, place);
}

/* ---- the root ---- */

static bool cover_root(struct fault *fault) {
  if (!mount_at("tmpfs", "/root", MS_NOSUID | MS_NODEV, "mode=0755,size=1m", fault)) return false;
  if (chdir("/root") < 0) return fail(fault, errno, "enter the new root");
  static const char *const kept[] = {"dev", "proc", "sys"};
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    char from[16];
    snprintf(from, sizeof from, "/%s", kept[i]);
    if (mkdir(kept[i], 0755) < 0 || mount(from, kept[i], NULL, MS_MOVE, NULL) < 0)
      return fail(fault, errno, "move %s to the new root", from);
  }
  if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
    return fail(fault, errno, "cover the initial root");
  return true;
}

/* What a sandbox that keeps its powers finds below /dev beside the kernel's own nodes. */
static void furnish_dev(void) {
  static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                         {"/proc/self/fd/0", "/dev/stdin"},
                                         {"/proc/self/fd/1", "/dev/stdout"},
                                         {"/proc/self/fd/2", "/dev/stderr"}};
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink(links[i][0], links[i][1]) < 0) continue;
  mkdir("/dev/pts", 0755);
  mkdir("/dev/shm", 01777);
}

/* Each program of the sandbox moves into a group of its own, and would wait for an RCU grace period each time; what it costs
 * instead, at each start and end of a process, is next to nothing on few processors. Linux before 6.0 cannot do without. */
static bool mount_groups(unsigned long flags, struct fault *fault) {
  static const char place[] = "/sys/fs/cgroup";
  return mount("cgroup2", place, "cgroup2", flags, "favordynmods") == 0 || mount_at("cgroup2", place, flags, NULL, fault);
}

static bool first_mounts(struct fault *fault) {
  unsigned long plain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  return mount_at("devtmpfs", "/dev", MS_NOSUID, "mode=0755", fault) && mount_at("proc", "/proc", plain, NULL, fault) &&
         mount_at("sysfs", "/sys", plain, NULL, fault) && mount_groups(plain, fault);
}

/* Children's descriptors must not land on 0 to 2. */
static void standard_descriptors(void) {
  int none = open("/dev/null", O_RDWR);
  for (int fd = 0; none >= 0 && fd < 3; fd++)
    if (fd != none) dup2(none, fd);
  if (none > 2) close(none);
}

/* ---- modules ---- */

static int by_name(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

static bool load(const char *name, struct fault *fault) {
  char path[320];
  snprintf(path, sizeof path, "/modules/%s", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool done = fd >= 0 && (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST);
  if (!done) fail(fault, errno, "load the module %s this machine was packed with", name);
  if (fd >= 0) close(fd);
  unlink(path); /* its memory */
  return done;
}

/* In the order of their names, which the packer numbers. A kernel that has everything is packed without. */
static bool load_modules(struct fault *fault) {
  char *names[most_modules];
  size_t count = 0;
  DIR *list = opendir("/modules");
  struct dirent *item;
  while (list && count < most_modules && (item = readdir(list)))
    if (item->d_name[0] != '.' && (names[count] = strdup(item->d_name))) count++;
  if (list) closedir(list);
  qsort(names, count, sizeof *names, by_name);
  bool done = true;
  for (size_t i = 0; i < count; i++) {
    done = done && load(names[i], fault);
    free(names[i]);
  }
  return done;
}

/* ---- home ---- */

static bool mount_base(const char *disk, struct fault *fault) {
  struct stat root;
  mkdir(MACHINE_HOME "/layers", 0755);
  mkdir(MACHINE_BASE, 0755);
  if (mount(disk, MACHINE_BASE, "squashfs", MS_RDONLY | MS_NODEV | MS_NOSUID, NULL) < 0)
    return fail(fault, errno, "mount the disk `base` as squashfs: is it the template's image, in a compression this kernel has?");
  if (stat(MACHINE_BASE, &root) < 0) return fail(fault, errno, "look at the base image");
  if (root.st_uid != 0 && root.st_uid - FIRST_MAPPED_ID >= mapped_ids)
    return fail(fault, EINVAL, "the base image's root belongs to %u, which is no sandbox's", root.st_uid);
  launcher.first_id = root.st_uid == 0 ? 0 : FIRST_MAPPED_ID;
  return true;
}

/* Disks of modules just loaded may still be on their way. */
static bool await_disk(const char *serial, char *path, size_t room) {
  uint64_t deadline = now_us() + disk_wait_ms * 1000ULL;
  for (;;) {
    if (disk_find(serial, path, room) || (strcmp(serial, "base") == 0 && disk_named(path, room))) return true;
    if (now_us() >= deadline) return false;
    usleep(1000);
  }
}

static bool make_home(struct fault *fault) {
  char disk[64];
  if (!await_disk("base", disk, sizeof disk))
    return fail(fault, ENODEV, "no disk with serial `base`: give the machine the template's image as a virtio disk with serial=base");
  char base[64];
  memcpy(base, disk, sizeof base);
  bool work = disk_find("work", disk, sizeof disk);
  mkdir(MACHINE_HOME, 0700);
  /* The file behind it stays sparse, and gives back what is deleted. */
  if (work && mount(disk, MACHINE_HOME, "ext4", MS_NOSUID | MS_NODEV, "noinit_itable,discard") < 0)
    return fail(fault, errno, "mount the disk `work` as ext4");
  if (!work && !mount_at("tmpfs", MACHINE_HOME, MS_NOSUID | MS_NODEV, "mode=0700", fault)) return false;
  return mount_base(base, fault);
}

/* ---- the launcher ---- */

static void settle(void) {
  struct rlimit files = {.rlim_cur = 1024, .rlim_max = most_open_files};
  setrlimit(RLIMIT_NOFILE, &files);
  /* A kernel that has stumbled is no wall any more. */
  write_file(AT_FDCWD, "/proc/sys/kernel/panic_on_oops", "1");
  write_file(AT_FDCWD, "/proc/sys/kernel/panic", "-1");
  sethostname("machine", 7);
  umask(022);
}

/* Ports are announced in their order, and the machine's own comes behind the agent's: one that is not there now never is. */
static void find_agent_ports(struct machine *machine) {
  static const char *const names[most_agent_ports] = {"holdfast.agent", "holdfast.agent.2"};
  for (size_t i = 0; i < most_agent_ports; i++) {
    struct fault missing = {0};
    int port = port_find(names[i], i == 0 ? agent_wait_ms : 0, &missing);
    if (port >= 0) machine->agent_ports[machine->agent_port_count++] = port;
    else if (i == 0) lacking = missing;
  }
}

static int own_port(struct machine *machine, struct fault *fault) {
  return vsock_wanted() ? vsock_channels(machine, fault) : port_find("holdfast.machine", port_wait_ms, fault);
}

int machine_main(int argc, char **argv) {
  static struct machine machine = {.fault = &lacking, .disk = machine_disk, .lend = machine_lend, .take_back = machine_take_back, .settle = machine_settle, .renew = machine_renew, .stand = machine_stand, .at_rest = machine_at_rest, .end = leave_machine};
  struct fault first = {0};
  bool ready = first_mounts(&first);
  standard_descriptors();
  ready = ready && load_modules(&first) && cover_root(&first);
  int port = ready ? own_port(&machine, &first) : -1;
  if (port < 0) {
    machine_say(first.text);
    leave_machine(1);
  }
  dup2(port, 0);
  close(port);
  settle();
  furnish_dev();
  if (make_home(&lacking) && !vsock_wanted()) find_agent_ports(&machine);
  launcher.machine = &machine;
  launcher_serve(argc, argv);
}
