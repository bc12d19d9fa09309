/* Where a program that makes its own sandbox (gVisor's runsc) works: a bare root of its own with the mounted root of the
 * sandbox in it, and of the machine the program's file alone.
 *
 *   /program   the program           /rootfs   the sandbox's root: overlay, binds, /run/holdfast with the agent's file
 *   /bundle    request's path        /state    its own files, in memory; of these /state/log is read when it fails
 *   /proc /dev /tmp
 *
 * 1. It is root of the sandbox's ids and of its namespaces, and has no power over anything outside of them.
 * 2. As in view.c, a mount point in the root is opened through no link.
 * 3. A new root takes the old one's place while the program is stopped; when that fails the old one is put back.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"

enum { stop_ms = 5000, state_depth = 8 };

static const char agent_place[] = "run/holdfast/agent", root_place[] = "rootfs";

static int source_tree(int index, const char *what, struct fault *fault) {
  char place[32];
  snprintf(place, sizeof place, "/binds/%d", index);
  int tree = kernel_open_tree(AT_FDCWD, place, open_tree_clone | open_tree_cloexec | at_recursive);
  if (tree < 0) fail(fault, errno, "copy the bind of %s", what);
  return tree;
}

/* Made by the launcher: the sandbox's root may not pass the directories above. */
int cell_tree(const struct launcher *launcher, const char *path, uint64_t attributes, struct fault *fault) {
  const char *relative = path ? home_relative(launcher, path) : NULL;
  struct kernel_open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  struct kernel_mount_attr attr = {.set = attributes};
  if (!relative) return fail(fault, EPERM, "path must lie below %s", launcher->home), -1;
  int home = open(launcher->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int directory = home < 0 ? -1 : kernel_openat2(home, relative, &how);
  int tree = directory < 0 ? -1 : kernel_open_tree(directory, "", open_tree_clone | open_tree_cloexec | at_empty_path);
  if (tree < 0 || kernel_mount_setattr(tree, 0, &attr) < 0) fail(fault, errno, "copy the bind of %s", path);
  if (home >= 0) close(home);
  if (directory >= 0) close(directory);
  return tree;
}

bool cell_sources(struct launcher *launcher, struct inside *inside, struct fault *fault) {
  const struct request *request = inside->request;
  if (!(request->flags & launch_makes_own)) return true;
  if (request->argument_count == 0) return fail(fault, EINVAL, "flags 4 go with argv");
  inside->program_source = skeleton_source(launcher, request->arguments[0], fault);
  if (inside->program_source >= 0) inside->agent_source = skeleton_source(launcher, launcher->binary, fault);
  if (!fault->error) inside->bundle_fd = cell_tree(launcher, request->path, mount_read_only | mount_no_suid | mount_no_dev | mount_no_exec, fault);
  return fault->error == 0;
}

/* ---- before the root is known ---- */

bool cell_prepare(struct cell *cell, const struct inside *inside, struct fault *fault) {
  static const char *const options[] = {"mode", "0755", "size", "8m", "nr_inodes", "256", NULL};
  const struct request *request = inside->request;
  if (sethostname(request->hostname, strlen(request->hostname)) < 0)
    return fail(fault, errno, "set the host name %s", request->hostname);
  cell->base = view_mount("tmpfs", options, mount_no_suid | mount_no_dev, fault);
  cell->proc = view_mount("proc", NULL, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  if (cell->base < 0 || cell->proc < 0 || !(inside->networked || view_network(cell->proc, fault))) return false;
  cell->run = view_run(request, fault);
  cell->bundle = inside->bundle_fd;
  cell->program = source_tree(inside->program_source, request->arguments[0], fault);
  cell->agent = source_tree(inside->agent_source, "the agent", fault);
  cell->dev = kernel_open_tree(AT_FDCWD, "/dev", open_tree_clone | open_tree_cloexec | at_recursive);
  return cell->dev >= 0 ? fault->error == 0 : fail(fault, errno, "copy /dev");
}

/* ---- with the root ---- */

static bool make_places(int base, struct fault *fault) {
  static const char *const places[] = {"proc", "dev", "tmp", "state", "bundle", root_place};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (mkdirat(base, places[i], strcmp(places[i], "tmp") == 0 ? 01777 : 0755) < 0) return fail(fault, errno, "make /%s", places[i]);
  int file = openat(base, "program", O_CREAT | O_WRONLY | O_CLOEXEC, 0555);
  if (file < 0) return fail(fault, errno, "make /program");
  close(file);
  return true;
}

/* The program binds or mounts over these by name. */
static bool check_places(int root, struct fault *fault) {
  static const char *const places[] = {"proc", "dev", "sys", "tmp"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (!view_has(root, places[i], fault)) return false;
  return true;
}

/* What the program takes for the machine's memory is the sandbox's limit. */
static bool cover_memory(int base, int root, const struct request *request, struct fault *fault) {
  if (!request->limits.memory_bytes) return true;
  int tree = kernel_open_tree(root, "run/holdfast/meminfo", open_tree_clone | open_tree_cloexec);
  bool done = tree >= 0 && view_place(base, tree, "proc/meminfo", fault);
  if (tree >= 0) close(tree);
  return done || fail(fault, errno, "cover /proc/meminfo");
}

bool cell_enter(struct cell *cell, int root, const struct inside *inside, struct fault *fault) {
  int base = cell->base;
  if (!make_places(base, fault) || !check_places(root, fault)) return false;
  if (kernel_move_mount(base, "", AT_FDCWD, "/root", move_from_empty_path) < 0) return fail(fault, errno, "attach the cell");
  if (!view_place(base, cell->proc, "proc", fault) || !view_place(base, cell->dev, "dev", fault) ||
      !view_place(base, cell->bundle, "bundle", fault) || !view_place(base, cell->program, "program", fault) ||
      !view_place(base, root, root_place, fault))
    return false;
  if (!view_attach_binds(root, inside, fault) || !view_place_run(root, cell->run, inside->request, fault) ||
      !view_place(root, cell->agent, agent_place, fault) || !cover_memory(base, root, inside->request, fault))
    return false;
  if (fchdir(base) < 0 || kernel_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
    return fail(fault, errno, "enter the cell");
  return true;
}

void cell_said(char *text, size_t room) {
  int log = open("/state/log", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  off_t end = log < 0 ? 0 : lseek(log, 0, SEEK_END), from = end > (off_t)room - 1 ? end - (off_t)room + 1 : 0;
  ssize_t got = log < 0 ? 0 : pread(log, text, room - 1, from);
  text[got > 0 ? got : 0] = 0;
  for (char *at = text; *at; at++)
    if ((unsigned char)*at < ' ' || *at == 127) *at = ' ';
  if (log >= 0) close(log);
}

/* ---- another root, from inside the cell's mount namespace ---- */

struct carried {
  int trees[max_binds + 1];
  const char *places[max_binds + 1];
  size_t count;
};

static bool carry(struct carried *carried, int old, int fresh, const char *path, struct fault *fault) {
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  while (*path == '/') path++;
  int from = kernel_openat2(old, path, &how), tree = -1;
  if (from >= 0) tree = kernel_open_tree(from, "", open_tree_clone | open_tree_cloexec | at_recursive | at_empty_path);
  if (tree < 0) fail(fault, errno, "copy the mount of /%s", path);
  if (from >= 0) close(from);
  if (tree < 0 || !view_has(fresh, path, fault)) return false;
  carried->places[carried->count] = path;
  carried->trees[carried->count++] = tree;
  return true;
}

/* What the program kept of its last run would be in the way of the next. */
static void empty(int directory, int depth) {
  DIR *list = fdopendir(directory);
  struct dirent *item;
  while (list && (item = readdir(list))) {
    if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) continue;
    int below = depth > 0 ? openat(directory, item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (below >= 0) empty(below, depth - 1);
    unlinkat(directory, item->d_name, below >= 0 ? AT_REMOVEDIR : 0);
  }
  if (list) closedir(list);
  else close(directory);
}

bool cell_replace(int overlay, const struct request *request, struct fault *fault) {
  struct carried carried = {.count = 0};
  int old = open("/rootfs", O_PATH | O_CLOEXEC);
  int state = open("/state", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  bool done = old >= 0 || fail(fault, errno, "open the old root");
  if (state >= 0) empty(state, state_depth);
  for (size_t i = 0; done && i < request->bind_count; i++)
    done = carry(&carried, old, overlay, request->binds[i].target, fault);
  done = done && carry(&carried, old, overlay, "run/holdfast", fault) && check_places(overlay, fault);
  if (!done) return false;
  int back = kernel_open_tree(old, "", open_tree_clone | open_tree_cloexec | at_recursive | at_empty_path);
  if (back < 0) return fail(fault, errno, "keep the old root");
  if (umount2("/rootfs", MNT_DETACH) < 0) return fail(fault, errno, "take the old root away");
  done = kernel_move_mount(overlay, "", AT_FDCWD, "/rootfs", move_from_empty_path) == 0 || fail(fault, errno, "attach the new root");
  for (size_t i = 0; done && i < carried.count; i++) done = view_place(overlay, carried.trees[i], carried.places[i], fault);
  if (done) return true;
  umount2("/rootfs", MNT_DETACH);
  kernel_move_mount(back, "", AT_FDCWD, "/rootfs", move_from_empty_path);
  return false;
}

/* ---- the program, seen from outside: the cell's first process is its relay ---- */

static void count_process(pid_t pid, char state, void *context) {
  (void)pid, (void)state;
  ++*(size_t *)context;
}

bool cell_stop(const struct request *request, struct fault *fault) {
  uint64_t deadline = now_us() + stop_ms * 1000ULL;
  if (kill((pid_t)request->pid, SIGUSR1) < 0) return fail(fault, errno, "stop the program of process %d", (int)request->pid);
  for (size_t living = 0; now_us() < deadline; usleep(500)) {
    process_walk((pid_t)request->pid, count_process, &living);
    if (living == 1) return true;
    living = 0;
  }
  return fail(fault, ETIMEDOUT, "end the program of process %d within %d ms", (int)request->pid, stop_ms);
}

bool cell_start(const struct request *request, struct fault *fault) {
  return kill((pid_t)request->pid, SIGUSR2) == 0 || fail(fault, errno, "start the program of process %d", (int)request->pid);
}
