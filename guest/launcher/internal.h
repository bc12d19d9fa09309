/* What the launcher's parts share.
 *
 * main.c       one poll loop: frames in, answers out; operations.c what is under way between them
 * request.c    a payload -> struct request
 * configure.c  mode, namespaces the launcher keeps, skeleton.c the bare mount namespace sandboxes are cloned from,
 *              probe.c what this host can do;
 *              user.c an ordinary user's way into a namespace of its own, door.c the process it leaves outside
 * launch.c     LAUNCH seen from outside; inside.c the same seen from the new process: view.c builds what it sees,
 *              lockdown.c takes its powers, seccomp.c the system calls; bwrap.c lets bubblewrap do the work instead
 * program.c    a program behind a relay in the agent's place; cell.c the root of one that makes its own sandbox;
 *              kept.c files kept in memory for such programs, memory.c the memory such a program made of one
 * overlay.c    the root filesystem's mount; disk.c bounds its size
 * networks.c   network namespaces made ahead
 * groups.c     control groups, v2 and v1; freeze.c stands a sandbox still; control.c the small operations
 * swap.c       SWAP and SNAPSHOT; surgeon.c changes the root inside the sandbox's own mount namespace; held.c tells
 *              whether a root is still in use
 * processes.c  /proc
 *
 * Inside a machine guest/machine calls launcher_serve; `launcher.machine` holds what is different there.
 *
 * inside.h says what those share that are, or prepare, the new process.
 *
 * 1. Only main.c writes to descriptor 0. An operation's process writes whole frames to its own pipe and operations.c passes
 *    them on, so an operation that dies cannot leave half a frame.
 * 2. Every operation that fails undoes what it did, and says which step failed on which value.
 * 3. Nothing waits without a deadline.
 */
#ifndef HOLDFAST_LAUNCHER_INTERNAL_H
#define HOLDFAST_LAUNCHER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/frame.h"
#include "../common/launcher.h"

enum {
  max_path = 1024,
  max_name = 128,
  max_layers = 500,
  max_binds = 16,
  max_sources = 64,
  max_operations = 128,
  max_entries = 4096,
  max_arguments = 128,
  max_controls = 7,
  max_given = 16,
  run_files = 7,
  most_agent_ports = 2, /* the daemon's and the gateway's */
  most_kept = 64,
  most_networks = 128,
  mapped_ids = 65536,
  launch_deadline_ms = 10000,
  freeze_deadline_ms = 500,
  kill_deadline_ms = 10000,
  collect_deadline_ms = 1000,
};

/* ---- failures ---- */

struct fault {
  int error;
  char text[320];
};

/* Records the first failure and returns false, so that a step can `return fail(...)`. */
__attribute__((format(printf, 3, 4))) bool fail(struct fault *fault, int error, const char *format, ...);
/* For what makes namespaces: where a number of them is the limit the kernel says ENOSPC, as of a full disk. The words stay, and
 * the host is told EUSERS. */
bool fail_namespace(struct fault *fault, int error, const char *step);

/* ---- requests ---- */

enum limit_bit { limit_memory = 1, limit_cpu = 2, limit_processes = 4 };

struct bind {
  char *source, *target;
};

enum given_flag { given_writable = 1, given_kept = 2 };

struct given {
  char *path;
  uint64_t flags;
};

struct limits {
  uint64_t memory_bytes, cpu_millis, processes, open_files, disk_bytes; /* 0: none */
  uint64_t overhead; /* processes of ours among them */
  uint64_t overhead_bytes; /* memory of the program that makes the sandbox, on top */
};

struct seed {
  unsigned char *bytes;
  size_t length; /* 0: none */
};

