/* What the pump's parts share.
 *
 * options.c  the command line, the way to the agent
 * confine.c  gives every power away; whose end is this one's
 * pump.c     the loop: events, turns, what is told from time to time
 * pair.c     one connection: both ways, its end
 * way.c      the bytes of one direction
 * claim.c    the agent, who is hostile: its greeting, and the sockets it hands over
 * control.c  the gateway, who is not: what it says and is told
 *
 * 1. One process serves one sandbox: whatever its sockets do, no other sandbox's connection waits for it.
 * 2. Nothing is moved while the gateway was not heard for `still_after_ms`, nor after its end or the daemon's: what had been
 *    given to the outside before is dropped with a reset.
 * 3. What was asked of it is read before the next connection's bytes are moved.
 * 4. A descriptor from inside is a TCP socket that was asked for, or it is closed at once. There is never more than one that
 *    nobody has claimed.
 * 5. Whoever shares a socket can make it block. A timer interrupts whatever waits for bytes or room, and after `most_blocked_ms`
 *    of that the connection is over. Whoever holds the socket's lock (by sending from memory that is not there) no timer and no
 *    SIGKILL reaches: then the gateway goes on without this process, which does nothing more once it is killed.
 * 6. All memory is in this struct.
 */
#ifndef HOLDFAST_PUMP_INTERNAL_H
#define HOLDFAST_PUMP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/protocol.h"
#include "pump.h"

enum {
  most_pairs = 32,
  most_at_once = 256 << 10, /* bytes of one direction on their way through */
  kept_pipes = 4,           /* while they are empty */
  least_pipe = 64 << 10,    /* a smaller one is what a user gets who has too many */
  longest_answer = 4096,    /* of the agent */
  longest_line = 1024,      /* of the gateway */
  queued_lines = 16 << 10,
  still_after_ms = 2000,
  tell_every_ms = 200,
  interrupt_ms = 20,
  blocked_ms = 10, /* a call that took so long and moved nothing has blocked */
  most_blocked_ms = 100,
  give_up_ms = 5000, /* what is left of a broken connection goes out within so long of its last byte */
  look_ms = 20,      /* whether it has */
};

/* A direction is named by the side its bytes come from. */
enum side_name { inside, outside };

struct side {
  int fd;
  bool can_read, can_write;
  bool hung; /* nothing goes there nor comes: both have said their end, or it was reset */
  bool has_mark; /* among its bytes, of urgent data: splice stops there */
};

struct way {
  int pipe[2]; /* only while something is in it */
  size_t held;
  uint64_t moved, told;
  uint64_t blocked; /* ms; a call that moved something forgives one */
  bool waits;       /* until its beginning was said */
  bool ended, over; /* its source has ended; nothing is moved any more */
};

enum pair_state { pair_free, pair_waiting, pair_claimed, pair_open };

struct pair {
  enum pair_state state;
  uint32_t id; /* the gateway's; a later one is larger */
  struct side sides[2];
  struct way ways[2];
  char token[HF_TOKEN_BYTES];
  int error; /* 0: neither side is broken */
  enum side_name broken;
  uint32_t unsent;   /* by the other one's socket */
  uint64_t moved_at; /* when anything last went on */
};

struct pump {
  int epoll, control, agent, daemon;
  uint64_t now, heard_at, told_at;
  bool interrupts, greeted;
  struct pair pairs[most_pairs];
  int pipes[kept_pipes][2];
  size_t pipe_count;
  /* control.c */
  char line[longest_line];
  size_t line_length;
  int given; /* the socket that came with the line which is arriving, or -1 */
  char out[queued_lines];
  size_t out_length;
  /* claim.c */
  unsigned char answer[HF_HEADER_BYTES + longest_answer];
  size_t answer_length;
  int arrived; /* the socket that came with the answer which is arriving, or -1 */
  struct pair *claiming;
  uint32_t asked;    /* id of the last question */
  bool unanswered;   /* and it is open */
};

enum pump_event { event_control, event_agent, event_daemon, event_pairs };

/* ---- pump.c ---- */

_Noreturn void pump_run(struct pump *pump);
bool pump_watch(struct pump *pump, int fd, uint32_t events, uint64_t event);
/* The end of everything, and why, for whoever looks. */
_Noreturn void pump_end(const char *why);
uint64_t pump_now(void);

/* ---- confine.c ---- */

/* Gives up every power, and ends with the gateway from here on; false when it has ended already or something is missing. */
bool confine(pid_t gateway);

/* ---- pair.c ---- */

void pair_free_all(struct pump *pump);
/* NULL: there are too many. The descriptor is its own from here on. */
struct pair *pair_take(struct pump *pump, uint32_t id, int outside_fd, const char *token);
struct pair *pair_find(struct pump *pump, uint32_t id);
/* The sandbox's socket is there: what comes from the outside moves. */
void pair_begin(struct pump *pump, struct pair *pair, int inside_fd);
void pair_event(struct pump *pump, uint64_t event, uint32_t events);
/* Moves what can be moved in one step of each direction; false when nothing could. */
bool pair_step(struct pump *pump, struct pair *pair);
/* A side takes nothing more. What came from the outside before still goes in; from an inside that had not said its end, not. */
void pair_broke(struct pump *pump, struct pair *pair, enum side_name name, int error);
/* Resets what is not over and says so. */
void pair_end(struct pump *pump, struct pair *pair, const char *why, int error);
/* One waits for its last bytes to go out. */
bool is_any_broken(const struct pump *pump);

/* ---- way.c ---- */

/* False where pipes are scarce. */
bool pipes_prepare(struct pump *pump);
/* One step of a direction, which may end the pair; false when nothing could be done. */
bool way_step(struct pump *pump, struct pair *pair, enum side_name name);
/* What it holds is lost. */
void way_drop(struct pump *pump, struct way *way);
static inline enum side_name across(enum side_name name) { return name == inside ? outside : inside; }

/* ---- claim.c ---- */

void agent_greet(struct pump *pump);
void agent_ready(struct pump *pump);
/* The first that waits is claimed. */
void claim_next(struct pump *pump);
void claim_forget(struct pump *pump, const struct pair *pair);

/* ---- control.c ---- */

void control_ready(struct pump *pump);
void control_flush(struct pump *pump);
void tell_ready(struct pump *pump);
void tell_ended(struct pump *pump, const struct pair *pair, const char *why, int error);
/* Of those that moved something since they were told of. */
void tell_moved(struct pump *pump);
bool is_untold(const struct pump *pump);

#endif
