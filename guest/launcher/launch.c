/* LAUNCH seen from outside. What can be done beside the new process's own work is done beside it: the process is cloned
 * first, then the launcher mounts the root and makes limit groups while the process makes its network and file systems.
 *
 * 1. A failure at any step kills the process, waits for its end and removes groups and socket.
 * 2. A limit that nothing here can enforce is refused before anything is made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"

static const uint64_t least_disk = 4ULL << 20, most_disk = 16ULL << 40;

enum { backlog = 16, undo_deadline_ms = 2000, usual_user = 1000, cell_bytes = 128 << 20 };

static bool limit_check(const struct launcher *l, uint64_t asked, unsigned bit, const char *name, struct fault *fault) {
  if (!asked || limit_available(&l->groups, bit)) return true;
  return fail(fault, ENOTSUP, "the %s limit needs a control group with its controller%s", name,
              l->user_mode ? ": start the daemon with `systemd-run --user --scope -p Delegate=yes`" : "");
}

static bool check_limits(struct launcher *launcher, const struct request *request, struct fault *fault) {
  const struct limits *limits = &request->limits;
  struct rlimit files;
  if (!limit_check(launcher, limits->memory_bytes, limit_memory, "memory", fault)) return false;
  if (!limit_check(launcher, limits->cpu_millis, limit_cpu, "cpu", fault)) return false;
  if (limits->disk_bytes && !disk_available(launcher, fault)) return false;
  if (limits->disk_bytes && (limits->disk_bytes < least_disk || limits->disk_bytes > most_disk))
    return fail(fault, EINVAL, "diskBytes %llu: from 4 MiB to 16 TiB", (unsigned long long)limits->disk_bytes);
  if (getrlimit(RLIMIT_NOFILE, &files) < 0) return fail(fault, errno, "read the limit on open files");
  if (limits->open_files > files.rlim_max)
    return fail(fault, ENOTSUP, "openFiles %llu is over this host's %llu: raise the daemon's LimitNOFILE",
                (unsigned long long)limits->open_files, (unsigned long long)files.rlim_max);
  return true;
}

/* Root that keeps its powers would be the host's own. */
static bool check_powers(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  bool kept = request->flags & launch_powers_kept;
  if (!launcher->machine)
    return !kept || fail(fault, EPERM, "powers are kept only inside a machine of its own: ask for isolation `vm`");
  if (request->argument_count) return fail(fault, ENOTSUP, "a machine's sandbox is its agent, no program in its place");
  if (launcher->resident.pid > 0) return fail(fault, EBUSY, "this machine has its sandbox: make another machine");
  if (kept == (launcher->first_id == 0)) return true;
  return fail(fault, EINVAL, kept ? "powers are kept over plain owners only, and this base image's are moved up by %u"
                                  : "a sandbox without powers needs a base image whose owners are moved up by %u",
              FIRST_MAPPED_ID);
}

/* Its agent is reached over the machine's port; the socket is for the launcher itself, see guest/machine/renew.c. */
static void take_residence(const struct launcher *launcher, struct request *request) {
  static char socket[max_path];
  snprintf(socket, sizeof socket, "%.900s/agent.socket", launcher->home);
  unlink(socket);
  request->socket = socket;
}

static bool check_entropy(const struct launcher *launcher, const struct request *r, struct fault *fault) {
  if (!r->entropy.length) return true;
  if (!seeded_check(&r->entropy, fault)) return false;
  /* A cell's root has the file; who makes the sandbox in it does the rest. */
  if (r->flags & launch_makes_own || (!launcher->bwrap && !r->argument_count)) return true;
  return fail(fault, ENOTSUP, "chance follows from a seed only in a sandbox that the launcher makes itself, by the way `fork`");
}