struct request {
  char *home, *mode, *launcher, *sandbox, *upper, *work, *socket, *hostname, *machine_id, *cgroup, *path, *target;
  char *previous, *incarnation, *generation, *fresh_work;
  char *lower[max_layers];
  size_t lower_count;
  struct bind binds[max_binds];
  size_t bind_count;
  char *limit_groups[8];
  size_t limit_group_count;
  char *arguments[max_arguments + 1]; /* of a program in the agent's place; ends with NULL */
  size_t argument_count;
  char *again[max_arguments + 1]; /* what it is started with when its root was replaced; empty: the same */
  size_t again_count;
  char *controls[max_controls], *listeners[max_given];
  size_t control_count, listener_count;
  struct given files[max_given];
  size_t file_count;
  struct limits limits;
  uint64_t user, lease_ms, flags, pid, start_ticks, clock_ns, clients;
  struct seed entropy, seed; /* the second is RENEW's: what a sandbox draws from that was launched with the first */
  struct {
    uint64_t pid, start_ticks;
  } entries[max_entries];
  size_t entry_count;
};

/* Decodes in place. */
bool request_parse(struct request *request, unsigned char *payload, size_t length, struct fault *fault);
/* A name that may become a directory or cgroup: letters, digits, `.`, `_`, `-`, not starting with `.` */
bool name_valid(const char *name);

/* ---- the launcher's own state ---- */

struct group_base {
  int fd;                /* the directory that holds this home's groups, or -1 */
  char path[max_path];
  unsigned controllers;  /* enum limit_bit */
};

struct groups {
  struct group_base v2;
  struct group_base v1[3]; /* one per hierarchy that owns a limit controller */
  size_t v1_count;
  char name[32]; /* holdfast-<hash of home> */
  char reason[160]; /* why limits are not to be had */
};

enum { mount_by_string = 1 }; /* CONFIGURE's flags, beside what the kernel needs (overlay_flags) */
enum { launch_makes_own = 4, launch_powers_kept = 8, launch_kvm = 16 }; /* LAUNCH's */
enum { snapshot_small = 1 };                            /* SNAPSHOT's, of a sandbox that is no cell */
enum { keep_no_more = 1, keep_unread = 2 };             /* KEEP's */
enum { memory_begin = 1, memory_digest = 2 };           /* MEMORY's */
enum { rest_no_more = 1 };                              /* REST's */

struct launcher;

struct kept {
  char *path; /* NULL: a free place */
  int fd;
};

struct networks {
  int own; /* the launcher's */
  int spare[most_networks];
  size_t count, wanted; /* wanted is 0 where none can be made ahead */
  size_t spell;         /* launches since there was last nothing to do */
};

/* Inside a machine of its own (guest/machine) the launcher is the first process, has one sandbox and ends with it. */
struct machine {
  int agent_ports[most_agent_ports]; /* the agent's channels to the host */
  size_t agent_port_count;
  const struct fault *fault; /* what the machine lacks, told to CONFIGURE */
  bool (*disk)(uint64_t bytes, struct fault *fault); /* makes this room for the sandbox's writes */
  uint64_t (*lend)(uint8_t operation); /* room for what an operation puts there or takes away; what the sandbox had left */
  void (*take_back)(uint8_t operation, uint64_t left); /* so that it has just that */
  bool (*settle)(struct launcher *launcher, struct fault *fault); /* the sandbox lives, but was not told of yet */
  bool (*renew)(struct launcher *launcher, const struct request *request, struct fault *fault);
  bool (*stand)(struct launcher *launcher, const struct request *request, bool still, struct fault *fault); /* FREEZE and THAW */
  bool (*at_rest)(struct launcher *launcher); /* whether its own channel may come to rest, the last of all */
  void (*end)(int status); /* does not return */
};

/* The one sandbox of a machine; pid 0 until there is one. */
struct resident {
  pid_t pid;
  bool powers_kept, settled;
  bool stands, stands_at_rest; /* frozen; to be frozen when its channels come to rest */
  char cgroup[max_path + max_name];
  struct limits limits;
  int uts, own_uts, run[run_files], agent; /* opened by guest/machine/settle.c */
  size_t run_bytes[run_files];             /* how long each of `run` is */
};

