/* Kernel interfaces newer than the C libraries we build with. Numbers are the same on every architecture. */
#ifndef HOLDFAST_KERNEL_H
#define HOLDFAST_KERNEL_H

#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum {
  nr_pidfd_send_signal = 424,
  nr_open_tree = 428,
  nr_move_mount = 429,
  nr_fsopen = 430,
  nr_fsconfig = 431,
  nr_fsmount = 432,
  nr_pidfd_open = 434,
  nr_clone3 = 435,
  nr_close_range = 436,
  nr_openat2 = 437,
  nr_mount_setattr = 442,
};

enum { open_tree_clone = 1, open_tree_cloexec = 02000000, at_recursive = 0x8000, at_empty_path = 0x1000 };
enum { move_from_empty_path = 0x4, move_to_empty_path = 0x40 };
enum { config_flag = 0, config_string = 1, config_create = 6 };
enum { fsopen_cloexec = 1, fsmount_cloexec = 1 };
enum {
  mount_read_only = 0x1,
  mount_no_suid = 0x2,
  mount_no_dev = 0x4,
  mount_no_exec = 0x8,
  mount_idmap = 0x00100000,
};
enum { resolve_no_magiclinks = 0x02, resolve_no_symlinks = 0x04, resolve_beneath = 0x08 };

struct kernel_mount_attr {
  uint64_t set, clear, propagation, userns_fd;
};

struct kernel_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

struct kernel_open_how {
  uint64_t flags, mode, resolve;
};

#define CLONE_INTO_CGROUP_FLAG 0x200000000ULL

static inline int kernel_open_tree(int at, const char *path, unsigned flags) {
  return (int)syscall(nr_open_tree, at, path, flags);
}
static inline int kernel_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
  return (int)syscall(nr_move_mount, from, from_path, to, to_path, flags);
}
static inline int kernel_fsopen(const char *type) { return (int)syscall(nr_fsopen, type, fsopen_cloexec); }
static inline int kernel_fsconfig(int fs, unsigned command, const char *key, const char *value) {
  return (int)syscall(nr_fsconfig, fs, command, key, value, 0);
}
static inline int kernel_fsmount(int fs, unsigned attributes) {
  return (int)syscall(nr_fsmount, fs, fsmount_cloexec, attributes);
}
static inline int kernel_mount_setattr(int at, unsigned flags, struct kernel_mount_attr *attr) {
  return (int)syscall(nr_mount_setattr, at, "", flags | at_empty_path, attr, sizeof *attr);
}
static inline int kernel_openat2(int at, const char *path, struct kernel_open_how *how) {
  return (int)syscall(nr_openat2, at, path, how, sizeof *how);
}
static inline pid_t kernel_clone3(struct kernel_clone_args *args) {
  return (pid_t)syscall(nr_clone3, args, sizeof *args);
}
static inline int kernel_pidfd_open(pid_t pid) { return (int)syscall(nr_pidfd_open, pid, 0); }
static inline int kernel_pidfd_signal(int pidfd, int signal) {
  return (int)syscall(nr_pidfd_send_signal, pidfd, signal, 0, 0);
}
static inline int kernel_pivot_root(const char *root, const char *old) {
  return (int)syscall(SYS_pivot_root, root, old);
}
static inline int kernel_close_range(unsigned first, unsigned last) {
  return (int)syscall(nr_close_range, first, last, 0);
}

#endif
