/* The life of the agent as a whole: SIGNAL with wait, QUIET, RESET, LEASE, SHUTDOWN. What has to wait for processes to
 * go looks again when one was reaped, else after 1 ms, then ever more rarely, up to 20 ms. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

enum { first_look_ms = 1, last_look_ms = 20, lease_exit_status = 75 };

struct wait {
  struct request request;
  uint64_t look_at;
  unsigned delay;
  char process_id[max_id_bytes + 1];
};

static enum pump_result pump_signal(struct request *request);
static enum pump_result pump_reset(struct request *request);
static enum pump_result pump_await(struct request *request);
static void close_reset(struct request *request);

static const struct request_kind signal_kind = {.pump = pump_signal};
static const struct request_kind reset_kind = {.pump = pump_reset, .close = close_reset};
static const struct request_kind await_kind = {.pump = pump_await};

static bool is_wait(const struct request *r) {
  return r->kind == &signal_kind || r->kind == &reset_kind || r->kind == &await_kind;
}

void process_signal(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PROCESS_ID) || !has(f, HF_TAG_SIGNAL))
    return answer_error(c, id, EINVAL, "SIGNAL needs processId and signal");
  if (f->ints[HF_TAG_SIGNAL] >= NSIG) return answer_error(c, id, EINVAL, "no such signal");
  struct process *p = process_find(c->agent, f->strings[HF_TAG_PROCESS_ID]);
  if (!p) return answer_error(c, id, ESRCH, "no such process");
  uint64_t flags = has(f, HF_TAG_FLAGS) ? f->ints[HF_TAG_FLAGS] : 0;
  int signal = (int)f->ints[HF_TAG_SIGNAL];
  int reached = flags & signal_tree ? tree_signal(c->agent, p, signal) : !p->ended && kill(p->pid, signal) == 0;
  if (!(flags & signal_wait)) {
    if (reached > 0) return answer_ok(c, id);
    return answer_error(c, id, ESRCH, "the process has ended");
  }
  struct wait *wait = request_new(c, id, &signal_kind, sizeof *wait);
  if (!wait) return;
  strcpy(wait->process_id, p->id);
  wait->delay = first_look_ms;
  c->agent->busy = true;
}

/* True when it is time to look again; arranges the next time. */
static bool due(struct wait *wait) {
  struct agent *agent = wait->request.connection->agent;
  if (agent->now < wait->look_at) return false;
  wait->look_at = agent->now + wait->delay;
  if (wait->delay < last_look_ms) wait->delay *= 2;
  return true;
}

static enum pump_result done(struct request *request) {
  answer_ok(request->connection, request->id);
  request_finish(request);
  return pump_finished;
}

static enum pump_result pump_signal(struct request *request) {
  struct wait *wait = (struct wait *)request;
  struct agent *agent = request->connection->agent;
  if (!due(wait)) return pump_idle;
  struct process *p = process_find(agent, wait->process_id);
  return p && (!p->ended || tree_alive(agent, p)) ? pump_idle : done(request);
}

static enum pump_result pump_await(struct request *request) {
  struct wait *wait = (struct wait *)request;
  if (!due(wait)) return pump_idle;
  struct process *p = process_find(request->connection->agent, wait->process_id);
  return p && !p->ended ? pump_idle : done(request);
}

void life_await(struct connection *c, uint32_t id, const struct process *process) {
  struct wait *wait = request_new(c, id, &await_kind, sizeof *wait);
  if (!wait) return;
  strcpy(wait->process_id, process->id);
  wait->delay = first_look_ms;
  c->agent->busy = true;
}

void life_quiet(struct connection *c, uint32_t id) {
  uint64_t open = 0;
  for (int i = 0; i < max_connections; i++) {
    if (c->agent->connections[i].fd < 0) continue;
    for (struct request *r = c->agent->connections[i].requests; r; r = r->next) open += r->kind->transfer;
  }
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  hf_put_int(out, HF_TAG_COUNT, tree_count_all(c->agent));
  hf_put_int(out, HF_TAG_MORE, open);
  frame_close(c);
}

static void end_transfers(struct agent *agent) {
  for (int i = 0; i < max_connections; i++) {
    if (agent->connections[i].fd < 0) continue;
    for (struct request *r = agent->connections[i].requests, *next; r; r = next) {
      next = r->next;
      if (r->kind->transfer) request_fail(r, ECANCELED, "the sandbox is being reset");
    }
  }
}

static void cancel_all(struct agent *agent) {
  for (struct process *p = agent->processes; p; p = p->next)
    if (!p->ended) process_end(agent, p, HF_REASON_CANCELLED, SIGKILL, 0);
  tree_signal_all(agent, SIGKILL);
}