static bool check(struct launcher *launcher, struct request *r, struct fault *fault) {
  if (!name_valid(r->sandbox)) return fail(fault, EINVAL, "sandbox `%s` is no usable name", r->sandbox ? r->sandbox : "");
  if (!r->hostname || !name_valid(r->hostname) || strlen(r->hostname) > 64) return fail(fault, EINVAL, "hostname is missing or unusable");
  if (!r->machine_id || strlen(r->machine_id) != 32 || strspn(r->machine_id, "0123456789abcdef") != 32)
    return fail(fault, EINVAL, "machineId must be 32 hex characters");
  if (launcher->machine) take_residence(launcher, r);
  if (!r->incarnation || !r->socket) return fail(fault, EINVAL, "incarnation and socket are needed");
  if (!check_powers(launcher, r, fault) || !check_entropy(launcher, r, fault)) return false;
  if ((r->flags & launch_kvm) && !r->argument_count) return fail(fault, EPERM, "kvm is shown to a program, not to an agent");
  if (r->user != 0 && r->user != usual_user) return fail(fault, EINVAL, "user %llu: 0 or 1000", (unsigned long long)r->user);
  r->limits.overhead = launcher->bwrap ? 2 : 1;
  if (r->flags & launch_makes_own) r->limits.overhead_bytes = cell_bytes;
  return check_limits(launcher, r, fault);
}

/* Where a socket is made: beside the upper directory, so that the file system keeps it with the sandbox's other files. */
static bool socket_birthplace(const struct launcher *launcher, const struct request *request, struct sockaddr_un *name,
                              struct fault *fault) {
  const char *upper = request->upper ? home_relative(launcher, request->upper) : NULL;
  const char *last = upper ? strrchr(upper, '/') : NULL;
  if (!last) return fail(fault, EPERM, "upper must lie in a directory below %s", launcher->home);
  int length = snprintf(name->sun_path, sizeof name->sun_path, "%.*s/socket", (int)(last - upper), upper);
  if (length >= (int)sizeof name->sun_path) return fail(fault, ENAMETOOLONG, "upper %s", request->upper);
  return make_above(name->sun_path, fault);
}

/* Only the launcher's own user may connect: the directory it lies in is the daemon's, and so is its mode. A link, unlike a
 * rename, does not replace what is there. */
int listen_below(const struct launcher *launcher, const struct request *request, const char *path,
                 struct hf_buffer *sockets, struct fault *fault) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  const char *relative = home_relative(launcher, path);
  int fd = -1;
  if (!relative) return fail(fault, EPERM, "socket %s is not below %s", path, launcher->home), -1;
  if (strlen(relative) >= sizeof name.sun_path) return fail(fault, ENAMETOOLONG, "socket %s", path), -1;
  if (!socket_birthplace(launcher, request, &name, fault)) return -1;
  unlink(name.sun_path);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool done = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0 && chmod(name.sun_path, 0600) == 0 &&
              listen(fd, backlog) == 0 && link(name.sun_path, relative) == 0;
  int error = errno;
  unlink(name.sun_path);
  if (done) hf_buffer_append(sockets, relative, strlen(relative) + 1);
  if (done) return fd;
  fail(fault, error, "listen on %s", path);
  if (fd >= 0) close(fd);
  return -1;
}

/* Bubblewrap comes from the machine's files, so its way begins there; it makes the other namespaces itself. */
static pid_t clone_from(struct launcher *launcher, struct launch *launch, struct inside *inside, int line[2],
                        struct fault *fault) {
  struct kernel_clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWNS, .exit_signal = SIGCHLD};
  if (inside->request->flags & launch_powers_kept) args.flags &= ~(uint64_t)CLONE_NEWUSER;
  if (!launcher->bwrap) args.flags |= CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (launch->groups.v2_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP_FLAG;
    args.cgroup = (uint64_t)launch->groups.v2_fd;
  }
  if (launcher->bwrap && !enter_host(launcher, fault)) return -1;
  inside->networked = network_enter(launcher);
  pid_t pid = kernel_clone3(&args);
  if (pid == 0) {
    inside->line = line[1];
    close(line[0]);
    inside_run(inside);
  }
  int error = errno;
  if (inside->networked) network_leave(launcher);
  if (launcher->bwrap) leave_host(launcher);
  if (pid < 0) fail_namespace(fault, error, "make the sandbox's namespaces");
  return pid;
}

static bool clone_inside(struct launcher *launcher, struct launch *launch, struct inside *inside, struct fault *fault) {
  int line[2], notes[2] = {-1, -1};
  if (launcher->bwrap && pipe2(notes, O_CLOEXEC | O_NONBLOCK) < 0) return fail(fault, errno, "make a pipe");
  launch->notes = notes[0];
  inside->notes = notes[1];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == 0) {
    launch->pid = clone_from(launcher, launch, inside, line, fault);
    launch->line = line[0];
    close(line[1]);
  } else fail(fault, errno, "make a line");
  if (notes[1] >= 0) close(notes[1]);
  return launch->pid > 0;
}

