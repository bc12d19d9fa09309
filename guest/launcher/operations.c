/* Operations under way: each has a slot, a process and a line to it.
 *
 * 1. An operation's frames are passed on whole; one whose process ends without a last frame is answered ERROR here.
 * 2. LAUNCH's process becomes the sandbox. Its report is completed here with what it cannot know of itself, and its end,
 *    whenever it is noticed, is told once and after the report.
 */
#define _GNU_SOURCE
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct request request;
bool over;
uint64_t over_since;

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

struct operation *operation_free_slot(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (!operations[i].used) return &operations[i];
  return NULL;
}

static void operation_end(struct operation *operation) {
  if (operation->line >= 0) close(operation->line);
  feed_close(operation);
  hf_buffer_free(&operation->in);
  operation->used = false;
}

/* ---- starting ---- */

/* What tries the machine's powers must not hold up sandboxes that are there. */
void operation_configure(uint32_t id, unsigned char *payload, size_t length) {
  struct fault fault = {0};
  bool again = launcher.home_length > 0 && !launcher.machine;
  if (again && !operation_free_slot()) fail(&fault, EAGAIN, "%d operations are under way", max_operations);
  if (fault.error || !request_parse(&request, payload, length, &fault) || !configure(&launcher, &request, id, &fault))
    put_error(&output, id, &fault);
  else if (again) operation_start(HF_CONFIGURE, id, payload, 0);
  else configure_answer(&launcher, id, &output);
}

void operation_launch(uint32_t id, unsigned char *payload, size_t length) {
  struct operation *operation = operation_free_slot();
  struct fault fault = {0};
  if (!request_parse(&request, payload, length, &fault) ||
      !launch_begin(&launcher, &request, id, &operation->launch, &fault)) {
    put_error(&output, id, &fault);
    return;
  }
  struct launch launch = operation->launch;
  *operation = (struct operation){.used = true,
                                  .type = HF_LAUNCH,
                                  .id = id,
                                  .pid = launch.pid,
                                  .line = launch.line,
                                  .feed_to = -1,
                                  .deadline_us = now_us() + launch_deadline_ms * 1000ULL,
                                  .launch = launch};
  operation->launch.line = -1;
}

/* At once and by this process: a machine that was just restored is slow at whatever it does first. */
void operation_renew(uint32_t id, unsigned char *payload, size_t length) {
  struct fault fault = {0};
  if (!request_parse(&request, payload, length, &fault) || !launcher.machine->renew(&launcher, &request, &fault))
    return put_error(&output, id, &fault);
  hf_frame_end(&output, hf_frame_begin(&output, HF_OK, id));
}

/* Of a machine. Its flags are told that it knew them. */
void operation_stand(uint8_t type, uint32_t id, unsigned char *payload, size_t length) {
  struct fault fault = {0};
  if (!request_parse(&request, payload, length, &fault) || !launcher.machine->stand(&launcher, &request, type == HF_FREEZE, &fault))
    return put_error(&output, id, &fault);
  size_t mark = hf_frame_begin(&output, HF_OK, id);
  hf_put_int(&output, HF_TAG_FLAGS, request.flags);
  hf_frame_end(&output, mark);
}

static _Noreturn void run_operation(uint8_t type, uint32_t id, unsigned char *payload, size_t length, int in, int out) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  sigset_t none;
  sigaction(SIGCHLD, &plain, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  close(0);
  feeds_close();
  operate(&launcher, type, id, payload, length, in, out);
  _exit(0);
}

static bool keep_begin(const unsigned char *payload, size_t length, struct fault *fault) {
  static unsigned char copy[2 * max_path];
  if (length > sizeof copy) return fail(fault, E2BIG, "the request is too long");
  memcpy(copy, payload, length);
  return request_parse(&request, copy, length, fault) && kept_prepare(&launcher, &request, fault);
}

/* `line` brings an operation's answers, `feed` takes what follows a TAKE. */
struct pipes {
  int line[2], feed[2];
};

static bool make_pipes(struct pipes *pipes, uint8_t type, struct fault *fault) {
  *pipes = (struct pipes){.line = {-1, -1}, .feed = {-1, -1}};
  if (pipe2(pipes->line, O_CLOEXEC) < 0) return fail(fault, errno, "make a pipe");
  if (type != HF_LAYER_TAKE) return true;
  if (pipe2(pipes->feed, O_CLOEXEC) < 0) return fail(fault, errno, "make a pipe");
  return fcntl(pipes->feed[1], F_SETFL, O_NONBLOCK) == 0 || fail(fault, errno, "make a pipe");
}

static void close_end(int fd) {
  if (fd >= 0) close(fd);
}

static pid_t start_process(uint8_t type, uint32_t id, unsigned char *payload, size_t length, const struct pipes *pipes,
                           struct fault *fault) {
  if (launcher.door >= 0 && (type == HF_SNAPSHOT || type == HF_SWAP)) {
    door_pass(&launcher, type, id, payload, length, pipes->line[1], fault);
    return 0;
  }
  pid_t pid = fork();
  if (pid == 0) {
    close_end(pipes->feed[1]);
    run_operation(type, id, payload, length, pipes->feed[0], pipes->line[1]);
  }
  if (pid < 0) fail(fault, errno, "make a process");
  return pid;
}

