/* The launcher's loop: frames from descriptor 0, operations in processes of their own, their answers back.
 *
 * 1. Frames reach descriptor 0 whole and from this process only.
 * 2. A peer that does not read stops everything but the reaping: no queue grows past its bound.
 * 3. When descriptor 0 ends, so does the launcher; sandboxes and operations under way live on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "inside.h"
#include "launcher.h"
#include "operations.h"

enum { most_echoed = 64, most_queued = 1 << 20, last_operations_us = 500000 };

struct launcher launcher = {.host_ns = -1, .skeleton_ns = -1, .map_ns = -1, .door = -1, .first_id = FIRST_MAPPED_ID};
struct operation operations[max_operations];
struct hf_buffer output;
static struct hf_buffer input;
static volatile sig_atomic_t child_ended;
static uint64_t quiet_since; /* by now_us: nothing asked for, nothing under way */

static void on_child(int signal) {
  (void)signal;
  child_ended = 1;
}

/* The groups of a home without sandboxes go; with sandboxes in them they cannot. */
_Noreturn void leave(int status) {
  struct fault ignored = {0};
  if (launcher.host_ns >= 0 && enter_host(&launcher, &ignored)) {
    if (launcher.groups.v2.fd >= 0) rmdir(launcher.groups.v2.path);
    for (size_t i = 0; i < launcher.groups.v1_count; i++) rmdir(launcher.groups.v1[i].path);
  }
  if (launcher.machine) launcher.machine->end(status);
  _exit(status);
}

/* A machine has one stream to the host for its whole life: the next who speaks over it begins like this. Frames that wait
 * stay, since one of them may be half sent; the host drops what comes before the answer. */
static void restart(void) {
  operations_forget();
  hf_frame_end(&output, hf_frame_begin(&output, HF_OK, HF_RESTART_ID));
}

/* The relay's question whether everything was taken (guest/relay/channel.c). */
static void echo(struct hf_header header, const unsigned char *payload) {
  size_t mark = hf_frame_begin(&output, HF_OK, header.id);
  hf_buffer_append(&output, payload, header.length <= most_echoed ? header.length : 0);
  hf_frame_end(&output, mark);
}

static void dispatch(struct hf_header header, unsigned char *payload) {
  bool known = (header.type >= HF_LAUNCH && header.type <= HF_STRAYS && header.type != HF_EXITED) || header.type == HF_KEEP || header.type == HF_MEMORY || header.type == HF_REST || header.type == HF_SHUT ||
               (header.type >= HF_LAYER_SCAN && header.type <= HF_LAYER_TAKE) ||
               (header.type == HF_RENEW_MACHINE && launcher.machine);
  struct fault fault = {0};
  if (header.type == HF_CONFIGURE) return operation_configure(header.id, payload, header.length);
  if (header.type == HF_CANCEL) return operation_cancel(header.id);
  if (header.type == HF_RESTART && launcher.machine) return restart();
  if (header.type == HF_PING && launcher.machine) return launcher.machine->at_rest(&launcher) ? echo(header, payload) : (void)0;
  if (header.type == HF_DATA || header.type == HF_END) return feed_take(header, payload);
  if (!known) fail(&fault, ENOSYS, "unknown operation 0x%02x", header.type);
  else if (launcher.home_length == 0) fail(&fault, EPROTO, "CONFIGURE comes first");
  else if (!operation_free_slot()) fail(&fault, EAGAIN, "%d operations are under way, some of which wait for their peer", max_operations);
  if (fault.error) return put_error(&output, header.id, &fault);
  bool stands = header.type == HF_FREEZE || header.type == HF_THAW;
  if (header.type == HF_RENEW_MACHINE) operation_renew(header.id, payload, header.length);
  else if (launcher.machine && stands) operation_stand(header.type, header.id, payload, header.length);
  else if (header.type == HF_LAUNCH) operation_launch(header.id, payload, header.length);
  else operation_start(header.type, header.id, payload, header.length);
}

static void take_input(void) {
  unsigned char *room = hf_buffer_reserve(&input, read_chunk);
  ssize_t got = room ? read(0, room, read_chunk) : -1;
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) leave(0);
  if (got > 0) input.length += (size_t)got;
}

/* What belongs to an operation under way must not wait for one of them to end. */
static bool needs_slot(uint8_t type) { return type >= HF_CONFIGURE; }

