/* The guest agent: serves guest/PROTOCOL.md on a listening unix socket from inside a sandbox. */
#ifndef HOLDFAST_AGENT_H
#define HOLDFAST_AGENT_H

#include <stdbool.h>

struct agent_options {
  int listen_fd;            /* listening unix stream socket, or -1 */
  int port_fds[4];          /* byte streams to the host, sockets or character devices, one client each; or listen_fd is there */
  int port_count;
  int cgroup_fd;            /* directory of a cgroup v2 group delegated to the agent, or -1 */
  int root_fd;              /* -1: paths are the sandbox's own; else a directory they resolve in (unisolated tests) */
  const char *incarnation;  /* told in HELLO */
  const char *default_path; /* searched for programs when a SPAWN brings no PATH; NULL for the usual one */
  unsigned long lease_ms;   /* dead-man lease in force from the start, 0 none */
  unsigned long processes;  /* most processes in the sandbox, whose refusals nobody counts; 0: not for the agent to tell */
  bool guard_memory;        /* the kernel ends nobody when memory runs out: see limits.c */
  bool seeded;              /* chance follows from a seed: /dev/urandom does already, the rest is the agent's to arrange */
  bool is_init;             /* the agent is PID 1 of its own pid namespace */
  bool enters_groups;       /* moving into a group waits for nobody here: a child enters its own, and clone3 is not needed */
  bool guard_clone3;        /* the seccomp filter leaves clone3 to the agent; its children get one that does not */
};

/* Serves until SHUTDOWN or the end of a port that is a socket (returns 0) or an expired lease (returns 75); 70 when it
 * cannot start, or cannot go on because its port has lost the boundaries of frames. */
int agent_run(const struct agent_options *options);

/* `agent` subcommand: options from the command line. */
int agent_main(int argc, char **argv);

#endif
