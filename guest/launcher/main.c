/* The launcher's loop: frames from descriptor 0, operations in processes of their own, their answers back.
 *
 * 1. Frames reach descriptor 0 whole and from this process only; an operation whose process ends without a last frame is
 *    answered ERROR here.
 * 2. A peer that does not read stops everything but the reaping: no queue grows past its bound.
 * 3. When descriptor 0 ends, so does the launcher; sandboxes and operations under way live on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"
#include "launcher.h"

enum { most_queued = 1 << 20, read_chunk = 64 << 10, most_ended = 256 };

struct operation {
  bool used, answered, dead;
  uint8_t type;
  uint32_t id;
  pid_t pid; /* its process, the sandbox's first one for LAUNCH, or 0 behind the door */
  int status, line;
  uint64_t deadline_us; /* LAUNCH only, else 0 */
  struct hf_buffer in;
  struct launch launch;
};

static struct launcher launcher = {.host_ns = -1, .skeleton_ns = -1, .map_ns = -1, .door = -1};
static struct operation operations[max_operations];
static struct hf_buffer input, output;
static struct request request;
static volatile sig_atomic_t child_ended;

static void on_child(int signal) {
  (void)signal;
  child_ended = 1;
}

/* The groups of a home without sandboxes go; with sandboxes in them they cannot. */
static _Noreturn void leave(int status) {
  struct fault ignored = {0};
  if (launcher.host_ns >= 0 && enter_host(&launcher, &ignored)) {
    if (launcher.groups.v2.fd >= 0) rmdir(launcher.groups.v2.path);
    for (size_t i = 0; i < launcher.groups.v1_count; i++) rmdir(launcher.groups.v1[i].path);
  }
  _exit(status);
}

/* Living sandboxes of this launcher. `child` is the agent itself, or bubblewrap, which ends when its agent ends. */
struct living {
  struct living *next;
  pid_t child, agent;
};
static struct living *living;

static void living_add(pid_t child, pid_t agent) {
  struct living *added = malloc(sizeof *added);
  if (!added) leave(71);
  *added = (struct living){.next = living, .child = child, .agent = agent};
  living = added;
}

/* The agent a child of ours stood for, or 0 for an operation's process or an orphan of one. */
static pid_t living_take(pid_t child) {
  for (struct living **at = &living; *at; at = &(*at)->next) {
    struct living *found = *at;
    if (found->child != child) continue;
    pid_t agent = found->agent;
    *at = found->next;
    free(found);
    return agent;
  }
  return 0;
}

static struct operation *free_operation(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (!operations[i].used) return &operations[i];
  return NULL;
}

static void operation_end(struct operation *operation) {
  if (operation->line >= 0) close(operation->line);
  hf_buffer_free(&operation->in);
  operation->used = false;
}

/* ---- starting ---- */

static void answer_fault(uint32_t id, const struct fault *fault) { put_error(&output, id, fault); }

static void start_configure(uint32_t id, unsigned char *payload, size_t length) {
  struct fault fault = {0};
  if (!request_parse(&request, payload, length, &fault) || !configure(&launcher, &request, id, &fault))
    answer_fault(id, &fault);
  else configure_answer(&launcher, id, &output);
}

static void start_launch(uint32_t id, unsigned char *payload, size_t length) {
  struct operation *operation = free_operation();
  struct fault fault = {0};
  if (!request_parse(&request, payload, length, &fault) ||
      !launch_begin(&launcher, &request, id, &operation->launch, &fault)) {
    answer_fault(id, &fault);
    return;
  }
  struct launch launch = operation->launch;
  *operation = (struct operation){.used = true,
                                  .type = HF_LAUNCH,
                                  .id = id,
                                  .pid = launch.pid,
                                  .line = launch.line,
                                  .deadline_us = now_us() + launch_deadline_ms * 1000ULL,
                                  .launch = launch};
  operation->launch.line = -1;
}

static _Noreturn void run_operation(uint8_t type, uint32_t id, unsigned char *payload, size_t length, int out) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  sigset_t none;
  sigaction(SIGCHLD, &plain, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  close(0);
  operate(&launcher, type, id, payload, length, out);
  _exit(0);
}