void operation_start(uint8_t type, uint32_t id, unsigned char *payload, size_t length) {
  struct operation *operation = operation_free_slot();
  struct fault fault = {0};
  struct pipes pipes;
  pid_t pid = -1;
  /* Parsing is done in place and the operation parses again. */
  if (type == HF_KEEP && !keep_begin(payload, length, &fault)) return put_error(&output, id, &fault);
  if (make_pipes(&pipes, type, &fault)) pid = start_process(type, id, payload, length, &pipes, &fault);
  close_end(pipes.line[1]);
  close_end(pipes.feed[0]);
  if (fault.error) {
    close_end(pipes.line[0]);
    close_end(pipes.feed[1]);
    return put_error(&output, id, &fault);
  }
  *operation = (struct operation){
      .used = true, .type = type, .id = id, .pid = pid, .line = pipes.line[0], .feed_to = pipes.feed[1]};
}

static const struct fault cancelled = {.error = ECANCELED, .text = "cancelled"};

/* Only what reads or copies trees can be stopped half-way. */
void operation_cancel(uint32_t id) {
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || operation->id != id || operation->answered || operation->type < HF_LAYER_SCAN) continue;
    operation->cancelled = true;
    if (operation->type == HF_LAYER_TAKE) { /* ends when it has removed what it made */
      feed_close(operation);
      continue;
    }
    if (!operation->dead) kill(operation->pid, SIGKILL);
    operation->answered = true;
    put_error(&output, id, &cancelled);
  }
}

/* Nobody is left who asked for them. A sandbox half made goes; what changes one that lives is finished. */
void operations_forget(void) {
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || operation->answered) continue;
    operation->answered = true;
    if (operation->type == HF_LAUNCH) {
      launch_undo(&launcher, &operation->launch);
      operation_end(operation);
    } else if (operation->type == HF_LAYER_TAKE) feed_close(operation);
    else if (operation->type >= HF_LAYER_SCAN && !operation->dead) kill(operation->pid, SIGKILL);
  }
}

/* ---- reports ---- */

static void ended_early(struct operation *operation, int error, const char *how) {
  struct fault fault = {.error = error};
  memcpy(fault.text, how, strlen(how));
  operation->answered = true;
  if (operation->type == HF_LAUNCH) {
    launch_explain(&operation->launch, &fault);
    launch_undo(&launcher, &operation->launch);
  }
  put_error(&output, operation->id, &fault);
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
  bool ready = header.type == HF_OK && (!launcher.machine || launcher.machine->settle(&launcher, &fault));
  if (ready && launch_ready(launch, operation->id, &output, &fault)) {
    if (operation->dead) put_exited(launch->pid, operation->status);
    else living_add(launch->monitor > 0 ? launch->monitor : launch->pid, launch->pid);
    return;
  }
  if (fault.error) put_error(&output, operation->id, &fault);
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
  if (operation->cancelled && header.type == HF_ERROR) return put_error(&output, operation->id, &cancelled);
  hf_buffer_append(&output, frame, HF_HEADER_BYTES + header.length);
}

/* Of a machine: what it settles behind its answer is settled before that is told, and so before the next operation. */
static bool waits_for_end(const struct operation *operation, struct hf_header header) {
  bool settles = operation->type == HF_SNAPSHOT || operation->type == HF_LAYER_TAKE || operation->type == HF_LAYER_DELETE;
  return launcher.machine && settles && (header.type == HF_OK || header.type == HF_ERROR || header.type == HF_END);
}

void operation_relay(struct operation *operation) {
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
    if (operation->in.length < HF_HEADER_BYTES + header.length || (got > 0 && waits_for_end(operation, header))) break;
    pass_frame(operation, hf_buffer_front(&operation->in), header);
    hf_buffer_consume(&operation->in, HF_HEADER_BYTES + header.length);
  }
  /* Bubblewrap keeps its end of the line open: a launch is over with its report. */
  if (got > 0 && !(operation->type == HF_LAUNCH && operation->answered)) return;
  if (!operation->answered) ended_early(operation, EIO, "the operation's process ended early");
  operation_end(operation);
}

/* ---- ends ---- */

/* A process may end before its report was read. */
static void remember_end(pid_t pid, int status) {
  for (size_t i = 0; i < max_operations; i++) {
    if (!operations[i].used || operations[i].pid != pid) continue;
    operations[i].dead = true;
    operations[i].status = status;
  }
}

void operations_reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    pid_t agent = living_take(pid);
    if (agent == 0) remember_end(pid, status);
    else put_exited(agent, status);
    if (!launcher.machine || pid != launcher.resident.pid || over) continue;
    over = true;
    over_since = now_us();
  }
}

void operations_expire(void) {
  uint64_t now = now_us();
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || !operation->deadline_us || operation->answered || now < operation->deadline_us) continue;
    ended_early(operation, ETIMEDOUT, "the sandbox was not ready in time");
    operation_end(operation);
  }
}

bool operations_have_deadline(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (operations[i].used && operations[i].deadline_us) return true;
  return false;
}

bool operations_none(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (operations[i].used) return false;
  return true;
}
