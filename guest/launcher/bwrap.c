/* The launcher kind `bwrap`: bubblewrap makes the namespaces and installs the filter, around a root prepared here, and runs
 * this same program as the sandbox's first process.
 *
 * Two halves: bwrap_run, in a fresh user and mount namespace with the machine's files still in view, ends in bubblewrap's
 * exec; bwrap_agent is what bubblewrap executes, through a descriptor, so that no file of ours lies in the sandbox.
 *
 * 1. Bubblewrap outlives its start as the parent of the agent. It holds nothing but the line of its own start.
 * 2. As root it runs in a user namespace with the sandbox's ids, so it is nobody on the machine. It keeps the three
 *    capabilities bwrap_agent needs to become the user inside and drop the rest.
 * 3. An ordinary user's sandbox gets one more user namespace from bubblewrap, which also forbids further ones.
 * 4. The network namespace is made here and belongs to the user namespace around bubblewrap.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../agent/agent.h"
#include "inside.h"
#include "kernel.h"

enum { listen_at = 3, group_at, line_at, program_at, filter_at, notes_at, past_fixed, high_at = 64, most_words = 160, most_incarnation = 129 };

struct words {
  char *list[most_words];
  size_t count;
  char pool[8192];
  size_t used;
};

static void add(struct words *words, const char *word) {
  size_t length = strlen(word) + 1;
  if (words->count + 1 >= most_words || words->used + length > sizeof words->pool) _exit(1);
  words->list[words->count++] = memcpy(words->pool + words->used, word, length);
  words->used += length;
}

static void add_all(struct words *words, const char *const *list) {
  for (; *list; list++) add(words, *list);
}

static void add_number(struct words *words, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  add(words, text);
}

static bool nests(const struct inside *inside) { return inside->launcher->user_mode && inside->request->user != 0; }

static void add_covers(struct words *words, const struct request *request) {
  char path[64];
  for (size_t i = 0; hidden_files[i]; i++) {
    snprintf(path, sizeof path, "/proc/%s", hidden_files[i]);
    if (access(path, F_OK) == 0) add_all(words, (const char *[]){"--ro-bind", "/dev/null", path, NULL});
  }
  for (size_t i = 0; hidden_directories[i]; i++) {
    snprintf(path, sizeof path, "/proc/%s", hidden_directories[i]);
    if (access(path, F_OK) == 0) add_all(words, (const char *[]){"--tmpfs", path, "--remount-ro", path, NULL});
  }
  for (size_t i = 0; fixed_directories[i]; i++) {
    snprintf(path, sizeof path, "/proc/%s", fixed_directories[i]);
    if (access(path, F_OK) == 0) add_all(words, (const char *[]){"--ro-bind", path, path, NULL});
  }
  if (request->limits.memory_bytes)
    add_all(words, (const char *[]){"--ro-bind", "/tmp/run/holdfast/meminfo", "/proc/meminfo", NULL});
}

static void build_words(struct words *words, const struct inside *inside) {
  const struct request *request = inside->request;
  char user[16], size[32], program[32], filter[8], notes[8];
  snprintf(user, sizeof user, "%u", (unsigned)request->user);
  snprintf(size, sizeof size, "%llu", (unsigned long long)shm_bytes(request));
  snprintf(program, sizeof program, "/proc/self/fd/%d", program_at);
  snprintf(filter, sizeof filter, "%d", filter_at);
  snprintf(notes, sizeof notes, "%d", notes_at);
  add_all(words, (const char *[]){"bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup",
                                  "--hostname", request->hostname, NULL});
  if (nests(inside)) add_all(words, (const char *[]){"--unshare-user", "--disable-userns", "--uid", user, "--gid", user, NULL});
  add_all(words, (const char *[]){"--bind", "/tmp", "/", "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size",
                                  size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", NULL});
  add_covers(words, request);
  add_all(words, (const char *[]){"--chdir", "/", "--clearenv", "--new-session", "--as-pid-1", "--cap-drop", "ALL", NULL});
  if (!nests(inside))
    add_all(words, (const char *[]){"--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP", NULL});
  add_all(words, (const char *[]){"--seccomp", filter, "--info-fd", notes, "--", program, "launcher", "inside", NULL});
  add_number(words, request->user);
  add_number(words, !inside->launcher->user_mode);
  add_number(words, inside->group_fd >= 0);
  add_number(words, request->lease_ms);
  add(words, request->incarnation);
  words->list[words->count] = NULL;
}

/* Made here, because bubblewrap gives nobody the right to set the ports of the one it makes. */
static bool own_network(struct fault *fault) {
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  bool done = proc >= 0 ? view_network(proc, fault) : fail(fault, errno, "open /proc");
  if (proc >= 0) close(proc);
  return done;
}

