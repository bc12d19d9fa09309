/* One channel: frames from one client at a time to the guest, and back.
 *
 * 1. The guest is sent whole frames only, so whoever ends in the middle of one leaves nothing half-said.
 * 2. Between two clients the guest is told RESTART; what it sends until it has answered is dropped, at the start whatever it is.
 * 3. A guest's head is looked at before a byte of its frame is passed on. Longer than the protocol's bound, it makes the
 *    channel lost; a client's makes that client end.
 * 4. A frame with RESTART's id is between relay and guest, and never reaches a client. Unasked, it says that the guest has
 *    ended the client's connection.
 * 5. Neither queue grows past one frame and one read: who does not take is not read from either.
 * 6. To come to rest, what was begun is sent to its end, and the guest is asked by a PING of RESTART's id, whose answer is
 *    no other's because it is not empty: then nothing is under way to it. A client's half frame waits here, and its connection lives on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

/* most_at_rest: all a guest may have queued before its answer. A question is told from earlier ones by its length. */
enum { chunk = 64 << 10, most_to_client = 256 << 10, most_at_rest = 8 << 20, most_questions = 64 };

static void restart(struct channel *c);
static void accept_client(struct channel *c);
static void come_to_rest(struct channel *c);
static void read_client(struct channel *c);
static void find_whole(struct channel *c);
static void read_guest(struct channel *c);
static void take_guest(struct channel *c, const unsigned char *bytes, size_t length);
static void take_head(struct channel *c);

/* Also a program that was just started, or restored from a snapshot, begins with a clean slate. It may have been saved in the
 * middle of a frame: its answer to RESTART is looked for byte by byte. */
void channel_start(struct channel *c) {
  c->hunting = true;
  restart(c);
}

static void client_gone(struct channel *c) {
  close(c->client);
  c->client = -1;
  restart(c);
}

static void restart(struct channel *c) {
  c->to_guest.length = c->whole;
  hf_frame_end(&c->to_guest, hf_frame_begin(&c->to_guest, HF_RESTART, HF_RESTART_ID));
  c->whole = c->to_guest.length;
  if (c->to_guest.failed) c->lost = true;
  hf_buffer_free(&c->to_client);
  c->drop = true;
  c->asked = c->at_rest = false;
  c->state = channel_restarting;
}

void channel_prepare(struct channel *c, struct pollfd *polls, size_t *count) {
  short client = 0, guest = 0;
  c->client_poll = c->guest_poll = -1;
  if (c->state == channel_open && !c->resting && c->to_guest.length < HF_MAX_PAYLOAD + HF_HEADER_BYTES) client |= POLLIN;
  if (c->state == channel_open && c->to_client.length > 0) client |= POLLOUT;
  if (c->state == channel_idle && !c->resting) client |= POLLIN;
  size_t most = c->resting ? most_at_rest : most_to_client;
  if (c->state != channel_idle && c->to_client.length < most) guest |= POLLIN;
  if (c->whole > 0) guest |= POLLOUT;
  if (c->state != channel_restarting && !(c->resting && client == 0)) {
    c->client_poll = (int)*count;
    polls[(*count)++] = (struct pollfd){.fd = c->client >= 0 ? c->client : c->listener, .events = client};
  }
  if (c->guest < 0) return;
  c->guest_poll = (int)*count;
  polls[(*count)++] = (struct pollfd){.fd = c->guest, .events = guest};
}

static short ready(const struct pollfd *polls, int at) { return at >= 0 ? polls[at].revents : 0; }