void life_reset(struct connection *c, uint32_t id) {
  struct wait *wait = request_new(c, id, &reset_kind, sizeof *wait);
  if (!wait) return;
  wait->delay = first_look_ms;
  c->agent->resetting++;
  end_transfers(c->agent);
  tunnels_reset(c->agent);
  cancel_all(c->agent);
  c->agent->busy = true;
}

static enum pump_result pump_reset(struct request *request) {
  struct agent *agent = request->connection->agent;
  if (!due((struct wait *)request)) return pump_idle;
  if (tree_signal_all(agent, SIGKILL) > 0 || tree_count_all(agent) > 0) return pump_idle;
  for (struct process *p = agent->processes; p; p = p->next)
    if (!p->ended) return pump_idle;
  tunnels_reset(agent);
  return done(request);
}

static void close_reset(struct request *request) {
  struct agent *agent = request->connection->agent;
  if (--agent->resetting == 0) tunnels_resume(agent);
}

/* The clock of who is frozen runs on, and that of who goes on from a saved memory may have jumped (gVisor's does). */
void life_still(struct connection *c, uint32_t id) {
  life_go_on(c->agent);
  c->agent->still_for = c;
  c->agent->still_since = c->agent->now;
  answer_ok(c, id);
}

void life_go_on(struct agent *agent) {
  if (!agent->still_for) return;
  uint64_t stood = agent->now - agent->still_since;
  agent->still_for = NULL;
  processes_put_off(agent, agent->still_since);
  if (agent->lease_at != NO_DEADLINE) agent->lease_at += stood;
  if (agent->shutdown_at != NO_DEADLINE) agent->shutdown_at += stood;
}

void life_lease(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_LEASE_MS)) return answer_error(c, id, EINVAL, "LEASE needs leaseMs");
  uint64_t lease = f->ints[HF_TAG_LEASE_MS];
  if (lease > UINT32_MAX) return answer_error(c, id, EINVAL, "leaseMs is at most 2^32 - 1");
  if (c->agent->still_for == c) life_go_on(c->agent);
  c->agent->lease_at = lease ? c->agent->now + lease : NO_DEADLINE;
  answer_ok(c, id);
}

void life_shutdown(struct connection *c, uint32_t id, struct fields *f) {
  uint64_t grace = has(f, HF_TAG_GRACE_MS) ? f->ints[HF_TAG_GRACE_MS] : 0;
  if (grace > UINT32_MAX) return answer_error(c, id, EINVAL, "graceMs is at most 2^32 - 1");
  struct agent *agent = c->agent;
  answer_ok(c, id);
  if (agent->shutting_down) return;
  agent->shutting_down = true;
  agent->shutdown_at = agent->now + grace;
  end_transfers(agent);
  for (struct process *p = agent->processes; p; p = p->next)
    if (!p->ended && !p->reason) process_end(agent, p, HF_REASON_CANCELLED, 0, grace);
  tree_signal_all(agent, SIGTERM);
}

void life_look_again(struct agent *agent) {
  for (int i = 0; i < max_connections; i++) {
    if (agent->connections[i].fd < 0) continue;
    for (struct request *r = agent->connections[i].requests; r; r = r->next) {
      if (!is_wait(r)) continue;
      struct wait *wait = (struct wait *)r;
      wait->look_at = agent->now;
      wait->delay = first_look_ms;
    }
  }
}

void life_end(struct agent *agent, int exit_status) {
  cancel_all(agent);
  agent->exit_status = exit_status;
}

/* Runs what is due and returns when to look again. */
uint64_t life_deadlines(struct agent *agent) {
  if (agent->still_for) return NO_DEADLINE;
  uint64_t next = agent->lease_at;
  if (agent->now >= agent->lease_at || agent->now >= agent->shutdown_at ||
      (agent->shutting_down && tree_count_all(agent) == 0)) {
    life_end(agent, agent->now >= agent->lease_at ? lease_exit_status : 0);
    return agent->now;
  }
  if (agent->shutting_down) {
    uint64_t look = agent->now + last_look_ms;
    if (agent->shutdown_at < look) look = agent->shutdown_at;
    if (look < next) next = look;
  }
  for (int i = 0; i < max_connections; i++) {
    if (agent->connections[i].fd < 0) continue;
    for (struct request *r = agent->connections[i].requests; r; r = r->next) {
      if (!is_wait(r)) continue;
      uint64_t look = ((struct wait *)r)->look_at;
      if (look < next) next = look;
    }
  }
  return next;
}
