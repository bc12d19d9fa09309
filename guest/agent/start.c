/* SPAWN: checks the request, makes pipes or a terminal, starts the program and enters it in the table.
 *
 * 1. A failed start leaves nothing behind: no process, no group, no descriptor, no entry.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

static const char usual_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static const char marker_name[] = "HOLDFAST_PROCESS=";

/* Descriptors of one start: the child's ends and ours. */
struct ends {
  int child[3], ours[3];
};

static const char *refusal(struct agent *agent, const struct fields *f, int *error);
static struct process *describe(struct agent *agent, const struct fields *f);
static bool start(struct agent *agent, struct process *p, struct fields *f, int *error, const char **step);
static void answer_started(struct connection *c, uint32_t id, const struct process *p, bool known);

static uint64_t number(const struct fields *f, int tag, uint64_t otherwise) {
  return has(f, tag) ? f->ints[tag] : otherwise;
}

/* What was held for another process is held no longer than that one allows. */
static void hold(struct connection *c, uint64_t held_until, uint64_t gather_ms) {
  uint64_t until = c->agent->now + gather_ms;
  c->hold_until = c->out.length > 0 && held_until > c->agent->now && held_until < until ? held_until : until;
}

void process_spawn(struct connection *c, uint32_t id, struct fields *f) {
  struct agent *agent = c->agent;
  uint64_t held_until = c->hold_until, gather_ms = number(f, HF_TAG_GATHER_MS, 0);
  bool prompt = c->prompt;
  c->hold_until = 0;
  c->prompt = true;
  int error = EINVAL;
  const char *why = refusal(agent, f, &error);
  struct process *known = why ? NULL : process_find(agent, f->strings[HF_TAG_PROCESS_ID]);
  if (known) return answer_started(c, id, known, true);
  if (!why && agent->live >= max_live_processes) {
    error = EAGAIN;
    why = "1024 processes are running already";
  }
  if (why) return answer_error(c, id, error, why);
  char message[160];
  struct process *p = process_begin(agent, f, message, sizeof message, &error);
  if (p) {
    p->gathered = gather_ms > 0;
    c->prompt = prompt || !p->gathered;
    if (!c->prompt) hold(c, held_until, gather_ms);
    return answer_started(c, id, p, false);
  }
  answer_error(c, id, error, message);
}

struct process *process_begin(struct agent *agent, struct fields *f, char *message, size_t room, int *error) {
  struct process *p = describe(agent, f);
  const char *step = "remember it";
  *error = ENOMEM;
  if (p && start(agent, p, f, error, &step)) return p;
  snprintf(message, room, "cannot %s: %s", step, strerror(*error));
  if (p) process_free(agent, p);
  return NULL;
}

static const char *refusal(struct agent *agent, const struct fields *f, int *error) {
  *error = EINVAL;
  if (!has(f, HF_TAG_PROCESS_ID) || f->argc == 0 || !has(f, HF_TAG_CWD)) return "SPAWN needs processId, argv and cwd";
  size_t length = strlen(f->strings[HF_TAG_PROCESS_ID]);
  if (length < 1 || length > max_id_bytes) return "processId is 1 to 64 bytes";
  for (size_t i = 0; i < f->envc; i++)
    if (strchr(f->env[i], '=') == NULL || f->env[i][0] == '=') return "env is NAME=value";
  if (has(f, HF_TAG_RETAIN) && f->ints[HF_TAG_RETAIN] > max_retained_bytes) return "retain is at most 64 MiB";
  uint64_t flags = has(f, HF_TAG_FLAGS) ? f->ints[HF_TAG_FLAGS] : 0;
  if (flags & ~(uint64_t)(spawn_pty | spawn_stdin)) return "flags are 1 terminal and 2 stdin";
  if ((has(f, HF_TAG_ROWS) && f->ints[HF_TAG_ROWS] > UINT16_MAX) ||
      (has(f, HF_TAG_COLUMNS) && f->ints[HF_TAG_COLUMNS] > UINT16_MAX))
    return "rows and columns are at most 65535";
  static const int spans[] = {HF_TAG_TIMEOUT_MS, HF_TAG_SILENCE_MS, HF_TAG_GRACE_MS};
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
    if (has(f, spans[i]) && f->ints[spans[i]] > UINT32_MAX) return "timeoutMs, silenceMs and graceMs are at most 2^32 - 1";
  if (number(f, HF_TAG_GATHER_MS, 0) > longest_gather_ms) return "gatherMs is at most 100";
  (void)agent;
  return NULL;
}

/* argv in one block: the pointers, then their bytes. */
static char **copy_argv(const struct fields *f) {
  size_t bytes = 0;
  for (size_t i = 0; i < f->argc; i++) bytes += strlen(f->argv[i]) + 1;
  char **copy = malloc((f->argc + 1) * sizeof *copy + bytes);
  if (!copy) return NULL;
  char *at = (char *)(copy + f->argc + 1);
  for (size_t i = 0; i < f->argc; i++) {
    copy[i] = at;
    at = stpcpy(at, f->argv[i]) + 1;
  }
  copy[f->argc] = NULL;
  return copy;
}

