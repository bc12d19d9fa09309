/* The bridge: starts a machine monitor that makes its sockets itself (Firecracker), and carries the bytes of whoever connects
 * to a listening socket it was given to one of those. docs/decisions/0008-firecracker.md has why.
 *
 * options.c  the command line
 * bridge.c   the loop, and the program's end
 * pair.c     one client and its stream
 * greet.c    connecting: `CONNECT <port>\n`, `OK <n>\n`
 */
#ifndef HOLDFAST_BRIDGE_H
#define HOLDFAST_BRIDGE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { bridge_doors = 4, bridge_pairs = 32, no_port = 0 };

/* A listening socket, and where its clients are brought to. */
struct door {
  int listener;
  const char *path;
  uint32_t port; /* of the guest, behind the greeting; no_port: the socket itself */
};

struct queue {
  unsigned char *bytes;
  size_t start, length;
  bool ended; /* nothing more will come */
  bool told;  /* and the other side knows */
};

enum pair_state { pair_free, pair_waiting, pair_greeting, pair_open };

struct pair {
  enum pair_state state;
  const struct door *door;
  int client, stream;
  uint64_t give_up_at, try_at;
  char answer[32];
  size_t answered;
  struct queue in, out; /* from the client, to the client */
  int client_poll, stream_poll;
};

int bridge_main(int argc, char **argv);
int bridge_run(const struct door *doors, size_t count, char *const *argv);

uint64_t bridge_now(void);

void pair_open_for(struct pair *pair, const struct door *door, int client);
void pair_close(struct pair *pair);
void pair_prepare(struct pair *pair, struct pollfd *polls, size_t *count);
void pair_ready(struct pair *pair, const struct pollfd *polls);
/* Milliseconds from now at which it wants to be looked at though nothing has happened; -1 never. */
int pair_timeout(const struct pair *pair);

/* One step of connecting. */
void greet_step(struct pair *pair);

#endif
