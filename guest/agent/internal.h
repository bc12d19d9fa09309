/* What the agent's parts share. One thread, one poll loop (loop.c); everything below is reached from it.
 *
 * loop.c        waits, hands readiness to the parts, runs deadlines
 * connection.c  bytes <-> frames, the send queue, open requests
 * requests.c    one decoded request -> the part that serves it
 * process.c     the table of processes; start.c and spawn.c start one, output.c moves its bytes, attach.c streams them to the host,
 *               ring.c keeps them, tree.c finds and kills whole trees, life.c ends everything
 * tunnel.c      connections tunnelled to the host; tunnel.h
 * limits.c      limits that the kernel below does not hold
 * renew.c       what has to be done when the memory goes on a second time
 * port.c        a connection without a socket of its own
 * path.c        names -> directory + leaf; files.c, transfer.c, remove.c, search.c, watch.c the file requests
 *
 * 1. Nothing waits except the loop's ppoll, and a vfork child's way to its exec.
 * 2. A request that outlives its frame is a `struct request` on its connection and ends exactly once, by
 *    request_finish or with its connection.
 * 3. Every number that comes from the host is checked where it is first used; a violation closes the connection only.
 */
#ifndef HOLDFAST_AGENT_INTERNAL_H
#define HOLDFAST_AGENT_INTERNAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/frame.h"
#include "agent.h"

enum {
  max_connections = 4,
  max_requests = 256,
  max_live_processes = 1024,
  max_ended_processes = 256,
  max_queued_bytes = 4 << 20,
  gathered_bytes = 4096, /* held back at most */
  longest_gather_ms = 100,
  stream_queue_bytes = 512 << 10, /* streams add to a connection's queue only below this */
  chunk_bytes = 64 << 10,
  max_retained_bytes = 64 << 20, /* all rings together */
  default_retain_bytes = 1 << 20,
  max_id_bytes = 64,
  child_oom_score = 500,
  path_leaf_bytes = 256,
};

enum spawn_flag { spawn_pty = 1, spawn_stdin = 2, listed_cut = 4 };
enum hello_flag { hello_groups = 1, hello_hands_over = 2 };
enum signal_flag { signal_tree = 1, signal_wait = 2 };

#define NO_DEADLINE UINT64_MAX

struct agent;
struct connection;
struct process;
struct request;

/* ---- requests that stay open ---- */

enum pump_result {
  pump_idle,     /* nothing to do until something happens */
  pump_progress, /* did something, call again */
  pump_finished, /* the request is gone */
};

struct request_kind {
  /* A DATA or END frame of the host; false is a protocol violation. NULL: such frames are one. */
  bool (*data)(struct request *, const unsigned char *bytes, size_t length);
  bool (*end)(struct request *);
  /* Moves the request on by a bounded step; called while the send queue has room. */
  enum pump_result (*pump)(struct request *);
  /* Descriptor to poll for input before the next pump, or -1. */
  int (*input)(struct request *);
  /* Releases what the request holds (not itself). */
  void (*close)(struct request *);
  bool transfer; /* holds files open: counted by QUIET, ended by RESET */
  bool credit;   /* takes CREDIT frames */
  bool feeds;    /* a process: what it says last may be held with what that one says */
};

struct request {
  struct request *next;
  struct connection *connection;
  const struct request_kind *kind;
  uint64_t credit;
  uint32_t id;
  int poll_index;
  bool gathered; /* whoever asked waits for the end: what it says may be held */
};

struct connection {
  struct agent *agent;
  struct request *requests;
  struct tunnels *tunnels; /* NULL until the first */
  struct listing *listing; /* of a directory whose next page may be asked for, or NULL */
  struct hf_buffer in, out;
  size_t request_count, frame_mark;
  int fd, poll_index;
  bool greeted, broken, tunnels_first;
  bool is_port, hung_up, hunting; /* port.c */
  size_t sent;           /* of the first frame in `out`; only a port keeps it there until it is sent whole */
  uint64_t away_until;   /* nobody has the other end open: not polled until then */
  uint64_t hold_until;   /* what is queued may wait until then for the end of a process (SPAWN's gatherMs) */
  bool prompt;           /* not so what is queued now: somebody waits for it */
};

/* ---- decoded fields ---- */

