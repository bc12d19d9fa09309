/* The agent's one loop: wait, serve, run deadlines, send.
 *
 * 1. It waits with ppoll only, SIGCHLD being blocked everywhere else: a child's end can neither be missed nor interrupt
 *    anything, and a checkpointed and restored process (gVisor) finds its descriptors still watched.
 * 2. Input is served before deadlines, so that a lease renewed before a thaw is seen before it would expire.
 * 3. The descriptor list is rebuilt each turn; parts keep an index into it, never a pointer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

static bool settle_in(struct agent *agent, const struct agent_options *options);
static void wait_for_work(struct agent *agent);
static void accept_all(struct agent *agent);
static void trim(struct agent *agent);
static volatile sig_atomic_t child_ended;

int agent_run(const struct agent_options *options) {
  static struct agent agent;
  agent_prepare(&agent, options);
  if (!settle_in(&agent, options)) return 70;
  while (agent.exit_status < 0) agent_turn(&agent);
  connections_pump(&agent);
  agent_release(&agent);
  return agent.exit_status;
}

void agent_prepare(struct agent *agent, const struct agent_options *options) {
  *agent = (struct agent){.options = options, .exit_status = -1, .lease_at = NO_DEADLINE, .trim_at = NO_DEADLINE,
                          .shutdown_at = NO_DEADLINE, .oom_fd = -1};
  for (int i = 0; i < max_connections; i++) agent->connections[i].fd = -1;
  agent->now = clock_ms(CLOCK_MONOTONIC);
  agent->started_wall = clock_ms(CLOCK_REALTIME);
  snprintf(agent->incarnation, sizeof agent->incarnation, "%s", options->incarnation ? options->incarnation : "");
  if (options->lease_ms) agent->lease_at = agent->now + options->lease_ms;
}

void agent_release(struct agent *agent) {
  for (int i = 0; i < max_connections; i++) connection_close(&agent->connections[i]);
  while (agent->processes) process_free(agent, agent->processes);
  free(agent->polls);
  free(agent->lingering);
  if (agent->oom_fd >= 0) close(agent->oom_fd);
}

static void on_child(int signal) {
  (void)signal;
  child_ended = 1;
}

static void on_pipe(int signal) { (void)signal; }

/* A handler, not SIG_IGN, for SIGPIPE: exec resets handlers by itself, so children cost nothing extra. */
static void set_signals(void) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &plain, NULL);
  struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
  sigaction(SIGCHLD, &child, NULL);
  struct sigaction pipe = {.sa_handler = on_pipe};
  sigaction(SIGPIPE, &pipe, NULL);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* Children are to be killed before the agent when memory runs out. */
static void open_oom_score(struct agent *agent) {
  agent->oom_fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  ssize_t length = agent->oom_fd < 0 ? -1 : read(agent->oom_fd, agent->oom_score, sizeof agent->oom_score - 1);
  if (agent->oom_fd >= 0 && (length <= 0 || strtol(agent->oom_score, NULL, 10) >= child_oom_score)) {
    close(agent->oom_fd);
    agent->oom_fd = -1;
  }
}

/* What the agent changes about its process, once. */
static bool settle_in(struct agent *agent, const struct agent_options *options) {
  int channel = options->port_count > 0 ? options->port_fds[0] : options->listen_fd;
  int standard; /* 0 to 2 must be taken, or a child's pipe could land on them */
  while ((standard = fcntl(channel, F_DUPFD, 0)) >= 0 && standard <= 2) continue;
  close(standard);
  set_signals();
  umask(022);
  if (options->port_count > 0 && !ports_open(agent)) return false;
  if (options->listen_fd >= 0 && fcntl(options->listen_fd, F_SETFL, O_NONBLOCK) < 0) return false;
  if (!options->is_init) prctl(PR_SET_CHILD_SUBREAPER, 1);
  /* Opened while /proc/self still belongs to this user; a non-dumpable process's does not. */
  prctl(PR_SET_DUMPABLE, 1);
  open_oom_score(agent);
  if (prctl(PR_SET_DUMPABLE, 0) < 0) return false;
  tree_start(agent);
  return true;
}