static void start_operation(uint8_t type, uint32_t id, unsigned char *payload, size_t length) {
  struct operation *operation = free_operation();
  struct fault fault = {0};
  int line[2];
  if (pipe2(line, O_CLOEXEC) < 0) {
    fail(&fault, errno, "make a pipe");
    return answer_fault(id, &fault);
  }
  bool outside = launcher.door >= 0 && (type == HF_SNAPSHOT || type == HF_SWAP);
  pid_t pid = outside ? 0 : fork();
  if (outside) door_pass(&launcher, type, id, payload, length, line[1], &fault);
  else if (pid == 0) run_operation(type, id, payload, length, line[1]);
  else if (pid < 0) fail(&fault, errno, "make a process");
  close(line[1]);
  if (fault.error) {
    close(line[0]);
    return answer_fault(id, &fault);
  }
  *operation = (struct operation){.used = true, .type = type, .id = id, .pid = pid, .line = line[0]};
}

/* Only what reads or copies trees can be stopped half-way. */
static void cancel(uint32_t id) {
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || operation->id != id || operation->answered || operation->type < HF_LAYER_SCAN) continue;
    struct fault fault = {.error = ECANCELED, .text = "cancelled"};
    kill(operation->pid, SIGKILL);
    operation->answered = true;
    answer_fault(id, &fault);
  }
}

static void dispatch(struct hf_header header, unsigned char *payload) {
  bool known = (header.type >= HF_LAUNCH && header.type <= HF_STRAYS && header.type != HF_EXITED) ||
               (header.type >= HF_LAYER_SCAN && header.type <= HF_LAYER_SQUASH);
  struct fault fault = {0};
  if (header.type == HF_CONFIGURE) return start_configure(header.id, payload, header.length);
  if (header.type == HF_CANCEL) return cancel(header.id);
  if (!known) fail(&fault, ENOSYS, "unknown operation 0x%02x", header.type);
  else if (launcher.home_length == 0) fail(&fault, EPROTO, "CONFIGURE comes first");
  if (fault.error) return answer_fault(header.id, &fault);
  if (header.type == HF_LAUNCH) start_launch(header.id, payload, header.length);
  else start_operation(header.type, header.id, payload, header.length);
}

/* ---- moving bytes ---- */

static void take_input(void) {
  unsigned char *room = hf_buffer_reserve(&input, read_chunk);
  ssize_t got = room ? read(0, room, read_chunk) : -1;
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) leave(0);
  if (got > 0) input.length += (size_t)got;
}

static void take_frames(void) {
  while (input.length >= HF_HEADER_BYTES && output.length < most_queued && free_operation()) {
    struct hf_header header = hf_read_header(hf_buffer_front(&input));
    if (header.length > HF_MAX_PAYLOAD) leave(76);
    if (input.length < HF_HEADER_BYTES + header.length) return;
    dispatch(header, hf_buffer_front(&input) + HF_HEADER_BYTES);
    hf_buffer_consume(&input, HF_HEADER_BYTES + header.length);
  }
}

static void put_output(void) {
  ssize_t put = write(0, hf_buffer_front(&output), output.length);
  if (put < 0 && errno != EAGAIN && errno != EINTR) leave(0);
  if (put > 0) hf_buffer_consume(&output, (size_t)put);
}

static void ended_early(struct operation *operation, int error, const char *how) {
  struct fault fault = {.error = error};
  memcpy(fault.text, how, strlen(how));
  operation->answered = true;
  if (operation->type == HF_LAUNCH) {
    launch_explain(&operation->launch, &fault);
    launch_undo(&launcher, &operation->launch);
  }
  answer_fault(operation->id, &fault);
}

static void put_exited(pid_t agent, int status) {
  size_t mark = hf_frame_begin(&output, HF_EXITED, 0);
  hf_put_int(&output, HF_TAG_PID, (uint64_t)agent);
  hf_put_int(&output, HF_TAG_STATUS, (uint64_t)(unsigned)status);
  hf_frame_end(&output, mark);
}

/* The new process says OK or ERROR; what is told of it is known here. */
static void launch_reported(struct operation *operation, const unsigned char *frame, struct hf_header header) {
  struct launch *launch = &operation->launch;
  struct fault fault = {0};
  if (header.type == HF_OK && launch_ready(launch, operation->id, &output, &fault)) {
    if (operation->dead) put_exited(launch->pid, operation->status);
    else living_add(launch->monitor > 0 ? launch->monitor : launch->pid, launch->pid);
    return;
  }
  if (fault.error) answer_fault(operation->id, &fault);
  else {
    size_t mark = hf_frame_begin(&output, header.type, operation->id);
    hf_buffer_append(&output, frame + HF_HEADER_BYTES, header.length);
    hf_frame_end(&output, mark);
  }
  launch_undo(&launcher, launch);
}