/* False when the other side has ended; what is written leaves the queue. */
static bool write_out(int fd, struct hf_buffer *out, size_t length) {
  while (length > 0) {
    ssize_t put = send(fd, hf_buffer_front(out), length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN;
    hf_buffer_consume(out, (size_t)put);
    length -= (size_t)put;
  }
  return true;
}

static void write_guest(struct channel *c) {
  size_t before = c->to_guest.length;
  if (c->whole == 0 || c->guest < 0) return;
  if (!write_out(c->guest, &c->to_guest, c->whole)) c->lost = true;
  c->whole -= before - c->to_guest.length;
}

void channel_ready(struct channel *c, const struct pollfd *polls) {
  short client = ready(polls, c->client_poll), guest = ready(polls, c->guest_poll);
  const short arrived = POLLIN | POLLHUP | POLLERR;
  if (guest & arrived) read_guest(c);
  if ((client & POLLIN) && c->state == channel_idle) accept_client(c);
  else if ((client & arrived) && c->state == channel_open && !c->resting) read_client(c);
  if (c->state == channel_open && !write_out(c->client, &c->to_client, c->to_client.length)) client_gone(c);
  write_guest(c);
  if (c->state == channel_idle) hf_buffer_free(&c->to_guest);
  if (c->resting) come_to_rest(c);
}

void channel_rest(struct channel *c, bool resting) {
  c->resting = resting;
  c->asked = c->at_rest = false;
  if (resting) come_to_rest(c);
}

/* An idle guest has answered RESTART and was sent nothing since. The question goes in front of a client's half frame. */
static void come_to_rest(struct channel *c) {
  if (c->state == channel_idle) c->at_rest = true;
  if (c->state != channel_open || c->asked || c->whole > 0) return;
  struct hf_buffer out = {0};
  size_t mark = hf_frame_begin(&out, HF_PING, HF_RESTART_ID);
  c->question = c->question % most_questions + 1;
  for (unsigned i = 0; i < c->question; i++) hf_buffer_append(&out, "r", 1);
  hf_frame_end(&out, mark);
  c->whole = out.length;
  hf_buffer_append(&out, hf_buffer_front(&c->to_guest), c->to_guest.length);
  hf_buffer_free(&c->to_guest);
  c->to_guest = out;
  c->asked = true;
  if (out.failed) c->lost = true;
}

static void accept_client(struct channel *c) {
  c->client = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (c->client < 0) return;
  c->state = channel_open;
  read_client(c);
}

static void read_client(struct channel *c) {
  unsigned char *space = hf_buffer_reserve(&c->to_guest, chunk);
  ssize_t got = space ? recv(c->client, space, chunk, MSG_DONTWAIT) : 0;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return client_gone(c);
  c->to_guest.length += (size_t)got;
  find_whole(c);
}

static void find_whole(struct channel *c) {
  while (c->to_guest.length - c->whole >= HF_HEADER_BYTES) {
    struct hf_header header = hf_read_header(hf_buffer_front(&c->to_guest) + c->whole);
    if (header.length > HF_MAX_PAYLOAD) return client_gone(c);
    if (c->to_guest.length - c->whole < HF_HEADER_BYTES + header.length) return;
    c->whole += HF_HEADER_BYTES + header.length;
  }
}

static void read_guest(struct channel *c) {
  static unsigned char bytes[chunk];
  ssize_t got = recv(c->guest, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) return take_guest(c, bytes, (size_t)got);
  c->lost = true;
}

/* Slides over what the guest sends until the last bytes are the answer; how many it took. */
static size_t hunt(struct channel *c, const unsigned char *bytes, size_t length) {
  static const unsigned char answer[HF_HEADER_BYTES] = {0, 0, 0, 0, HF_OK, 0xff, 0xff, 0xff, 0x7f};
  for (size_t i = 0; i < length; i++) {
    if (c->head_length == sizeof answer) memmove(c->head, c->head + 1, --c->head_length);
    c->head[c->head_length++] = bytes[i];
    if (c->head_length < sizeof answer || memcmp(c->head, answer, sizeof answer) != 0) continue;
    c->hunting = false;
    c->head_length = 0;
    c->state = channel_idle;
    return i + 1;
  }
  return length;
}

static void take_guest(struct channel *c, const unsigned char *bytes, size_t length) {
  if (c->hunting) {
    size_t taken = hunt(c, bytes, length);
    bytes += taken;
    length -= taken;
  }
  while (length > 0 && !c->lost) {
    size_t head_left = HF_HEADER_BYTES - c->head_length;
    size_t step = head_left > 0 ? head_left : c->body_left;
    if (step > length) step = length;
    if (head_left > 0) {
      memcpy(c->head + c->head_length, bytes, step);
      c->head_length += step;
      if (step == head_left) take_head(c);
    } else {
      if (!c->drop) hf_buffer_append(&c->to_client, bytes, step);
      c->body_left -= step;
    }
    if (c->head_length == HF_HEADER_BYTES && c->body_left == 0) c->head_length = 0;
    bytes += step;
    length -= step;
  }
  if (c->to_client.failed) c->lost = true;
}

static void take_head(struct channel *c) {
  struct hf_header header = hf_read_header(c->head);
  c->body_left = header.length;
  c->drop = c->state != channel_open || header.id == HF_RESTART_ID;
  if (header.length > HF_MAX_PAYLOAD) c->lost = true;
  else if (!c->drop) hf_buffer_append(&c->to_client, c->head, HF_HEADER_BYTES);
  if (header.id != HF_RESTART_ID) return;
  if (header.type == HF_OK && header.length == 0 && c->state == channel_restarting) c->state = channel_idle;
  if (header.type == HF_OK && header.length == c->question && c->asked) c->at_rest = true;
  if (header.type != HF_RESTART || c->state != channel_open) return;
  write_out(c->client, &c->to_client, c->to_client.length);
  client_gone(c);
}

void channel_finish(struct channel *c) {
  while (c->guest >= 0 && !c->lost && c->to_client.length < most_to_client) {
    size_t before = c->to_client.length;
    read_guest(c);
    if (c->to_client.length == before) break;
  }
  if (c->state == channel_open) write_out(c->client, &c->to_client, c->to_client.length);
}

void channel_close(struct channel *c) {
  if (c->client >= 0) close(c->client);
  if (c->guest >= 0) close(c->guest);
  hf_buffer_free(&c->to_guest);
  hf_buffer_free(&c->to_client);
}
