/* The table of processes: starting, ending, listing, forgetting, and the deadlines each one carries.
 *
 * 1. A process is `live` until its main process is reaped, then `ended`; it is `settled` once its EXIT may be told:
 *    its pipes are at their end or 50 ms have passed and, when the agent is ending it, its whole tree is gone.
 * 2. At most max_live_processes live and max_ended_processes ended ones exist.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { drain_ms = 50, give_up_ms = 5000, first_check_ms = 2, last_check_ms = 50, listed_argv_bytes = 4096, full_below_bytes = 64 << 10 };

static bool settle(struct agent *agent, struct process *p);
static void reaped(struct agent *agent, struct process *p, int status);
static uint64_t run_deadlines(struct agent *agent, struct process *p);

struct process *process_find(struct agent *agent, const char *id) {
  for (struct process *p = agent->processes; p; p = p->next)
    if (strcmp(p->id, id) == 0) return p;
  return NULL;
}

static uint64_t earliest(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Begins to end the whole tree for `reason`; the first reason stands. */
void process_end(struct agent *agent, struct process *p, int reason, int signal, uint64_t grace_ms) {
  if (p->reason) return;
  p->reason = reason;
  p->check_delay = first_check_ms;
  p->give_up_at = agent->now + grace_ms + give_up_ms;
  p->kill_at = agent->now + (signal == SIGKILL ? 0 : grace_ms);
  p->timeout_at = 0;
  p->silence_ms = 0;
  if (signal != SIGKILL) tree_signal(agent, p, signal);
  p->check_at = agent->now;
}

void processes_reap(struct agent *agent) {
  int status;
  pid_t pid;
  bool any = false;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    any = true;
    for (struct process *p = agent->processes; p; p = p->next)
      if (p->pid == pid && !p->ended) {
        reaped(agent, p, status);
        break;
      }
  }
  if (!any) return;
  agent->reaped = true;
  life_look_again(agent);
}

/* File systems refuse writes while a last block or two still count as free. */
static bool disk_is_full(struct agent *agent) {
  struct statvfs fs;
  int root = agent->options->root_fd;
  if ((root >= 0 ? fstatvfs(root, &fs) : statvfs("/", &fs)) < 0) return false;
  return (fs.f_blocks > 0 && (uint64_t)fs.f_bavail * fs.f_frsize < full_below_bytes) || (fs.f_files > 0 && fs.f_favail == 0);
}

/* The limit that a program which did not end well has met, or 0. */
static int limit_met(struct agent *agent, const struct process *p) {
  if (p->starved) return HF_REASON_OOM;
  if (disk_is_full(agent)) return HF_REASON_DISK_FULL;
  return processes_full(agent) ? HF_REASON_PID_LIMIT : 0;
}

/* The agent ends its tree: not when it met a limit by itself. */
static bool is_being_ended(const struct process *p) {
  return p->reason && p->reason != HF_REASON_DISK_FULL && p->reason != HF_REASON_PID_LIMIT && p->reason != HF_REASON_OOM;
}

static void reaped(struct agent *agent, struct process *p, int status) {
  p->ended = true;
  p->status = status;
  p->ended_at = agent->now;
  p->drain_at = agent->now + drain_ms;
  if (p->reason) p->check_at = agent->now;
  agent->live--;
  agent->ended++;
  stdin_close(p);
  if (p->writer) request_fail(p->writer, EPIPE, "the process has ended");
  for (int i = 0; i < 2; i++) output_drain(agent, p, &p->streams[i]);
  if (!p->reason && status != 0) p->reason = limit_met(agent, p);
  p->timeout_at = 0;
  p->silence_ms = 0;
  if (agent->ended > max_ended_processes) process_drop_oldest_ended(agent);
}

bool process_drop_oldest_ended(struct agent *agent) {
  struct process *oldest = NULL;
  for (struct process *p = agent->processes; p; p = p->next)
    if (p->ended && !p->attachments && p != agent->storing && (!oldest || p->ended_at <= oldest->ended_at)) oldest = p;
  if (oldest) process_free(agent, oldest);
  return oldest != NULL;
}

void process_free(struct agent *agent, struct process *p) {
  for (struct process **at = &agent->processes; *at; at = &(*at)->next) {
    if (*at != p) continue;
    *at = p->next;
    break;
  }
  if (p->ended) agent->ended--;
  else agent->live--;
  stdin_close(p);
  for (int i = 0; i < 2; i++) {
    stream_close(&p->streams[i]);
    ring_free(agent, &p->streams[i].ring);
  }
  if (p->group >= 0) tree_group_release(agent, p);
  free(p->argv);
  free(p->tag);
  free(p);
}