struct launcher {
  char home[max_path];
  size_t home_length;
  bool user_mode, bwrap;
  unsigned flags;
  int host_ns, skeleton_ns; /* mount namespaces: the machine's view, and the bare one the launcher lives in */
  int map_ns;               /* user namespace with the sandbox ids, for idmapped mounts, or -1 */
  uid_t first_id;           /* what a sandbox's id 0 is outside, as root */
  const struct machine *machine; /* NULL on a host */
  struct resident resident;
  bool idmap;
  int door; /* socket to door.c, ordinary user only, else -1 */
  struct groups groups;
  struct networks networks;
  const char *no_disk; /* why there is no disk limit, or NULL */
  char binary[max_path]; /* this program's file, on the machine */
  char *title; /* this process's command line in memory, `title_length` bytes */
  size_t title_length;
  char *sources[max_sources]; /* bind sources ready at /binds/<index> of the skeleton */
  size_t source_count;
  struct kept kept[most_kept];
};

/* ---- main.c ---- */

extern struct launcher launcher;
/* Serves descriptor 0. `argv` is this process's own, whose memory becomes its title. */
_Noreturn void launcher_serve(int argc, char **argv);

/* ---- configure.c, skeleton.c, probe.c ---- */

/* Enters the mode; false with a fault. An ordinary user's launcher re-executes itself and does not return here. */
bool configure(struct launcher *launcher, const struct request *request, uint32_t id, struct fault *fault);
/* Second half, after which frames are answered. */
bool configure_finish(struct launcher *launcher, struct fault *fault);
void configure_answer(const struct launcher *launcher, uint32_t id, struct hf_buffer *out);
bool skeleton_build(struct launcher *launcher, struct fault *fault);
/* The index of a bind source below /binds of the skeleton, prepared once, or -1. */
int skeleton_source(struct launcher *launcher, const char *path, struct fault *fault);
bool write_maps(pid_t pid, const char *uid_map, const char *gid_map, bool deny_setgroups, struct fault *fault);
void probe_capabilities(const struct launcher *launcher, struct hf_buffer *out);
/* An ordinary user's way into a user namespace of its own: re-executes the launcher there. Returns only on failure. */
bool enter_user(struct launcher *launcher, uint32_t id, struct fault *fault);
/* The re-executed launcher takes up what enter_user left, and puts the answer to CONFIGURE into `out`. */
bool resume_user(struct launcher *launcher, int argc, char **argv, struct hf_buffer *out);
/* Makes this process see the machine's files again. */
bool enter_host(const struct launcher *launcher, struct fault *fault);
/* Back to where the launcher lives. */
void leave_host(const struct launcher *launcher);

/* ---- overlay.c ---- */

struct overlay_plan {
  char *const *lower;
  size_t lower_count;
  const char *upper, *work;
  bool user_xattr;
  const char *page_place; /* NULL: mount by single options; else where to mount by one page of options */
  int owner; /* -1, or the id the upper directory is given */
  bool powers_kept; /* set-id bits and devices on it work */
};

/* Of CONFIGURE's flags those that this kernel needs: before 6.5 it takes an overlay's layers as one string only. */
unsigned overlay_flags(void);
/* A detached overlay mount, proved writable, or -1. Paths are relative to the current directory or absolute. */
int overlay_mount(const struct overlay_plan *plan, struct fault *fault);
/* One overlay for a request, over a disk image when it has a disk limit. */
int root_mount(const struct launcher *launcher, const struct request *request, struct fault *fault);
/* Strips the home directory from a path below it, which is then relative to it. */
const char *home_relative(const struct launcher *launcher, const char *path);
/* The directories above a path that are not there yet, open to their owner only. */
bool make_above(const char *path, struct fault *fault);

/* ---- disk.c ---- */

struct disk_paths {
  char image[max_path], place[max_path], upper[max_path], work[max_path];
};

/* An overlay whose writable layer lies in an image of `bytes` beside plan->upper; made if absent. The plan's upper and
 * work are only valid until this returns. */
int disk_overlay(const struct launcher *launcher, struct overlay_plan *plan, uint64_t bytes, struct fault *fault);
bool disk_exists(const char *upper);
bool disk_show(const char *upper, struct disk_paths *paths, struct fault *fault);
/* Why there is no disk limit here, or NULL. Asked in the machine's view. */
const char *disk_missing(const struct launcher *launcher);
/* What was missing is looked for anew: it may have been installed since. */
bool disk_available(struct launcher *launcher, struct fault *fault);

