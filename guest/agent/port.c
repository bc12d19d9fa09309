/* A port: a byte stream of a sandbox that has no sockets to the host (guest/PROTOCOL.md, Ports). It is a connection from the
 * start and outlives everybody who speaks over it.
 *
 * 1. What ends a connection ends here what belongs to one and leaves the stream; then everything but RESTART is skipped.
 * 2. Frames leave whole: one that was begun is finished, whatever ended meanwhile, so that the other side never has to
 *    guess where the next begins.
 * 3. A machine may be saved in the middle of a frame that arrives. Restored, it hears of that by RENEW, and then looks for
 *    RESTART byte by byte.
 * 4. A socket's end is the agent's. A serial port's is not: nobody has it open just now, and it is asked again from time to
 *    time, because poll would return at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { away_ms = 50, lost_exit_status = 70 };

static void finish_frame(struct connection *c);
static void say_restart(struct connection *c, uint8_t type);

/* Out of the way of the standard descriptors, which children are given others for. */
static bool port_open(struct agent *agent, struct connection *c, int given) {
  int fd = fcntl(given, F_DUPFD_CLOEXEC, 3), none = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return false;
  if (given > 2) close(given);
  else if (none >= 0) dup2(none, given);
  if (none > 2) close(none);
  *c = (struct connection){.agent = agent, .fd = fd, .poll_index = -1, .is_port = true};
  return true;
}

bool ports_open(struct agent *agent) {
  const struct agent_options *options = agent->options;
  for (int i = 0; i < options->port_count; i++)
    if (!port_open(agent, &agent->connections[i], options->port_fds[i])) return false;
  return options->port_count > 0;
}

static bool is_socket(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

ssize_t port_read(struct connection *c, unsigned char *space, size_t room) {
  ssize_t got = read(c->fd, space, room);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return got;
  if (is_socket(c->fd)) life_end(c->agent, 0);
  else c->away_until = c->agent->now + away_ms;
  errno = EAGAIN;
  return -1;
}

/* What is sent leaves the queue only with the frame it belongs to. */
void port_flush(struct connection *c) {
  while (c->sent < c->out.length) {
    ssize_t put = write(c->fd, hf_buffer_front(&c->out) + c->sent, c->out.length - c->sent);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    c->sent += (size_t)put;
    while (c->out.length >= HF_HEADER_BYTES) {
      size_t whole = HF_HEADER_BYTES + hf_read_header(hf_buffer_front(&c->out)).length;
      if (c->sent < whole) break;
      hf_buffer_consume(&c->out, whole);
      c->sent -= whole;
    }
  }
  if (c->out.capacity > 4096) c->agent->trim_at = c->agent->now + 1000;
}

void port_restart(struct connection *c) {
  connection_drop(c);
  finish_frame(c);
  c->greeted = c->broken = c->hung_up = false;
  say_restart(c, HF_OK);
}

void port_hang_up(struct connection *c) {
  connection_drop(c);
  finish_frame(c);
  c->broken = false;
  if (c->hung_up) return;
  c->hung_up = true;
  say_restart(c, HF_RESTART);
  connection_take_frames(c);
}

/* Of what waits to be sent only the frame under way is left. */
static void finish_frame(struct connection *c) {
  size_t whole = c->sent > 0 ? HF_HEADER_BYTES + hf_read_header(hf_buffer_front(&c->out)).length : 0;
  c->out.length = whole;
  c->out.failed = false;
}

static void say_restart(struct connection *c, uint8_t type) {
  frame_open(c, type, HF_RESTART_ID);
  frame_close(c);
  if (c->broken) life_end(c->agent, lost_exit_status);
  else port_flush(c);
}

void ports_realign(struct agent *agent, const struct connection *asking) {
  for (int i = 0; i < max_connections; i++) {
    struct connection *c = &agent->connections[i];
    if (c->fd < 0 || !c->is_port || c == asking || c->in.length == 0) continue;
    c->hunting = true;
    connection_take_frames(c);
  }
}

bool port_hunt(struct connection *c) {
  static const unsigned char wanted[HF_HEADER_BYTES] = {0, 0, 0, 0, HF_RESTART, 0xff, 0xff, 0xff, 0x7f};
  unsigned char *front = hf_buffer_front(&c->in);
  unsigned char *found = c->in.length < sizeof wanted ? NULL : memmem(front, c->in.length, wanted, sizeof wanted);
  if (!found) {
    if (c->in.length >= sizeof wanted) hf_buffer_consume(&c->in, c->in.length - sizeof wanted + 1);
    return false;
  }
  hf_buffer_consume(&c->in, (size_t)(found - front) + sizeof wanted);
  c->hunting = false;
  port_restart(c);
  return true;
}

void port_lost(struct connection *c) { life_end(c->agent, lost_exit_status); }

uint64_t port_deadline(const struct agent *agent) {
  uint64_t next = NO_DEADLINE;
  for (int i = 0; i < max_connections; i++) {
    const struct connection *c = &agent->connections[i];
    if (c->fd >= 0 && c->away_until > agent->now && c->away_until < next) next = c->away_until;
  }
  return next;
}
