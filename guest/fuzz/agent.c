/* Feeds the agent's frame parser and request dispatcher arbitrary bytes, as a connected host would.
 *
 * The input is what arrives on one greeted connection. File requests resolve inside a directory made for the run, where it
 * was started, tunnels in a network made for it (network.c). This file stands in for spawn.c: no program of the input's
 * choice is run, a child prints a few bytes and ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../agent/internal.h"
#include "network.h"

enum { turns = 8 };

static void check_answers(int fd);
static char directory[] = "fuzz-XXXXXX";
static int root;

static void remove_directory(void) {
  char command[sizeof directory + 16];
  snprintf(command, sizeof command, "rm -rf %s", directory);
  if (system(command) != 0) perror(command);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  network_leave();
  if (!mkdtemp(directory)) abort();
  atexit(remove_directory);
  root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  /* A file, a directory and a link for requests to meet. */
  int fd = openat(root, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, "one\ntwo\n", 8) != 8 || mkdirat(root, "dir", 0755) < 0 || symlinkat("file", root, "link") < 0)
    abort();
  close(fd);
  signal(SIGPIPE, SIG_IGN);
  return 0;
}

pid_t spawn_start(struct agent *agent, const struct spawn_plan *plan, int *error, const char **step) {
  (void)agent;
  *step = "start the program";
  *error = plan->argv[0][0] ? 0 : ENOENT;
  if (*error) return -1;
  pid_t pid = vfork();
  if (pid == 0) _exit(write(plan->stdio[1], "out", 3) == 3 ? plan->argv[0][0] & 7 : 1);
  return pid;
}

static void turn(struct agent *agent, int fd) {
  network_step();
  agent->busy = true; /* nothing else will come: do not wait for it */
  agent_turn(agent);
  processes_reap(agent);
  check_answers(fd);
}

static void greet(int fd) {
  struct hf_buffer out = {0};
  size_t mark = hf_frame_begin(&out, HF_HELLO, 1);
  hf_put_int(&out, HF_TAG_VERSION, HF_VERSION);
  hf_frame_end(&out, mark);
  if (write(fd, hf_buffer_front(&out), out.length) != (ssize_t)out.length) abort();
  hf_buffer_free(&out);
}

/* What the agent answers must itself be well formed. */
static void check_answers(int fd) {
  static unsigned char bytes[1 << 16];
  struct hf_buffer in = {0};
  ssize_t got;
  while ((got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
    hf_buffer_append(&in, bytes, (size_t)got);
    while (in.length >= HF_HEADER_BYTES) {
      struct hf_header header = hf_read_header(hf_buffer_front(&in));
      if (header.length > HF_MAX_PAYLOAD) abort();
      if (in.length < HF_HEADER_BYTES + header.length) break;
      hf_buffer_consume(&in, HF_HEADER_BYTES + header.length);
    }
  }
  hf_buffer_free(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct agent agent;
  struct agent_options options = {.listen_fd = -1, .cgroup_fd = -1, .root_fd = root, .default_path = "/nowhere"};
  agent_prepare(&agent, &options);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) abort();
  network_begin();
  connection_open(&agent, ends[0]);
  greet(ends[1]);
  for (size_t sent = 0; sent < size;) {
    ssize_t put = send(ends[1], data + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0) sent += (size_t)put;
    turn(&agent, ends[1]);
    if (put <= 0 && agent.connections[0].fd < 0) break;
  }
  for (int i = 0; i < turns && agent.connections[0].fd >= 0; i++) turn(&agent, ends[1]);
  close(ends[1]);
  network_end();
  agent_release(&agent);
  return 0;
}