enum { tag_count = 64 };

struct fields {
  uint64_t present; /* one bit per tag */
  uint64_t ints[tag_count];
  char *strings[tag_count];
  char **argv, **env; /* NULL-terminated; one block, freed by fields_free */
  size_t argc, envc;
};

/* Decodes a payload in place; 0, EBADMSG when malformed, or ENOMEM. */
int fields_parse(struct fields *fields, unsigned char *payload, size_t length);
void fields_free(struct fields *fields);
static inline bool has(const struct fields *fields, int tag) { return fields->present >> tag & 1; }

/* ---- output rings ---- */

struct ring {
  unsigned char *bytes;
  size_t capacity;
  uint64_t start, end; /* absolute offsets of the oldest kept and the next byte */
};

size_t ring_length(const struct ring *ring);
/* The longest contiguous run of kept bytes at `offset`. */
size_t ring_peek(const struct ring *ring, uint64_t offset, const unsigned char **bytes);
/* Appends, growing up to `limit` while the agent's budget lasts and dropping the oldest bytes beyond. */
void ring_write(struct agent *agent, struct ring *ring, size_t limit, const unsigned char *bytes, size_t length);
/* Bytes that could be appended without dropping any at or after `unsent`. */
size_t ring_room(struct agent *agent, const struct ring *ring, size_t limit, uint64_t unsent);
/* Gives back what nothing is kept in; it grows again when needed. */
void ring_trim(struct agent *agent, struct ring *ring);
void ring_free(struct agent *agent, struct ring *ring);

/* ---- processes ---- */

struct stream {
  struct ring ring;
  uint64_t total; /* bytes the process printed, kept or not */
  int fd, poll_index;
  bool idle; /* the last read found it empty */
};

struct attachment {
  struct request request;
  struct attachment *next_of_process;
  struct process *process;
  uint64_t sent[2];
};

struct process {
  struct process *next;
  struct attachment *attachments;
  struct request *writer; /* the open STDIN request, or NULL */
  struct hf_buffer pending_stdin;
  struct stream streams[2];
  char **argv;
  char *tag;
  char id[max_id_bytes + 1];
  pid_t pid;
  int stdin_fd, stdin_poll_index; /* a terminal's master is also its stdin */
  int group;                      /* number of its cgroup, or -1 */
  int status;                     /* wait status once ended */
  int reason;                     /* why it is being ended, 0 while nothing does */
  bool pty, stdin_open, stdin_ending, ended, settled, group_killed, starved, gathered;
  uint64_t started_wall, started_at, ended_at, last_output_at;
  uint64_t timeout_at, silence_ms, grace_ms, kill_at, drain_at, check_at, give_up_at;
  uint64_t unwatched_until; /* its output may wait so long, or until its end */
  unsigned check_delay;
  uint64_t output_limit, sequence;
  size_t retain;
};

struct spawn_plan {
  char **argv, **env;
  const char *path;
  int stdio[3];  /* -1: /dev/null */
  int cwd_fd, group_fd; /* the group's directory, or its `cgroup.procs` where the child enters it, or -1 */
  bool pty;
};

struct agent {
  const struct agent_options *options;
  struct connection connections[max_connections];
  struct process *processes; /* newest first */
  struct process *storing;   /* its output is being stored, so it must not be freed */
  size_t live, ended, retained;
  struct pollfd *polls;
  size_t poll_count, poll_capacity;
  uint64_t sequence;
  uint64_t now; /* monotonic ms, set once per turn */
  uint64_t started_wall;
  char incarnation[129];
  uint64_t lease_at, trim_at, shutdown_at;
  const struct connection *still_for; /* whose STILL keeps deadlines from passing, since `still_since`; NULL: they run */
  uint64_t still_since;
  int oom_fd;        /* own score, raised while a child inherits it, or -1 */
  char oom_score[8]; /* what it is otherwise */
  bool busy, shutting_down, groups;
  bool reaped; /* in this turn: a group may be empty now */
  unsigned resetting; /* RESET requests under way: nothing may be started */
  uint64_t look_at, starved_until; /* limits.c */
  pid_t starved_pid;
  int exit_status; /* -1 while running */
  unsigned next_group, free_groups[8], free_group_count;
  int *lingering;
  size_t lingering_count, lingering_capacity;
};