/* The root, over a directory everybody can reach; only this mount namespace sees it. */
static bool lay_out(const struct inside *inside, const int *fds, struct fault *fault) {
  const struct request *request = inside->request;
  if (kernel_move_mount(fds[0], "", AT_FDCWD, "/tmp", move_from_empty_path) < 0)
    return fail(fault, errno, "attach the root filesystem");
  /* Bubblewrap follows links to where it mounts these. */
  if (!view_has(fds[0], "proc", fault) || !view_has(fds[0], "dev", fault)) return false;
  for (size_t i = 0; i < request->bind_count; i++)
    if (!view_place(fds[0], fds[1 + i], request->binds[i].target, fault)) return false;
  int run = view_run(request, fault);
  if (run < 0 || !view_place_run(fds[0], run, request, fault)) return false;
  if (!nests(inside) && !write_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0"))
    return fail(fault, errno, "forbid user namespaces");
  return true;
}

static bool fix_descriptors(const struct inside *inside, struct fault *fault) {
  int none = open("/dev/null", O_RDWR), filter = seccomp_descriptor();
  int from[] = {inside->listen_fd, inside->group_fd, inside->line, open("/proc/self/exe", O_RDONLY), filter, inside->notes};
  if (none < 0 || filter < 0 || from[3] < 0) return fail(fault, errno, "prepare bubblewrap's descriptors");
  for (size_t i = 0; i < sizeof from / sizeof *from; i++)
    if (from[i] >= 0 && (from[i] = fcntl(from[i], F_DUPFD, high_at)) < 0) return fail(fault, errno, "keep descriptors");
  dup2(none, 0);
  dup2(none, 1);
  dup2(from[5], 2);
  for (int i = 0; i < past_fixed - listen_at; i++) {
    close(listen_at + i);
    if (from[i] >= 0) dup2(from[i], listen_at + i);
  }
  return kernel_close_range(past_fixed, ~0U) == 0 || fail(fault, errno, "close inherited descriptors");
}

void bwrap_run(struct inside *inside, const int *fds, struct fault *fault) {
  static struct words words;
  if (!(inside->networked || own_network(fault)) || !lay_out(inside, fds, fault)) return;
  build_words(&words, inside);
  if (!fix_descriptors(inside, fault)) return;
  inside->line = line_at;
  if (!limit_process(inside, fault)) return;
  execvp("bwrap", words.list);
  fail(fault, errno, "execute bubblewrap (install the package `bubblewrap`)");
}

int bwrap_agent(int argc, char **argv) {
  static char incarnation[most_incarnation];
  struct fault fault = {0};
  struct hf_buffer out = {0};
  if (argc != 6 || snprintf(incarnation, sizeof incarnation, "%s", argv[5]) >= (int)sizeof incarnation) return 64;
  uid_t user = (uid_t)strtoul(argv[1], NULL, 10);
  bool mapped = atoi(argv[2]), grouped = atoi(argv[3]);
  struct agent_options options = {.listen_fd = listen_at,
                                  .cgroup_fd = grouped ? group_at : -1,
                                  .root_fd = -1,
                                  .incarnation = incarnation,
                                  .lease_ms = strtoul(argv[4], NULL, 10),
                                  .is_init = true,
                                  .guard_clone3 = true};
  umask(022);
  hide_title(program_invocation_name, (size_t)(argv[5] + strlen(argv[5]) - program_invocation_name), false);
  for (int fd = listen_at; fd <= line_at; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  dup2(0, 2);
  if (kernel_close_range(line_at + 1, ~0U) < 0) fail(&fault, errno, "close inherited descriptors");
  else if (drop_powers(user, mapped, &fault)) hf_frame_end(&out, hf_frame_begin(&out, HF_OK, 0));
  if (fault.error) put_error(&out, 0, &fault);
  write_frames(line_at, &out);
  close(line_at);
  return fault.error ? 70 : agent_run(&options);
}