static bool map_ids(const struct launcher *launcher, const struct request *request, struct launch *launch,
                    struct fault *fault) {
  char map[64];
  if (request->flags & launch_powers_kept) return send_byte(launch->line, NULL, 0) || fail(fault, errno, "tell the sandbox its ids");
  if (launcher->user_mode) snprintf(map, sizeof map, "%llu 0 1", (unsigned long long)request->user);
  else snprintf(map, sizeof map, "0 %u %d", launcher->first_id, mapped_ids);
  if (!write_maps(launch->pid, map, map, launcher->user_mode, fault)) return false;
  return send_byte(launch->line, NULL, 0) || fail(fault, errno, "tell the sandbox its ids");
}

enum { most_sent = 1 + max_binds + 3 };

/* The root, for bubblewrap the binds, and the groups to enter. */
static bool equip(struct launcher *launcher, const struct inside *inside, struct launch *launch, struct fault *fault) {
  int fds[most_sent];
  size_t count = 0, trees;
  if ((fds[count] = root_mount(launcher, inside->request, fault)) >= 0) count++;
  for (size_t i = 0; launcher->bwrap && !fault->error && i < inside->request->bind_count; i++) {
    char place[32];
    snprintf(place, sizeof place, "/binds/%d", inside->sources[i]);
    fds[count] = kernel_open_tree(AT_FDCWD, place, open_tree_clone | open_tree_cloexec | at_recursive);
    if (fds[count] < 0) fail(fault, errno, "copy the bind of %s", inside->request->binds[i].source);
    else count++;
  }
  trees = count;
  if (!fault->error && groups_limit(launcher, inside->request, &launch->groups, fault)) {
    for (size_t i = 0; i < 3; i++)
      if (launch->groups.task_fds[i] >= 0) fds[count++] = launch->groups.task_fds[i];
    /* One that has ended by now has said why: its report is read next. */
    if (!send_byte(launch->line, fds, count) && errno != EPIPE) fail(fault, errno, "hand the sandbox its root");
  }
  while (trees-- > 0) close(fds[trees]);
  return fault->error == 0;
}

static bool start(struct launcher *launcher, const struct request *request, uint32_t id, struct launch *launch,
                  struct fault *fault) {
  struct inside inside = {.launcher = launcher, .request = request, .id = id, .group_fd = -1, .notes = -1, .bundle_fd = -1};
  for (; launcher->machine && inside.port_count < launcher->machine->agent_port_count; inside.port_count++)
    inside.port_fds[inside.port_count] = launcher->machine->agent_ports[inside.port_count];
  for (size_t i = 0; i < request->bind_count; i++)
    if ((inside.sources[i] = skeleton_source(launcher, request->binds[i].source, fault)) < 0) return false;
  if (!groups_make(launcher, request, &launch->groups, fault)) return false;
  inside.group_fd = launch->groups.v2_fd;
  if ((inside.listen_fd = listen_below(launcher, request, request->socket, &launch->sockets, fault)) < 0) return false;
  bool done = program_open(launcher, request, &inside.program, &launch->sockets, fault) &&
              cell_sources(launcher, &inside, fault) && clone_inside(launcher, launch, &inside, fault);
  close(inside.listen_fd);
  program_close(&inside.program);
  if (inside.bundle_fd >= 0) close(inside.bundle_fd);
  if (!done || !map_ids(launcher, request, launch, fault)) return false;
  launch->start_ticks = launch->first_ticks = process_start_ticks(launch->pid);
  return equip(launcher, &inside, launch, fault);
}