/* loop.c: agent_run is agent_prepare, turns, agent_release; apart for the fuzzer */
void agent_prepare(struct agent *agent, const struct agent_options *options);
void agent_turn(struct agent *agent);
void agent_release(struct agent *agent);
uint64_t clock_ms(int clock_id);
int poll_add(struct agent *agent, int fd, short events);
short poll_result(const struct agent *agent, int index);
unsigned char *agent_scratch(void); /* HF_MAX_PAYLOAD bytes, valid until the next call that moves bytes */

/* connection.c */
void connection_open(struct agent *agent, int fd);
void connection_prepare(struct connection *connection);
void connection_ready(struct connection *connection);
void connection_close(struct connection *connection);
void connection_flush(struct connection *connection);
/* Ends what belongs to it, and keeps its descriptor and queues. */
void connection_drop(struct connection *connection);
/* Serves what has been read and waited. */
void connection_take_frames(struct connection *connection);
void connections_pump(struct agent *agent);
uint64_t connections_deadline(const struct agent *agent);
struct hf_buffer *frame_open(struct connection *connection, uint8_t type, uint32_t id);
void frame_close(struct connection *connection);
void answer_ok(struct connection *connection, uint32_t id);
void answer_error(struct connection *connection, uint32_t id, int error, const char *message);
/* Links a request of at least sizeof(struct request) zeroed bytes; `size` of them are allocated. NULL: answered. */
void *request_new(struct connection *connection, uint32_t id, const struct request_kind *kind, size_t size);
void request_finish(struct request *request);
void request_fail(struct request *request, int error, const char *message);

/* port.c */
bool ports_open(struct agent *agent);
ssize_t port_read(struct connection *c, unsigned char *space, size_t room);
void port_flush(struct connection *c);
void port_restart(struct connection *c); /* the host has: what belonged to the last one ends, and it is answered */
void port_hang_up(struct connection *c); /* the connection is to end here */
/* After a restore: the rest of a frame that was arriving will not come. Not for `asking`, whose frames do arrive. */
void ports_realign(struct agent *agent, const struct connection *asking);
bool port_hunt(struct connection *c); /* for the next RESTART, wherever it begins; false when it is not there yet */
void port_lost(struct connection *c);    /* where the next frame begins cannot be told any more */
uint64_t port_deadline(const struct agent *agent);

/* requests.c; false is a protocol violation */
bool request_dispatch(struct connection *connection, struct hf_header header, unsigned char *payload);

/* process.c, start.c, spawn.c, output.c, attach.c */
struct process *process_find(struct agent *agent, const char *id);
void process_spawn(struct connection *c, uint32_t id, struct fields *f);
/* Starts what was checked; NULL with the reason in `message`. */
struct process *process_begin(struct agent *agent, struct fields *f, char *message, size_t room, int *error);
void process_signal(struct connection *c, uint32_t id, struct fields *f);
void process_resize(struct connection *c, uint32_t id, struct fields *f);
void process_list(struct connection *c, uint32_t id, struct fields *f);
void process_forget(struct connection *c, uint32_t id, struct fields *f);
void process_put_exit(struct hf_buffer *out, const struct process *process);
void process_free(struct agent *agent, struct process *process);
/* Frees the ended process that ended first; one somebody is attached to, or whose output is being stored, is kept.
 * False when there is none to free. */
bool process_drop_oldest_ended(struct agent *agent);
void process_end(struct agent *agent, struct process *process, int reason, int signal, uint64_t grace_ms);
void processes_reap(struct agent *agent);
void processes_prepare(struct agent *agent);
void processes_ready(struct agent *agent);
uint64_t processes_deadlines(struct agent *agent);
void processes_put_off(struct agent *agent, uint64_t since);
pid_t spawn_start(struct agent *agent, const struct spawn_plan *plan, int *error, const char **step);
void output_drain(struct agent *agent, struct process *process, struct stream *stream);
bool output_wanted(struct agent *agent, struct process *process, int which);
void stream_close(struct stream *stream);
void stdin_flush(struct process *process);
void stdin_close(struct process *process);
void process_attach(struct connection *c, uint32_t id, struct fields *f);
void process_stdin(struct connection *c, uint32_t id, struct fields *f);

