/* The bytes of one direction: from a socket into a pipe and from the pipe into the other socket, by reference.
 *
 * 1. It is read from only while its pipe is empty: what is on its way is bounded.
 * 2. It owns a pipe only while something is in it: a user's pipes are counted, and past a number they hold next to nothing.
 * 3. An end is passed on behind the last byte and leaves the other direction open.
 * 4. Urgent data stops splice: at its mark there seems to be nothing, or the end. The mark is passed as recv passes it, which
 *    leaves that one byte out.
 * 5. A call that blocks is known by the time it takes, whatever it says then; one that a signal ended early did not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

/* ---- pipes ---- */

static void pipe_return(struct pump *p, int *ends) {
  if (p->pipe_count < kept_pipes) {
    p->pipes[p->pipe_count][0] = ends[0];
    p->pipes[p->pipe_count++][1] = ends[1];
  } else close(ends[0]), close(ends[1]);
  ends[0] = ends[1] = -1;
}

static bool pipe_take(struct pump *p, int *ends) {
  if (p->pipe_count == 0) return pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0;
  ends[0] = p->pipes[--p->pipe_count][0];
  ends[1] = p->pipes[p->pipe_count][1];
  return true;
}

bool pipes_prepare(struct pump *p) {
  while (p->pipe_count < kept_pipes) {
    int *ends = p->pipes[p->pipe_count];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return false;
    p->pipe_count++;
    if (fcntl(ends[0], F_GETPIPE_SZ) < least_pipe) return false;
  }
  return true;
}

void way_drop(struct pump *p, struct way *way) {
  if (way->held > 0) close(way->pipe[0]), close(way->pipe[1]);
  else if (way->pipe[0] >= 0) pipe_return(p, way->pipe);
  way->pipe[0] = way->pipe[1] = -1;
  way->held = 0;
}

/* ---- a step ---- */

/* How many bytes; else 0 and the reason in `error`, which is 0 at an end. */
static size_t move(struct pump *p, struct way *way, int from, int to, size_t most, int *error) {
  uint64_t began = pump_now();
  ssize_t moved = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  *error = moved < 0 ? errno : 0;
  p->now = pump_now();
  if (moved > 0) {
    if (way->blocked > 0) way->blocked--;
    return (size_t)moved;
  }
  /* One call counts for little: the machine may have stood still. */
  uint64_t took = p->now - began;
  if (took >= blocked_ms) way->blocked += took < 2 * interrupt_ms ? took : 2 * interrupt_ms;
  return 0;
}

/* Passes the mark that may be what stopped splice: the byte behind it, if there is one; else the reason. */
static size_t pass_mark(struct side *from, int pipe, int *error) {
  char byte;
  ssize_t got = recv(from->fd, &byte, 1, MSG_DONTWAIT);
  *error = got < 0 ? errno : 0;
  from->has_mark = false;
  if (got <= 0) return 0;
  if (write(pipe, &byte, 1) == 1) return 1;
  return *error = errno, 0;
}

static bool fill(struct pump *p, struct pair *pair, enum side_name name) {
  struct way *way = &pair->ways[name];
  struct side *from = &pair->sides[name];
  int error;
  if (!pipe_take(p, way->pipe)) return pair_end(p, pair, "here", errno), true;
  way->held = move(p, way, from->fd, way->pipe[1], most_at_once, &error);
  if (way->held == 0 && (error == 0 || (error == EAGAIN && from->has_mark))) way->held = pass_mark(from, way->pipe[1], &error);
  way->moved += way->held;
  if (way->held > 0) return true;
  way_drop(p, way);
  if (error == EAGAIN) return from->can_read = false;
  if (error == 0) way->ended = true;
  else if (error != EINTR) way->over = true, pair_broke(p, pair, name, error);
  return true;
}

static bool empty(struct pump *p, struct pair *pair, enum side_name name) {
  struct way *way = &pair->ways[name];
  struct side *to = &pair->sides[across(name)];
  int error;
  size_t put = move(p, way, way->pipe[0], to->fd, way->held, &error);
  way->held -= put;
  if (way->held == 0) way_drop(p, way);
  if (put > 0 || error == EINTR) return true;
  if (error == EAGAIN) return to->can_write = false;
  pair_broke(p, pair, across(name), error ? error : EIO);
  return true;
}

bool way_step(struct pump *p, struct pair *pair, enum side_name name) {
  struct way *way = &pair->ways[name];
  struct side *from = &pair->sides[name], *to = &pair->sides[across(name)];
  bool moved = false, had_ended = way->ended;
  if (way->over || way->waits) return false;
  if (way->held == 0 && !way->ended && from->can_read) moved = fill(p, pair, name);
  if (way->held > 0 && to->can_write && empty(p, pair, name)) moved = true;
  if (way->blocked > most_blocked_ms) return pair_end(p, pair, "blocked", 0), true;
  if (!way->ended || way->held > 0 || way->over) return moved;
  /* It may be a reset that was told to the gateway, whose word follows then. The event that shows it is among the next. */
  if (name == outside && pair->ways[inside].waits && !pair->error && (!had_ended || from->hung)) return moved;
  /* What a broken side has no more of is no end that it has said. */
  if (!pair->error || pair->error == EPIPE) shutdown(to->fd, SHUT_WR);
  return way->over = true;
}