/* A whole frame is here, and there is room for its answer and a slot for its operation. */
static bool frame_ready(void) {
  if (input.length < HF_HEADER_BYTES || output.length >= most_queued) return false;
  struct hf_header header = hf_read_header(hf_buffer_front(&input));
  if (header.length > HF_MAX_PAYLOAD) leave(76);
  if (needs_slot(header.type) && !operation_free_slot() && !feeds_open()) return false;
  return input.length >= HF_HEADER_BYTES + header.length;
}

static void take_frames(void) {
  while (frame_ready()) {
    struct hf_header header = hf_read_header(hf_buffer_front(&input));
    dispatch(header, hf_buffer_front(&input) + HF_HEADER_BYTES);
    hf_buffer_consume(&input, HF_HEADER_BYTES + header.length);
  }
}

static void put_output(void) {
  ssize_t put = write(0, hf_buffer_front(&output), output.length);
  if (put < 0 && errno != EAGAIN && errno != EINTR) leave(0);
  if (put > 0) hf_buffer_consume(&output, (size_t)put);
}

/* Until when to wait for something to happen. */
static struct timespec patience(bool idle) {
  const uint64_t second_us = 1000000, hour_us = 3600 * second_us;
  uint64_t now = now_us(), us = operations_have_deadline() ? second_us : hour_us;
  if (frame_ready()) us = 0;
  if (over && us > last_operations_us) us = last_operations_us;
  if (idle) {
    uint64_t due = networks_due(&launcher, quiet_since), left = due > now ? due - now : 0;
    if (left < us) us = left;
  }
  return (struct timespec){.tv_sec = (time_t)(us / second_us), .tv_nsec = (long)(us % second_us) * 1000};
}

static void turn(const sigset_t *unblocked) {
  struct pollfd polls[2 * max_operations + 1];
  struct operation *of[2 * max_operations + 1];
  size_t count = 1;
  bool room = output.length < most_queued;
  bool reads = room && input.length < HF_MAX_PAYLOAD + HF_HEADER_BYTES;
  polls[0] = (struct pollfd){.fd = 0, .events = (short)((reads ? POLLIN : 0) | (output.length ? POLLOUT : 0))};
  for (size_t i = 0; room && i < max_operations; i++) {
    if (!operations[i].used) continue;
    of[count] = &operations[i];
    polls[count++] = (struct pollfd){.fd = operations[i].line, .events = POLLIN};
  }
  size_t lines = count;
  for (size_t i = 0; i < max_operations; i++) {
    if (!operations[i].used || operations[i].feed_to < 0 || operations[i].feed.length == 0) continue;
    of[count] = &operations[i];
    polls[count++] = (struct pollfd){.fd = operations[i].feed_to, .events = POLLOUT};
  }
  bool idle = operations_none() && !frame_ready();
  struct timespec most = patience(idle);
  int ready = ppoll(polls, count, &most, unblocked);
  if (!idle || ready != 0) quiet_since = now_us();
  else networks_rest(&launcher, quiet_since);
  if (ready > 0) {
    for (size_t i = lines; i < count; i++)
      if (polls[i].revents) feed_pump(of[i]);
    for (size_t i = 1; i < lines; i++)
      if (polls[i].revents) operation_relay(of[i]);
    if (polls[0].revents & (POLLIN | POLLHUP | POLLERR)) take_input();
  }
  if (child_ended) {
    child_ended = 0;
    operations_reap();
  }
  operations_expire();
  take_frames();
  if (output.length > 0) put_output();
  if (output.failed || input.failed) leave(71);
  if (over && output.length == 0 && (operations_none() || now_us() > over_since + last_operations_us)) leave(0);
}

static void open_up(int argc, char **argv, sigset_t *unblocked) {
  sigset_t child;
  struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, unblocked);
  sigdelset(unblocked, SIGCHLD);
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* bubblewrap's agents, when it ends first */
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
  ssize_t length = readlink("/proc/self/exe", launcher.binary, sizeof launcher.binary - 1);
  launcher.binary[length > 0 ? length : 0] = 0;
  launcher.title = program_invocation_name;
  launcher.title_length = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - launcher.title);
}

_Noreturn void launcher_serve(int argc, char **argv) {
  sigset_t unblocked;
  open_up(argc, argv, &unblocked);
  for (;;) turn(&unblocked);
}

int launcher_main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "inside") == 0) return bwrap_agent(argc - 1, argv + 1);
  sigset_t unblocked;
  open_up(argc, argv, &unblocked);
  if (argc > 1 && !resume_user(&launcher, argc - 1, argv + 1, &output)) return 71;
  for (;;) turn(&unblocked);
}
