/* ATTACH and STDIN: the two streams between the host and a process. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { stdin_credit = 256 << 10, output_head_bytes = 9, end_of_transmission = 4 };

static enum pump_result pump_output(struct request *request);
static void close_output(struct request *request);
static bool take_input(struct request *request, const unsigned char *bytes, size_t length);
static bool end_input(struct request *request);
static void close_input(struct request *request);

static const struct request_kind attach_kind = {.pump = pump_output, .close = close_output, .credit = true};
static const struct request_kind stdin_kind = {.data = take_input, .end = end_input, .close = close_input, .feeds = true};

struct input {
  struct request request;
  struct process *process;
};

/* The process a request names, or NULL when that has been answered. */
static struct process *named(struct connection *c, uint32_t id, const struct fields *f) {
  struct process *p = has(f, HF_TAG_PROCESS_ID) ? process_find(c->agent, f->strings[HF_TAG_PROCESS_ID]) : NULL;
  if (!has(f, HF_TAG_PROCESS_ID)) answer_error(c, id, EINVAL, "processId is missing");
  else if (!p) answer_error(c, id, ESRCH, "no such process");
  return p;
}

void process_attach(struct connection *c, uint32_t id, struct fields *f) {
  struct process *p = named(c, id, f);
  if (!p) return;
  uint64_t from[2] = {has(f, HF_TAG_OFFSET) ? f->ints[HF_TAG_OFFSET] : 0,
                      has(f, HF_TAG_LENGTH) ? f->ints[HF_TAG_LENGTH] : 0};
  if (from[0] > p->streams[0].ring.end || from[1] > p->streams[1].ring.end)
    return answer_error(c, id, EINVAL, "the offset is beyond what the process has printed");
  struct attachment *a = request_new(c, id, &attach_kind, sizeof *a);
  if (!a) return;
  a->process = p;
  a->request.gathered = p->gathered;
  a->request.credit = has(f, HF_TAG_CREDIT) ? f->ints[HF_TAG_CREDIT] : 0;
  memcpy(a->sent, from, sizeof from);
  a->next_of_process = p->attachments;
  p->attachments = a;
}

static void close_output(struct request *request) {
  struct attachment *a = (struct attachment *)request;
  if (!a->process) return;
  for (struct attachment **at = &a->process->attachments; *at; at = &(*at)->next_of_process) {
    if (*at != a) continue;
    *at = a->next_of_process;
    return;
  }
}

/* Sends one OUTPUT frame of stream `which`; false when nothing of it is unsent or credit is used up. */
static bool send_output(struct attachment *a, int which) {
  const struct ring *ring = &a->process->streams[which].ring;
  if (a->sent[which] < ring->start) a->sent[which] = ring->start;
  const unsigned char *bytes;
  size_t run = ring_peek(ring, a->sent[which], &bytes);
  if (run > chunk_bytes) run = chunk_bytes;
  if (run > a->request.credit) run = (size_t)a->request.credit;
  if (run == 0) return false;
  struct connection *c = a->request.connection;
  unsigned char head[output_head_bytes] = {(unsigned char)(which + 1)};
  hf_set_u64(head + 1, a->sent[which]);
  struct hf_buffer *out = frame_open(c, HF_OUTPUT, a->request.id);
  hf_buffer_append(out, head, sizeof head);
  hf_buffer_append(out, bytes, run);
  frame_close(c);
  a->sent[which] += run;
  a->request.credit -= run;
  return true;
}

static enum pump_result pump_output(struct request *request) {
  struct attachment *a = (struct attachment *)request;
  struct process *p = a->process;
  bool moved = false;
  for (int i = 0; i < 2; i++) moved |= send_output(a, i);
  if (moved) return pump_progress;
  if (!p->settled) return pump_idle;
  for (int i = 0; i < 2; i++)
    if (a->sent[i] < p->streams[i].ring.end) return pump_idle;
  struct hf_buffer *out = frame_open(request->connection, HF_EXIT, request->id);
  process_put_exit(out, p);
  hf_put_string(out, HF_TAG_PROCESS_ID, p->id);
  frame_close(request->connection);
  request->connection->hold_until = 0;
  request_finish(request);
  return pump_finished;
}

void process_stdin(struct connection *c, uint32_t id, struct fields *f) {
  struct process *p = named(c, id, f);
  if (!p) return;
  if (p->stdin_fd < 0) return answer_error(c, id, EPIPE, "the process has no open stdin");
  if (p->writer || p->stdin_ending) return answer_error(c, id, EBUSY, "stdin has a writer already");
  struct input *input = request_new(c, id, &stdin_kind, sizeof *input);
  if (!input) return;
  input->process = p;
  input->request.credit = stdin_credit - p->pending_stdin.length;
  p->writer = &input->request;
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  hf_put_int(out, HF_TAG_CREDIT, input->request.credit);
  frame_close(c);
}

static bool take_input(struct request *request, const unsigned char *bytes, size_t length) {
  struct process *p = ((struct input *)request)->process;
  if (length > request->credit || p->stdin_ending) return false;
  request->credit -= length;
  hf_buffer_append(&p->pending_stdin, bytes, length);
  if (p->pending_stdin.failed) {
    hf_buffer_free(&p->pending_stdin);
    request_fail(request, ENOMEM, NULL);
    return true;
  }
  stdin_flush(p);
  return true;
}

/* A terminal cannot be closed for one side: its end of input is the end-of-transmission character. */
static bool end_input(struct request *request) {
  struct process *p = ((struct input *)request)->process;
  if (p->stdin_ending) return false;
  unsigned char eot = end_of_transmission;
  if (p->pty) hf_buffer_append(&p->pending_stdin, &eot, 1);
  p->stdin_ending = true;
  stdin_flush(p);
  return true;
}

static void close_input(struct request *request) {
  struct process *p = ((struct input *)request)->process;
  p->writer = NULL;
}