/* tree.c */
void tree_start(struct agent *agent);
int tree_group_take(struct agent *agent, int *fd); /* a fresh cgroup's number and what a spawn_plan needs of it, or -1 */
void tree_group_release(struct agent *agent, const struct process *process);
void tree_groups_sweep(struct agent *agent);
int tree_signal(struct agent *agent, struct process *process, int signal); /* processes reached */
bool tree_alive(struct agent *agent, struct process *process);
int tree_signal_all(struct agent *agent, int signal);
size_t tree_count_all(struct agent *agent);

/* limits.c */
uint64_t memory_deadline(struct agent *agent); /* looks when it is time, and returns when to look again */
bool processes_full(struct agent *agent);
struct process *tree_owner(struct agent *agent, pid_t pid); /* tree.c: whose tree it is in, or NULL */

/* life.c */
void life_lease(struct connection *c, uint32_t id, struct fields *f);
void life_reset(struct connection *c, uint32_t id);
void life_quiet(struct connection *c, uint32_t id);
void life_still(struct connection *c, uint32_t id);
/* Deadlines run again, as if no time had passed since STILL. */
void life_go_on(struct agent *agent);
void life_shutdown(struct connection *c, uint32_t id, struct fields *f);
/* Answers OK when this process has ended, whatever lives on in its tree. */
void life_await(struct connection *c, uint32_t id, const struct process *process);
uint64_t life_deadlines(struct agent *agent);
/* Kills everything; the agent exits with this status. */
void life_end(struct agent *agent, int exit_status);
/* Processes are gone: what waits for that has its look now. */
void life_look_again(struct agent *agent);

/* renew.c */
void agent_renew(struct connection *c, uint32_t id, struct fields *f);

/* tunnel.c, tunnel_listen.c, tunnel_stream.c, tunnel_hand.c */
void tunnel_listen(struct connection *c, uint32_t id, struct fields *f);
void tunnel_dial(struct connection *c, uint32_t id, struct fields *f);
/* A frame for a listener or stream, if there is one with its id; false is a protocol violation. */
bool tunnels_frame(struct connection *c, struct hf_header header, unsigned char *payload, bool *known);
void tunnels_prepare(struct connection *c);
void tunnels_ready(struct connection *c);
bool tunnels_pump(struct connection *c); /* a step for everybody; true when anything moved */
uint64_t tunnels_deadline(const struct agent *agent);
void tunnels_reset(struct agent *agent); /* streams and who waits to be one; listeners stay */
void tunnels_resume(struct agent *agent); /* after a reset: listeners take connections again */
void tunnels_close(struct connection *c);
/* CLAIM: answered with the socket of the stream that waits under this token; false is a protocol violation. */
bool stream_claim(struct connection *c, uint32_t id, const unsigned char *token, size_t length);

/* path.c: -1 and errno on failure */
int path_open(struct agent *agent, const char *path, int flags);
/* Opens the directory that holds `path` and copies the last name in it to `leaf` ("." for the root; ".." is refused). */
int path_parent(struct agent *agent, const char *path, char leaf[path_leaf_bytes]);
int path_make_parents(struct agent *agent, const char *path);
uint64_t random_u64(void);

/* files.c, transfer.c (READ, WRITE), remove.c, search.c, watch.c */
enum { stat_follow = 1, move_replace = 1, remove_recursive = 1, write_exclusive = 1 };
void file_stat(struct connection *c, uint32_t id, struct fields *f);
void file_list(struct connection *c, uint32_t id, struct fields *f);
void file_listing_drop(struct connection *c);
void file_mkdir(struct connection *c, uint32_t id, struct fields *f);
void file_move(struct connection *c, uint32_t id, struct fields *f);
void file_chmod(struct connection *c, uint32_t id, struct fields *f);
void file_symlink(struct connection *c, uint32_t id, struct fields *f);
void file_read(struct connection *c, uint32_t id, struct fields *f);
void file_write(struct connection *c, uint32_t id, struct fields *f);
void file_remove(struct connection *c, uint32_t id, struct fields *f);
void file_search(struct connection *c, uint32_t id, struct fields *f);
void file_watch(struct connection *c, uint32_t id, struct fields *f);

#endif