void processes_prepare(struct agent *agent) {
  for (struct process *p = agent->processes; p; p = p->next) {
    for (int i = 0; i < 2; i++) {
      struct stream *s = &p->streams[i];
      s->poll_index = s->fd >= 0 && output_wanted(agent, p, i) ? poll_add(agent, s->fd, POLLIN) : -1;
    }
    p->stdin_poll_index = p->stdin_fd >= 0 && p->pending_stdin.length > 0 ? poll_add(agent, p->stdin_fd, POLLOUT) : -1;
  }
}

void processes_ready(struct agent *agent) {
  for (struct process *p = agent->processes; p; p = p->next) {
    if (poll_result(agent, p->stdin_poll_index)) stdin_flush(p);
    for (int i = 0; i < 2; i++)
      if (poll_result(agent, p->streams[i].poll_index)) output_drain(agent, p, &p->streams[i]);
  }
}

/* Takes time the sandbox stood still out of every account; nothing can have begun after now. Whose end was seen before it was known
 * for how long ended when it went on, or had ended before: that time is not theirs either. */
void processes_put_off(struct agent *agent, uint64_t since) {
  uint64_t ms = agent->now - since;
  for (struct process *p = agent->processes; p; p = p->next) {
    if (p->ended) {
      if (p->ended_at > since) p->started_at = earliest(p->started_at + (p->ended_at - since), p->ended_at);
      continue;
    }
    p->started_at = earliest(p->started_at + ms, agent->now);
    p->last_output_at = earliest(p->last_output_at + ms, agent->now);
    if (p->timeout_at) p->timeout_at += ms;
    if (!p->reason) continue;
    p->kill_at += ms;
    p->check_at += ms;
    p->give_up_at += ms;
  }
}

/* Runs what is due and returns when to look again. */
uint64_t processes_deadlines(struct agent *agent) {
  uint64_t next = NO_DEADLINE;
  if (agent->still_for) return next;
  for (struct process *p = agent->processes; p; p = p->next)
    if (!p->ended || !p->settled) next = earliest(next, run_deadlines(agent, p));
  return next;
}

/* Kills what is left of a tree that is being ended, and looks whether it is gone. */
static uint64_t run_ending(struct agent *agent, struct process *p) {
  if (agent->now < p->check_at) return p->check_at;
  if (agent->now >= p->kill_at) tree_signal(agent, p, SIGKILL);
  else if (!p->ended) return p->check_at = p->kill_at;
  if (p->ended && !tree_alive(agent, p)) return p->check_at = NO_DEADLINE;
  if (agent->now >= p->give_up_at) return p->check_at = p->ended ? NO_DEADLINE : agent->now + 1000;
  if (p->check_delay < last_check_ms) p->check_delay *= 2;
  return p->check_at = agent->now + p->check_delay;
}

static uint64_t run_deadlines(struct agent *agent, struct process *p) {
  if (!p->reason && p->timeout_at && agent->now >= p->timeout_at)
    process_end(agent, p, HF_REASON_TIMED_OUT, SIGTERM, p->grace_ms);
  if (!p->reason && p->silence_ms && agent->now >= p->last_output_at + p->silence_ms)
    process_end(agent, p, HF_REASON_SILENT_TIMEOUT, SIGTERM, p->grace_ms);
  uint64_t next = NO_DEADLINE;
  if (!p->ended && p->unwatched_until > agent->now) next = p->unwatched_until;
  if (p->timeout_at) next = earliest(next, p->timeout_at);
  if (p->silence_ms) next = earliest(next, p->last_output_at + p->silence_ms);
  if (is_being_ended(p) && p->check_at != NO_DEADLINE)
    next = earliest(next, run_ending(agent, p));
  if (p->ended && !settle(agent, p) && p->drain_at > agent->now) next = earliest(next, p->drain_at);
  return next;
}

/* A pipe somebody else still holds is at its end once it was seen empty after the time allowed; bytes that wait for a
 * slow reader are never left behind. */
static bool drained_in_time(struct agent *agent, struct process *p, struct stream *s) {
  if (s->fd >= 0 && !s->idle) output_drain(agent, p, s);
  return s->fd < 0 || (s->idle && agent->now >= p->drain_at);
}

static bool settle(struct agent *agent, struct process *p) {
  bool drained = drained_in_time(agent, p, &p->streams[0]) & drained_in_time(agent, p, &p->streams[1]);
  bool tree_done = !is_being_ended(p) || p->check_at == NO_DEADLINE;
  if (drained && tree_done) {
    p->settled = true;
    for (int i = 0; i < 2; i++) ring_trim(agent, &p->streams[i].ring);
    agent->busy = true;
  }
  return p->settled;
}