/* The entry in the table, not yet running; counted as live so that process_free can undo it. */
static struct process *describe(struct agent *agent, const struct fields *f) {
  struct process *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->argv = copy_argv(f);
  if (has(f, HF_TAG_TAG)) p->tag = strdup(f->strings[HF_TAG_TAG]);
  p->next = agent->processes;
  agent->processes = p;
  agent->live++;
  p->group = p->stdin_fd = p->stdin_poll_index = -1;
  for (int i = 0; i < 2; i++) p->streams[i].fd = p->streams[i].poll_index = -1;
  if (!p->argv || (has(f, HF_TAG_TAG) && !p->tag)) {
    process_free(agent, p);
    return NULL;
  }
  strcpy(p->id, f->strings[HF_TAG_PROCESS_ID]);
  uint64_t flags = number(f, HF_TAG_FLAGS, 0);
  p->pty = flags & spawn_pty;
  p->stdin_open = flags & (spawn_stdin | spawn_pty);
  p->sequence = ++agent->sequence;
  p->silence_ms = number(f, HF_TAG_SILENCE_MS, 0);
  p->grace_ms = number(f, HF_TAG_GRACE_MS, 0);
  p->output_limit = number(f, HF_TAG_OUTPUT_LIMIT, 0);
  p->retain = (size_t)number(f, HF_TAG_RETAIN, 0);
  if (p->retain == 0) p->retain = default_retain_bytes;
  return p;
}

static bool open_terminal(struct ends *ends, const struct fields *f) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master < 0) return false;
  ends->ours[1] = master;
  struct winsize size = {.ws_row = (unsigned short)number(f, HF_TAG_ROWS, 24),
                         .ws_col = (unsigned short)number(f, HF_TAG_COLUMNS, 80)};
  int unlocked = 0;
  if (ioctl(master, TIOCSPTLCK, &unlocked) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0) return false;
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  for (int i = 0; i < 3; i++) ends->child[i] = slave;
  return slave >= 0;
}

static bool open_pipes(struct ends *ends, bool with_stdin) {
  for (int i = with_stdin ? 0 : 1; i < 3; i++) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0) return false;
    ends->child[i] = i == 0 ? fds[0] : fds[1];
    ends->ours[i] = i == 0 ? fds[1] : fds[0];
    if (fcntl(ends->ours[i], F_SETFL, O_NONBLOCK) < 0) return false;
  }
  return true;
}

static void close_all(int fds[3], bool shared) {
  for (int i = 0; i < (shared ? 1 : 3); i++)
    if (fds[i] >= 0) close(fds[i]);
}

/* Environment of the child: the marker by which its tree is found again, then what the request gives. */
static char **child_env(const struct fields *f, char *marker) {
  char **env = malloc((f->envc + 2) * sizeof *env);
  if (!env) return NULL;
  env[0] = marker;
  for (size_t i = 0; i < f->envc; i++) env[i + 1] = f->env[i];
  env[f->envc + 1] = NULL;
  return env;
}

static const char *search_path(const struct agent *agent, const struct fields *f) {
  for (size_t i = 0; i < f->envc; i++)
    if (strncmp(f->env[i], "PATH=", 5) == 0) return f->env[i] + 5;
  return agent->options->default_path ? agent->options->default_path : usual_path;
}

static void run(struct agent *agent, struct process *p, const struct fields *f) {
  p->started_wall = clock_ms(CLOCK_REALTIME);
  p->started_at = p->last_output_at = agent->now;
  uint64_t timeout = number(f, HF_TAG_TIMEOUT_MS, 0);
  p->timeout_at = timeout ? agent->now + timeout : 0;
}

static bool start(struct agent *agent, struct process *p, struct fields *f, int *error, const char **step) {
  struct ends ends = {.child = {-1, -1, -1}, .ours = {-1, -1, -1}};
  char marker[sizeof marker_name + max_id_bytes];
  stpcpy(stpcpy(marker, marker_name), p->id);
  struct spawn_plan plan = {.argv = p->argv, .path = search_path(agent, f), .cwd_fd = -1,
                            .group_fd = -1, .pty = p->pty};
  *step = "make its standard input and output";
  bool ready = p->pty ? open_terminal(&ends, f) : open_pipes(&ends, p->stdin_open);
  if (ready) {
    *step = "enter the working directory";
    ready = (plan.cwd_fd = path_open(agent, f->strings[HF_TAG_CWD], O_PATH | O_DIRECTORY)) >= 0;
  }
  if (ready && agent->groups) {
    *step = "make its cgroup";
    ready = (p->group = tree_group_take(agent, &plan.group_fd)) >= 0;
  }
  if (ready) {
    *step = "copy its environment";
    ready = (plan.env = child_env(f, marker)) != NULL;
  }
  *error = ready ? 0 : errno;
  memcpy(plan.stdio, ends.child, sizeof plan.stdio);
  p->pid = ready ? spawn_start(agent, &plan, error, step) : -1;
  free(plan.env);
  close_all(ends.child, p->pty);
  if (plan.cwd_fd >= 0) close(plan.cwd_fd);
  if (plan.group_fd >= 0) close(plan.group_fd);
  p->stdin_fd = ends.ours[0];
  p->streams[0].fd = ends.ours[1];
  p->streams[1].fd = ends.ours[2];
  if (p->pty && p->pid > 0) p->stdin_fd = fcntl(ends.ours[1], F_DUPFD_CLOEXEC, 3);
  if (p->pid > 0) run(agent, p, f);
  return p->pid > 0;
}

static void answer_started(struct connection *c, uint32_t id, const struct process *p, bool known) {
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  hf_put_string(out, HF_TAG_PROCESS_ID, p->id);
  hf_put_int(out, HF_TAG_PID, (uint64_t)p->pid);
  hf_put_int(out, HF_TAG_STARTED_MS, p->started_wall);
  hf_put_int(out, HF_TAG_FLAGS, known);
  frame_close(c);
}
