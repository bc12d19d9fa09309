/* What becomes a sandbox, seen from the new process, and what the launcher opens for it beforehand. Neighbours: internal.h for
 * everything the launcher does from outside.
 */
#ifndef HOLDFAST_LAUNCHER_INSIDE_H
#define HOLDFAST_LAUNCHER_INSIDE_H

#include "internal.h"

/* ---- inside.c, view.c, lockdown.c, seccomp.c, bwrap.c ---- */

/* Beside its root and its channels: what a program is given, already open. */
struct program {
  int controls[max_controls], files[max_given];
  size_t control_count, file_count;
};

struct inside {
  const struct launcher *launcher;
  const struct request *request;
  int line, listen_fd, group_fd;
  int port_fds[most_agent_ports]; /* a machine's channels for the agent */
  size_t port_count;
  int notes; /* bwrap: what bubblewrap has to say, for its standard error and its report; else -1 */
  uint32_t id;
  bool networked; /* in a network namespace of its own already */
  int sources[max_binds];
  int program_source, agent_source, bundle_fd; /* of a cell, else -1 */
  struct program program;
};

_Noreturn void inside_run(const struct inside *inside);
/* `title` is this process's command line, from its first byte to its last but one. */
void hide_title(char *title, size_t length, bool is_relay);
/* The sandbox is ready: told once. */
void inside_report(struct inside *inside);

struct view {
  int proc, run, pts, shm, dev; /* detached mounts */
  int sys;                      /* only where powers are kept, else -1 */
  int root;                     /* the overlay */
};

/* A detached mount of a new file system; `options` are names and values in turn. */
int view_mount(const char *type, const char *const *options, unsigned attributes, struct fault *fault);
bool view_attach_binds(int root, const struct inside *inside, struct fault *fault);
bool view_prepare(struct view *view, const struct inside *inside, struct fault *fault);
bool view_enter(struct view *view, const struct inside *inside, struct fault *fault);
extern const char *const hidden_files[], *const hidden_directories[], *const fixed_directories[]; /* of /proc, to NULL */
/* Mounts a tree on a path below `root`, through no link. */
bool view_place(int root, int tree, const char *path, struct fault *fault);
bool view_has(int root, const char *path, struct fault *fault); /* something can be mounted there */
int view_run(const struct request *request, struct fault *fault); /* /run/holdfast, detached */
/* seeded.c: what a sandbox with a seed draws from, and how its programs are started. */
bool seeded_write(int file, const struct seed *seed, struct fault *fault);
void seeded_uuid(const struct seed *seed, char *text, size_t room);
bool seeded_check(const struct seed *seed, struct fault *fault);
bool seeded_process(const struct inside *inside, struct fault *fault);
void view_hosts(const char *hostname, char *text, size_t room);    /* the content of its `hosts` */
void view_generation(const char *generation, char *text, size_t room); /* of its `generation` */
void view_meminfo(uint64_t bytes, char *text, size_t room);        /* what covers /proc/meminfo under a memory limit */
/* Puts it on the root, and on it /run/holdfast/trust, which is the sandbox's own to write. */
bool view_place_run(int root, int run, const struct request *request, struct fault *fault);
/* A network of this process's own: a loopback whose every port anybody may listen on. `proc` is a /proc to set it by. */
bool view_network(int proc, struct fault *fault);
uint64_t shm_bytes(const struct request *request);
bool lockdown(const struct inside *inside, struct fault *fault);
bool limit_process(const struct inside *inside, struct fault *fault);
bool drop_powers(uid_t user, bool mapped, struct fault *fault);
/* bwrap.c: executes bubblewrap with the root and binds in `fds`; returns on failure only. */
void bwrap_run(struct inside *inside, const int *fds, struct fault *fault);
int bwrap_agent(int argc, char **argv);
/* Calls that are there or not. */
enum { without_getrandom = 1, without_clone3 = 2 };
/* Built once, before any sandbox, and again for one that has another. */
void seccomp_build(unsigned without);
bool seccomp_install(struct fault *fault);
/* The same program as bytes for bubblewrap: a descriptor to read it from, or -1. */
int seccomp_descriptor(void);

/* ---- program.c ---- */

struct relay;

/* Opens what the request names for its program; the names of new sockets are added to `sockets`. */
bool program_open(const struct launcher *launcher, const struct request *request, struct program *program,
                  struct hf_buffer *sockets, struct fault *fault);
void program_close(struct program *program);
/* In the locked-down process: starts the program behind a relay. */
struct relay *program_begin(struct inside *inside, struct fault *fault);
/* launch.c: a socket that listens below home; its name is added to `sockets`. */
int listen_below(const struct launcher *launcher, const struct request *request, const char *path,
                 struct hf_buffer *sockets, struct fault *fault);

/* ---- cell.c ---- */

struct cell {
  int base, proc, dev, run, bundle, program, agent; /* detached mounts */
};

/* In the launcher: the files a cell shows. */
bool cell_sources(struct launcher *launcher, struct inside *inside, struct fault *fault);
bool cell_prepare(struct cell *cell, const struct inside *inside, struct fault *fault);
bool cell_enter(struct cell *cell, int root, const struct inside *inside, struct fault *fault);
/* The end of what the program wrote into /state/log, in one line. */
void cell_said(char *text, size_t room);
/* A detached mount of a directory below home. */
int cell_tree(const struct launcher *launcher, const char *path, uint64_t attributes, struct fault *fault);

#endif