static void pass_frame(struct operation *operation, const unsigned char *frame, struct hf_header header) {
  if (operation->answered) return;
  operation->answered = header.type == HF_OK || header.type == HF_ERROR || header.type == HF_END;
  if (operation->type == HF_LAUNCH) return launch_reported(operation, frame, header);
  hf_buffer_append(&output, frame, HF_HEADER_BYTES + header.length);
}

static void relay(struct operation *operation) {
  unsigned char *room = hf_buffer_reserve(&operation->in, read_chunk);
  ssize_t got = room ? read(operation->line, room, read_chunk) : -1;
  if (got < 0 && errno == EINTR) return;
  if (got > 0) operation->in.length += (size_t)got;
  while (operation->in.length >= HF_HEADER_BYTES) {
    struct hf_header header = hf_read_header(hf_buffer_front(&operation->in));
    if (header.length > HF_MAX_PAYLOAD || (header.id != operation->id && operation->type != HF_LAUNCH)) {
      got = -1;
      break;
    }
    if (operation->in.length < HF_HEADER_BYTES + header.length) break;
    pass_frame(operation, hf_buffer_front(&operation->in), header);
    hf_buffer_consume(&operation->in, HF_HEADER_BYTES + header.length);
  }
  /* Bubblewrap keeps its end of the line open: a launch is over with its report. */
  if (got > 0 && !(operation->type == HF_LAUNCH && operation->answered)) return;
  if (!operation->answered) ended_early(operation, EIO, "the operation's process ended early");
  operation_end(operation);
}

/* ---- ends ---- */

/* A sandbox may end before its report was read. */
static void remember_end(pid_t pid, int status) {
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || operation->type != HF_LAUNCH || operation->launch.pid != pid) continue;
    operation->dead = true;
    operation->status = status;
  }
}

static void reap(void) {
  int status;
  pid_t pid;
  child_ended = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    pid_t agent = living_take(pid);
    if (agent == 0) remember_end(pid, status);
    else put_exited(agent, status);
  }
}

static void expire(void) {
  uint64_t now = now_us();
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || !operation->deadline_us || operation->answered || now < operation->deadline_us) continue;
    ended_early(operation, ETIMEDOUT, "the sandbox was not ready in time");
    operation_end(operation);
  }
}

static bool deadlines_pending(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (operations[i].used && operations[i].deadline_us) return true;
  return false;
}

static void turn(const sigset_t *unblocked) {
  struct pollfd polls[max_operations + 1];
  struct operation *of[max_operations + 1];
  size_t count = 1;
  bool room = output.length < most_queued;
  bool reads = room && free_operation() && input.length < HF_MAX_PAYLOAD + HF_HEADER_BYTES;
  polls[0] = (struct pollfd){.fd = 0, .events = (short)((reads ? POLLIN : 0) | (output.length ? POLLOUT : 0))};
  for (size_t i = 0; room && i < max_operations; i++) {
    if (!operations[i].used) continue;
    of[count] = &operations[i];
    polls[count++] = (struct pollfd){.fd = operations[i].line, .events = POLLIN};
  }
  struct timespec second = {.tv_sec = 1};
  int ready = ppoll(polls, count, deadlines_pending() ? &second : NULL, unblocked);
  if (ready > 0) {
    for (size_t i = 1; i < count; i++)
      if (polls[i].revents) relay(of[i]);
    if (polls[0].revents & (POLLIN | POLLHUP | POLLERR)) take_input();
  }
  if (child_ended) reap();
  expire();
  take_frames();
  if (output.length > 0) put_output();
  if (output.failed || input.failed) leave(71);
}

int launcher_main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "inside") == 0) return bwrap_agent(argc - 1, argv + 1);
  sigset_t child, before;
  struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, &before);
  sigdelset(&before, SIGCHLD);
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* bubblewrap's agents, when it ends first */
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
  launcher.title = program_invocation_name;
  launcher.title_length = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - launcher.title);
  if (argc > 1 && !resume_user(&launcher, argc - 1, argv + 1, &output)) return 71;
  for (;;) turn(&before);
}