/* ---- groups.c ---- */

struct sandbox_groups {
  int v2_fd;
  int task_fds[3]; /* v1 files to write "0" to, or -1 */
  char cgroup[max_path + max_name];
  char v1[3][max_path + max_name]; /* empty: none */
};

/* What this home's groups are called. */
void groups_name(struct launcher *launcher);
void groups_discover(struct launcher *launcher);
/* The same, later: what was found before is kept where it is not found any more, since sandboxes may be there. */
void groups_discover_again(struct launcher *launcher);
/* The v2 group, made before the process; then, while the process sets itself up, the v1 groups and all limits. */
bool groups_make(struct launcher *launcher, const struct request *request, struct sandbox_groups *made,
                 struct fault *fault);
bool groups_limit(struct launcher *launcher, const struct request *request, struct sandbox_groups *made,
                  struct fault *fault);
void groups_close(struct sandbox_groups *made);
/* Removes what was made, once the processes are gone. */
void groups_undo(struct launcher *launcher, const char *sandbox, struct sandbox_groups *made);
bool limit_available(const struct groups *groups, unsigned bit);
/* True when the path names a group of this home. */
bool group_is_ours(const struct launcher *launcher, const char *path);
/* Removes a group and those below it; false while somebody is inside. */
bool group_remove(const char *path);
bool group_write(const char *path, const char *file, const char *text);
/* Reads a small file of a group; -1 when there is none. */
ssize_t group_read(const char *path, const char *file, char *text, size_t room);
/* The number behind `key ` in a file of lines, or the whole file's number when key is NULL; false when there is none. */
bool group_number(const char *path, const char *file, const char *key, uint64_t *value);

/* ---- launch.c ---- */

struct launch {
  pid_t pid;
  pid_t monitor; /* bwrap: the process that is the agent's parent, ours, and ends with it */
  int line; /* socket to the new process */
  int notes;
  char sandbox[max_name];
  struct hf_buffer sockets; /* below home, each ended by NUL: what a failure takes away again */
  struct sandbox_groups groups;
  uint64_t start_ticks; /* of the agent */
  uint64_t first_ticks; /* of the process cloned for it */
};

/* Starts a sandbox; its process reports on `line`. On failure nothing is left. */
bool launch_begin(struct launcher *launcher, struct request *request, uint32_t id, struct launch *launch,
                  struct fault *fault);
/* The process reported that it is ready: finds the agent's number and puts the answer into `out`. */
bool launch_ready(struct launch *launch, uint32_t id, struct hf_buffer *out, struct fault *fault);
/* What bubblewrap said, behind `text`. */
void launch_explain(struct launch *launch, struct fault *fault);
void launch_undo(struct launcher *launcher, struct launch *launch);

/* ---- kept.c, memory.c ---- */

/* KEEP in the launcher itself: a place for the file, or it is let go. */
bool kept_prepare(struct launcher *launcher, const struct request *request, struct fault *fault);
/* KEEP in its own process. */
bool kept_fill(const struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault);
int kept_open(const struct launcher *launcher, const char *path, struct fault *fault);
/* What a file below home holds, into an empty one; holes stay holes. */
bool copy_file(const struct launcher *launcher, const char *path, int to, uint64_t *bytes, struct fault *fault);
/* KEEP's digest of it, without keeping it. */
bool file_digest(const struct launcher *launcher, const char *path, struct hf_buffer *out, struct fault *fault);
/* memory.c: MEMORY, in its own process */
bool memory_save(const struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault);

/* ---- cell_save.c, cell_pause.c ---- */

/* cell_save.c: MEMORY of a cell. */
bool cell_save(const struct launcher *launcher, const struct request *request, struct fault *fault);
/* cell_pause.c: FREEZE and THAW of a cell; both may be repeated. */
bool cell_pause(const struct request *request, struct fault *fault);
bool cell_resume(const struct request *request, struct fault *fault);
bool cell_stands(const struct request *request);
/* For swap.c and surgeon.c. */
bool cell_stop(const struct request *request, struct fault *fault);
bool cell_start(const struct request *request, struct fault *fault);
bool cell_replace(int overlay, const struct request *request, struct fault *fault);

