/* The bytes of processes: output from pipes into rings, stdin from its queue into the pipe.
 *
 * 1. `total` counts every byte read; the ring holds those within the output limit.
 * 2. Each look at a pipe takes the processor from its writer, which is mostly about to end: where whoever asked waits for that, the
 *    pipes are left alone for a moment after a first few bytes, and after the end of one of them. A writer of much never waits for it.
 * 3. With somebody attached, no more is read than fits beside what the slowest of them has not been sent; with nobody,
 *    everything is read and the oldest is dropped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "internal.h"

enum { drain_steps = 4, leave_alone_ms = 5, few_bytes = 1024 };

static void keep(struct agent *agent, struct process *p, struct stream *s, const unsigned char *bytes, size_t length);

static size_t room(struct agent *agent, struct process *p, int which) {
  if (!p->attachments || p->reason == HF_REASON_OUTPUT_LIMIT) return SIZE_MAX;
  uint64_t unsent = UINT64_MAX;
  for (struct attachment *a = p->attachments; a; a = a->next_of_process)
    if (a->sent[which] < unsent) unsent = a->sent[which];
  return ring_room(agent, &p->streams[which].ring, p->retain, unsent);
}

bool output_wanted(struct agent *agent, struct process *p, int which) {
  bool watched = p->ended || p->unwatched_until <= agent->now;
  return watched && room(agent, p, which) > 0;
}

static void leave_alone(struct agent *agent, struct process *p) {
  if (p->gathered && !p->ended) p->unwatched_until = agent->now + leave_alone_ms;
}

void output_drain(struct agent *agent, struct process *p, struct stream *s) {
  unsigned char *scratch = agent_scratch();
  for (int steps = 0; s->fd >= 0 && steps < drain_steps; steps++) {
    size_t wanted = room(agent, p, (int)(s - p->streams));
    if (wanted == 0) {
      s->idle = false; /* for all that is known now */
      return;
    }
    if (wanted > chunk_bytes) wanted = chunk_bytes;
    ssize_t got = read(s->fd, scratch, wanted);
    if (got < 0 && errno == EINTR) continue;
    s->idle = got < 0 && errno == EAGAIN;
    if (s->idle) return;
    /* A terminal whose last user has gone fails with EIO: that is its end. */
    if (got <= 0) {
      stream_close(s);
      leave_alone(agent, p);
      return;
    }
    if (p->unwatched_until == 0 && got <= few_bytes) leave_alone(agent, p);
    keep(agent, p, s, scratch, (size_t)got);
  }
}

static void keep(struct agent *agent, struct process *p, struct stream *s, const unsigned char *bytes, size_t length) {
  uint64_t before = p->streams[0].total + p->streams[1].total;
  size_t kept = length;
  if (p->output_limit && before + length > p->output_limit)
    kept = before >= p->output_limit ? 0 : (size_t)(p->output_limit - before);
  s->total += length;
  p->last_output_at = agent->now;
  agent->storing = p;
  if (kept > 0) ring_write(agent, &s->ring, p->retain, bytes, kept);
  agent->storing = NULL;
  if (kept < length && !p->ended) process_end(agent, p, HF_REASON_OUTPUT_LIMIT, SIGKILL, 0);
}

void stream_close(struct stream *s) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  s->poll_index = -1;
}

void stdin_close(struct process *p) {
  if (p->stdin_fd >= 0) close(p->stdin_fd);
  p->stdin_fd = -1;
  p->stdin_poll_index = -1;
  hf_buffer_free(&p->pending_stdin);
}

/* Writes what the pipe takes and gives its writer that much credit back. */
void stdin_flush(struct process *p) {
  size_t written = 0;
  while (p->stdin_fd >= 0 && p->pending_stdin.length > 0) {
    ssize_t put = write(p->stdin_fd, hf_buffer_front(&p->pending_stdin), p->pending_stdin.length);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) break;
    if (put < 0) {
      stdin_close(p);
      if (p->writer) request_fail(p->writer, EPIPE, "the process has closed its stdin");
      return;
    }
    written += (size_t)put;
    hf_buffer_consume(&p->pending_stdin, (size_t)put);
  }
  if (p->writer && written > 0 && !p->stdin_ending) {
    unsigned char bytes[4];
    hf_set_u32(bytes, (uint32_t)written);
    p->writer->credit += written;
    hf_buffer_append(frame_open(p->writer->connection, HF_CREDIT, p->writer->id), bytes, sizeof bytes);
    frame_close(p->writer->connection);
  }
  if (!p->stdin_ending || p->pending_stdin.length > 0) return;
  p->stdin_ending = false;
  if (!p->pty) stdin_close(p);
  if (p->writer) {
    frame_open(p->writer->connection, HF_END, p->writer->id);
    frame_close(p->writer->connection);
    request_finish(p->writer);
  }
}