void agent_turn(struct agent *agent) {
  agent->poll_count = 0;
  int listen_index = poll_add(agent, agent->shutting_down ? -1 : agent->options->listen_fd, POLLIN);
  for (int i = 0; i < max_connections; i++) connection_prepare(&agent->connections[i]);
  processes_prepare(agent);
  wait_for_work(agent);
  if (poll_result(agent, listen_index) & POLLIN) accept_all(agent);
  for (int i = 0; i < max_connections; i++) connection_ready(&agent->connections[i]);
  processes_ready(agent);
  if (child_ended) {
    child_ended = 0;
    processes_reap(agent);
  }
  processes_deadlines(agent);
  life_deadlines(agent);
  connections_pump(agent);
  /* Behind what is told of the end: whoever waits for that does not wait for this. */
  if (agent->reaped) tree_groups_sweep(agent);
  agent->reaped = false;
  if (agent->trim_at <= agent->now) trim(agent);
}

static void wait_for_work(struct agent *agent) {
  uint64_t deadline = processes_deadlines(agent);
  uint64_t life = life_deadlines(agent);
  uint64_t tunnels = tunnels_deadline(agent), port = port_deadline(agent), memory = memory_deadline(agent);
  uint64_t held = connections_deadline(agent);
  if (held < deadline) deadline = held;
  if (life < deadline) deadline = life;
  if (tunnels < deadline) deadline = tunnels;
  if (port < deadline) deadline = port;
  if (memory < deadline) deadline = memory;
  if (agent->trim_at < deadline) deadline = agent->trim_at;
  struct timespec timeout = {0};
  if (!agent->busy && deadline > agent->now) {
    uint64_t left = deadline - agent->now;
    timeout.tv_sec = (time_t)(left / 1000);
    timeout.tv_nsec = (long)(left % 1000) * 1000000;
  }
  sigset_t none;
  sigemptyset(&none);
  bool forever = !agent->busy && deadline == NO_DEADLINE;
  int ready = agent->exit_status >= 0 ? 0 : ppoll(agent->polls, agent->poll_count, forever ? NULL : &timeout, &none);
  if (ready < 0)
    for (size_t i = 0; i < agent->poll_count; i++) agent->polls[i].revents = 0;
  agent->now = clock_ms(CLOCK_MONOTONIC);
}

static void accept_all(struct agent *agent) {
  for (int i = 0; i < max_connections * 2; i++) {
    int fd = accept4(agent->options->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    connection_open(agent, fd);
  }
}

/* Gives back what a busy moment needed; an idle agent holds next to nothing. */
static void trim(struct agent *agent) {
  agent->trim_at = NO_DEADLINE;
  for (int i = 0; i < max_connections; i++) {
    struct connection *c = &agent->connections[i];
    if (c->in.length == 0) hf_buffer_free(&c->in);
    if (c->out.length == 0 && !c->out.failed) hf_buffer_free(&c->out);
  }
}

uint64_t clock_ms(int clock_id) {
  struct timespec at;
  clock_gettime(clock_id, &at);
  return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

int poll_add(struct agent *agent, int fd, short events) {
  if (agent->poll_count == agent->poll_capacity) {
    size_t wanted = agent->poll_capacity ? agent->poll_capacity * 2 : 16;
    struct pollfd *grown = realloc(agent->polls, wanted * sizeof *grown);
    if (!grown) return -1;
    agent->polls = grown;
    agent->poll_capacity = wanted;
  }
  agent->polls[agent->poll_count] = (struct pollfd){.fd = fd, .events = events};
  return (int)agent->poll_count++;
}

short poll_result(const struct agent *agent, int index) {
  return index >= 0 && (size_t)index < agent->poll_count ? agent->polls[index].revents : 0;
}

unsigned char *agent_scratch(void) {
  static unsigned char scratch[HF_MAX_PAYLOAD];
  return scratch;
}