/* ---- processes.c, freeze.c ---- */

bool process_alive(pid_t pid, uint64_t start_ticks);
uint64_t process_start_ticks(pid_t pid);
/* True for a process that made one which has not executed yet and shares its memory. */
bool process_awaits_exec(pid_t pid);
typedef void (*process_visitor)(pid_t pid, char state, void *context);
/* Visits a process and its living descendants, parents before children, so that nobody starts another unseen. */
void process_walk(pid_t first, process_visitor visit, void *context);
/* Whether it was made to stand still, and not let go on since. */
bool stands_still(const struct request *request);
bool freeze(const struct request *request, struct fault *fault);
bool thaw(const struct request *request, struct fault *fault);

/* ---- rest.c ---- */

/* Brings the channels of a program to rest, or with flags lets them go on. */
bool rest(const struct request *request, struct fault *fault);

/* ---- surgeon.c, held.c, swap.c ---- */

struct surgeon {
  pid_t pid;
  int line;
};

/* Enters the sandbox's namespaces in a process of its own, before anything stands still. */
bool surgeon_start(struct surgeon *surgeon, const struct request *request, bool user_mode, struct fault *fault);
/* The sandbox's mount namespace, and the user namespace it belongs to (not always the one of its processes). */
bool sandbox_namespaces(pid_t pid, int *mounts, int *users, struct fault *fault);
/* Puts the overlay in place of the root, with everything that was mounted on the old one. */
bool surgeon_replace(struct surgeon *surgeon, int overlay, struct fault *fault);
/* Lets the old root go: the kernel writes out what it held, so the sandbox runs again by now. */
void surgeon_end(struct surgeon *surgeon);
/* True when the sandbox's first process is its only one and holds nothing of the root but `/` itself. */
bool root_is_free(pid_t pid);
/* True when its writable layer lies in a disk image. */
bool root_is_limited(pid_t pid);
/* Last names of the files the sandbox's processes have mapped shared and writable, each ended by NUL; false: not known. */
bool mapped_files(pid_t pid, struct hf_buffer *names);

/* shut.c: SHUT, in its own process */
bool shut(const struct launcher *launcher, const struct request *request, struct fault *fault);

/* swap.c: SWAP and SNAPSHOT; both put the fields of their answer into `out`. */
bool swap(struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault);
bool snapshot(struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault);
/* Runs one operation in its own process and writes the answer's frames to `out`; frames of the peer that belong to it come
 * from `in`, or -1. */
void operate(struct launcher *launcher, uint8_t type, uint32_t id, unsigned char *payload, size_t length, int in, int out);

/* ---- door.c ---- */

_Noreturn void door_run(struct launcher *launcher, int line);
bool door_pass(const struct launcher *launcher, uint8_t type, uint32_t id, unsigned char *payload, size_t length, int out,
               struct fault *fault);

/* ---- networks.c ---- */

void networks_open(struct launcher *launcher);
/* Puts this process into a network made ahead; false when there is none. */
bool network_enter(struct launcher *launcher);
/* Back into the launcher's own. */
void network_leave(const struct launcher *launcher);
/* When to call networks_rest, by now_us, if nothing else happens from `quiet_since` on. */
uint64_t networks_due(const struct launcher *launcher, uint64_t quiet_since);
/* One step of keeping as many as are wanted. */
void networks_rest(struct launcher *launcher, uint64_t quiet_since);

/* ---- small things ---- */

uint64_t now_us(void);
void write_frames(int fd, struct hf_buffer *frames);
void put_error(struct hf_buffer *out, uint32_t id, const struct fault *fault);
bool write_file(int at, const char *path, const char *text);
bool send_byte(int line, const int *fds, size_t count);
/* Waits up to ms for one byte and at most `room` descriptors; false at the end or the deadline. */
bool receive_byte(int line, int *fds, size_t room, int ms);

#endif
