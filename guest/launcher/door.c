/* The process an ordinary user's launcher leaves outside of its user namespace.
 *
 * A sandbox's namespaces belong to the user namespace of the launcher that made it. A later launcher has a namespace beside
 * that one and no power over it; a process outside, being the same user, has power over both. So SNAPSHOT and SWAP are
 * handed here: payload and a pipe for the answer come in, a process of its own does the work.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

enum { hand_over_ms = 5000 };

static bool read_all(int fd, unsigned char *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t got = read(fd, bytes + done, length - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += (size_t)got;
  }
  return true;
}

_Noreturn void door_run(struct launcher *launcher, int line) {
  static unsigned char payload[HF_MAX_PAYLOAD];
  unsigned char header[HF_HEADER_BYTES];
  signal(SIGCHLD, SIG_IGN);
  close(0);
  groups_name(launcher); /* it finds none itself, and must know them when they are named to it */
  for (;;) {
    int out = -1;
    if (!receive_byte(line, &out, 1, -1) || out < 0 || !read_all(line, header, sizeof header)) _exit(0);
    struct hf_header head = hf_read_header(header);
    if (head.length > sizeof payload || !read_all(line, payload, head.length)) _exit(0);
    pid_t pid = fork();
    if (pid == 0) {
      signal(SIGCHLD, SIG_DFL);
      close(line);
      operate(launcher, head.type, head.id, payload, head.length, -1, out);
      _exit(0);
    }
    if (pid < 0) {
      struct hf_buffer answer = {0};
      struct fault fault = {0};
      fail(&fault, errno, "make a process");
      put_error(&answer, head.id, &fault);
      write_frames(out, &answer);
    }
    close(out);
  }
}

/* One after the other through the door, whole: the launcher is its only caller and the door reads at once. */
bool door_pass(const struct launcher *launcher, uint8_t type, uint32_t id, unsigned char *payload, size_t length, int out,
               struct fault *fault) {
  struct hf_buffer frame = {0};
  size_t mark = hf_frame_begin(&frame, type, id);
  hf_buffer_append(&frame, payload, length);
  hf_frame_end(&frame, mark);
  bool passed = !frame.failed && send_byte(launcher->door, &out, 1);
  if (passed) write_frames(launcher->door, &frame);
  passed = passed && frame.length == 0;
  hf_buffer_free(&frame);
  return passed || fail(fault, errno, "pass a request through the door");
}