void process_resize(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PROCESS_ID) || !has(f, HF_TAG_ROWS) || !has(f, HF_TAG_COLUMNS))
    return answer_error(c, id, EINVAL, "RESIZE needs processId, rows and columns");
  struct process *p = process_find(c->agent, f->strings[HF_TAG_PROCESS_ID]);
  if (!p) return answer_error(c, id, ESRCH, "no such process");
  if (!p->pty) return answer_error(c, id, ENOTTY, "the process has no terminal");
  if (f->ints[HF_TAG_ROWS] > UINT16_MAX || f->ints[HF_TAG_COLUMNS] > UINT16_MAX)
    return answer_error(c, id, EINVAL, "rows and columns are at most 65535");
  struct winsize size = {.ws_row = (unsigned short)f->ints[HF_TAG_ROWS], .ws_col = (unsigned short)f->ints[HF_TAG_COLUMNS]};
  if (p->streams[0].fd < 0) return answer_error(c, id, ESRCH, "the terminal is closed");
  if (ioctl(p->streams[0].fd, TIOCSWINSZ, &size) < 0) return answer_error(c, id, errno, NULL);
  answer_ok(c, id);
}

static void put_printed(struct hf_buffer *out, const struct process *p) {
  hf_put_int(out, HF_TAG_STDOUT_BYTES, p->streams[0].total);
  hf_put_int(out, HF_TAG_STDERR_BYTES, p->streams[1].total);
}

void process_put_exit(struct hf_buffer *out, const struct process *p) {
  int reason = p->reason ? p->reason : WIFSIGNALED(p->status) ? HF_REASON_SIGNALLED : HF_REASON_EXITED;
  hf_put_int(out, HF_TAG_REASON, (uint64_t)reason);
  if (WIFSIGNALED(p->status)) hf_put_int(out, HF_TAG_SIGNAL, (uint64_t)WTERMSIG(p->status));
  else hf_put_int(out, HF_TAG_EXIT_CODE, (uint64_t)WEXITSTATUS(p->status));
  hf_put_int(out, HF_TAG_DURATION_MS, p->ended_at - p->started_at);
  put_printed(out, p);
}

/* Arguments are listed whole or not at all, up to listed_argv_bytes of them. */
static void put_process(struct hf_buffer *out, const struct process *p) {
  size_t mark = hf_nest_begin(out, HF_TAG_ENTRY);
  size_t room = listed_argv_bytes;
  int flags = (p->pty ? spawn_pty : 0) | (p->stdin_open ? spawn_stdin : 0);
  for (char **arg = p->argv; *arg; arg++) {
    size_t length = strlen(*arg);
    if (length > room) {
      flags |= listed_cut;
      break;
    }
    room -= length;
    hf_put_bytes(out, HF_TAG_ARGV, *arg, length);
  }
  hf_put_string(out, HF_TAG_PROCESS_ID, p->id);
  hf_put_int(out, HF_TAG_PID, (uint64_t)p->pid);
  if (p->tag) hf_put_string(out, HF_TAG_TAG, p->tag);
  hf_put_int(out, HF_TAG_FLAGS, (uint64_t)flags);
  hf_put_int(out, HF_TAG_STARTED_MS, p->started_wall);
  if (p->settled) process_put_exit(out, p);
  else put_printed(out, p);
  hf_nest_end(out, mark);
}

/* Newest first; the cursor is the sequence number of the last one told. */
void process_list(struct connection *c, uint32_t id, struct fields *f) {
  uint64_t below = has(f, HF_TAG_CURSOR) && f->ints[HF_TAG_CURSOR] ? f->ints[HF_TAG_CURSOR] : UINT64_MAX;
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  uint64_t last = 0;
  bool more = false;
  for (struct process *p = c->agent->processes; p; p = p->next) {
    if (p->sequence >= below) continue;
    if (out->length - c->frame_mark > HF_MAX_PAYLOAD - 4 * listed_argv_bytes) {
      more = true;
      break;
    }
    put_process(out, p);
    last = p->sequence;
  }
  hf_put_int(out, HF_TAG_MORE, more);
  if (more) hf_put_int(out, HF_TAG_CURSOR, last);
  frame_close(c);
}

void process_forget(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PROCESS_ID)) return answer_error(c, id, EINVAL, "FORGET needs processId");
  struct process *p = process_find(c->agent, f->strings[HF_TAG_PROCESS_ID]);
  if (!p) return answer_error(c, id, ESRCH, "no such process");
  if (!p->ended) return answer_error(c, id, EBUSY, "the process runs");
  while (p->attachments) request_fail(&p->attachments->request, ESRCH, "the process was forgotten");
  process_free(c->agent, p);
  answer_ok(c, id);
}
