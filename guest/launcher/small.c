/* Small things every part uses: failures, answers, descriptors passed between two processes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { most_passed = 24 };

bool fail(struct fault *fault, int error, const char *format, ...) {
  if (fault->error) return false;
  fault->error = error ? error : EIO;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(fault->text, sizeof fault->text, format, arguments);
  va_end(arguments);
  if (length >= 0 && (size_t)length < sizeof fault->text)
    snprintf(fault->text + length, sizeof fault->text - (size_t)length, ": %s", strerror(fault->error));
  return false;
}

bool fail_namespace(struct fault *fault, int error, const char *step) {
  bool first = !fault->error;
  fail(fault, error, "%s", step);
  if (first) fault->error = EUSERS;
  return false;
}

uint64_t now_us(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

void write_frames(int fd, struct hf_buffer *frames) {
  while (frames->length > 0) {
    ssize_t put = write(fd, hf_buffer_front(frames), frames->length);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    hf_buffer_consume(frames, (size_t)put);
  }
}

void put_error(struct hf_buffer *out, uint32_t id, const struct fault *fault) {
  size_t mark = hf_frame_begin(out, HF_ERROR, id);
  hf_put_int(out, HF_TAG_ERRNO, (uint64_t)(fault->error ? fault->error : EIO));
  hf_put_string(out, HF_TAG_MESSAGE, fault->text);
  hf_frame_end(out, mark);
}

bool write_file(int at, const char *path, const char *text) {
  int fd = openat(at, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  size_t length = strlen(text);
  bool done = write(fd, text, length) == (ssize_t)length;
  int error = errno;
  close(fd);
  errno = error;
  return done;
}

bool send_byte(int line, const int *fds, size_t count) {
  char byte = 1, control[CMSG_SPACE(most_passed * sizeof(int))] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(head), fds, count * sizeof(int));
  }
  return sendmsg(line, &message, MSG_NOSIGNAL) == 1;
}

bool receive_byte(int line, int *fds, size_t room, int ms) {
  struct pollfd wait = {.fd = line, .events = POLLIN};
  if (poll(&wait, 1, ms) <= 0) return false;
  char byte, control[CMSG_SPACE(most_passed * sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(line, &message, MSG_CMSG_CLOEXEC) != 1) return false;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  size_t count = 0;
  if (head && head->cmsg_type == SCM_RIGHTS) {
    count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof fd);
      if (i < room) fds[i] = fd;
      else close(fd);
    }
  }
  return true;
}