bool launch_begin(struct launcher *launcher, struct request *request, uint32_t id, struct launch *launch,
                  struct fault *fault) {
  *launch = (struct launch){.pid = -1, .line = -1, .notes = -1, .groups = {.v2_fd = -1, .task_fds = {-1, -1, -1}}};
  if (!check(launcher, request, fault)) return false;
  snprintf(launch->sandbox, sizeof launch->sandbox, "%s", request->sandbox);
  launcher->resident.powers_kept = request->flags & launch_powers_kept;
  bool done = start(launcher, request, id, launch, fault);
  launcher->resident.pid = launch->pid;
  launcher->resident.limits = request->limits;
  memcpy(launcher->resident.cgroup, launch->groups.cgroup, sizeof launcher->resident.cgroup);
  groups_close(&launch->groups);
  if (!done) launch_undo(launcher, launch);
  return done;
}

static void read_notes(struct launch *launch, char *text, size_t room) {
  ssize_t got = launch->notes >= 0 ? read(launch->notes, text, room - 1) : 0;
  text[got > 0 ? got : 0] = 0;
}

void launch_explain(struct launch *launch, struct fault *fault) {
  char text[1024];
  read_notes(launch, text, sizeof text);
  char *said = strstr(text, "bwrap: ");
  if (!said) return;
  said[strcspn(said, "\n")] = 0;
  size_t used = strlen(fault->text);
  snprintf(fault->text + used, sizeof fault->text - used, ": %s", said);
}

/* Bubblewrap reports the number of what it started as {"child-pid": n, ...}. */
static bool find_agent(struct launch *launch, struct fault *fault) {
  char text[1024];
  int pid = 0;
  read_notes(launch, text, sizeof text);
  const char *at = strstr(text, "\"child-pid\":");
  if (!at || sscanf(at + 12, "%d", &pid) != 1 || pid <= 0) return fail(fault, EPROTO, "bubblewrap does not name its child");
  launch->monitor = launch->pid;
  launch->pid = pid;
  launch->start_ticks = process_start_ticks(pid);
  return launch->start_ticks > 0 || fail(fault, ESRCH, "the agent ended");
}

bool launch_ready(struct launch *launch, uint32_t id, struct hf_buffer *out, struct fault *fault) {
  if (launch->notes >= 0 && !find_agent(launch, fault)) return false;
  if (launch->notes >= 0) close(launch->notes);
  launch->notes = -1;
  hf_buffer_free(&launch->sockets);
  size_t mark = hf_frame_begin(out, HF_OK, id);
  hf_put_int(out, HF_TAG_PID, (uint64_t)launch->pid);
  hf_put_int(out, HF_TAG_START_TICKS, launch->start_ticks);
  if (launch->groups.cgroup[0]) hf_put_string(out, HF_TAG_CGROUP, launch->groups.cgroup);
  for (size_t i = 0; i < 3; i++)
    if (launch->groups.v1[i][0]) hf_put_string(out, HF_TAG_LIMIT_GROUP, launch->groups.v1[i]);
  hf_frame_end(out, mark);
  return true;
}

static void kill_one(pid_t pid, char state, void *context) {
  (void)state, (void)context;
  kill(pid, SIGKILL);
}

/* Children after their parent, which cannot make new ones any more. A number that was reaped already is not touched. */
static void end_processes(struct launch *launch) {
  pid_t first = launch->monitor > 0 ? launch->monitor : launch->pid;
  if (launch->first_ticks > 0 && !process_alive(first, launch->first_ticks)) return;
  int pidfd = kernel_pidfd_open(first);
  struct pollfd gone = {.fd = pidfd, .events = POLLIN};
  kill(first, SIGSTOP);
  process_walk(first, kill_one, NULL);
  if (pidfd >= 0 && poll(&gone, 1, undo_deadline_ms) == 1) waitpid(first, NULL, WNOHANG);
  if (pidfd >= 0) close(pidfd);
}

void launch_undo(struct launcher *launcher, struct launch *launch) {
  if (launch->line >= 0) close(launch->line);
  if (launch->notes >= 0) close(launch->notes);
  launch->line = launch->notes = -1;
  if (launch->pid > 0) end_processes(launch);
  groups_undo(launcher, launch->sandbox, &launch->groups);
  const char *names = launch->sockets.length > 0 ? (const char *)hf_buffer_front(&launch->sockets) : NULL;
  for (size_t at = 0; names && at < launch->sockets.length; at += strlen(names + at) + 1) unlink(names + at);
  hf_buffer_free(&launch->sockets);
  launch->pid = -1;
  launcher->resident.pid = 0;
  launcher->resident.settled = false;
}
