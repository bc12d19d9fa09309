/* What the pump's parts share.
 *
 * options.c  the command line, the way to the agent
 * confine.c  gives every power away; whose end is this one's
 * pump.c     the loop: events, turns, what is told from time to time
 * pair.c     the bytes of one connection, both ways
 * claim.c    the agent, who is hostile: its greeting, and the sockets it hands over
 * control.c  the gateway, who is not: what it says and is told
 *
 * 1. One process serves one sandbox: whatever its sockets do, nobody else waits for it.
 * 2. Nothing is moved before the gateway was heard within `still_after_ms`, nor after its end or the daemon's.
 * 3. What was asked of it is read before the next bytes are moved.
 * 4. A descriptor from inside is a TCP socket that was asked for, or it is closed at once. There is never more than one that
 *    nobody has claimed.
 * 5. Whoever shares a socket can make it block. A timer interrupts whatever does, and that connection is over.
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
  longest_answer = 4096,    /* of the agent */
  longest_line = 1024,      /* of the gateway */
  queued_lines = 16 << 10,
  claim_ms = 5000,
  still_after_ms = 2000,
  tell_every_ms = 200,
  interrupt_ms = 20,
  blocked_ms = 100, /* interrupted for so long without a byte moved */
};

/* A direction is named by the side its bytes come from. */
enum side_name { inside, outside };

struct side {
  int fd;
  bool can_read, can_write;
};

struct way {
  int pipe[2];
  size_t held; /* in the pipe */
  uint64_t moved, told;
  bool ended, shut; /* its source has ended; so its target was told */
};

enum pair_state { pair_free, pair_waiting, pair_claimed, pair_open };

struct pair {
  enum pair_state state;
  uint32_t id; /* the gateway's */
  struct side sides[2];
  struct way ways[2];
  char token[HF_TOKEN_BYTES];
  uint64_t claim_by;
  uint64_t interrupted_at; /* first, since a byte was moved; 0: not since */
  bool again;              /* a call of this step was interrupted */
};

struct pump {
  int epoll, control, agent, daemon;
  uint64_t now, heard_at, told_at;
  bool interrupts, greeted;
  struct pair pairs[most_pairs];
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
/* The sandbox's socket is there. */
void pair_begin(struct pump *pump, struct pair *pair, int inside_fd);
void pair_event(struct pump *pump, uint64_t event, uint32_t events);
/* Moves what can be moved in one step of each direction; false when nothing could. */
bool pair_step(struct pump *pump, struct pair *pair);
/* Resets what is not over and says so. */
void pair_end(struct pump *pump, struct pair *pair, const char *why, int error);

/* ---- claim.c ---- */

void agent_greet(struct pump *pump);
void agent_ready(struct pump *pump);
/* The next that waits is claimed; who waited too long is over. */
void claim_next(struct pump *pump);
void claim_forget(struct pump *pump, const struct pair *pair);
uint64_t claim_deadline(const struct pump *pump);

/* ---- control.c ---- */

void control_ready(struct pump *pump);
void control_flush(struct pump *pump);
void tell_ready(struct pump *pump);
void tell_ended(struct pump *pump, const struct pair *pair, const char *why, int error);
/* Of those that moved something since they were told of. */
void tell_moved(struct pump *pump);
bool is_untold(const struct pump *pump);

#endif
