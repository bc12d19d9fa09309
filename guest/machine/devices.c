/* A machine's disks and ports, found by the names the host gave them: which number a device gets is the kernel's affair. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

enum { look_again_us = 500 };

/* A one-line file of sysfs, without its end. */
static bool read_line(const char *path, char *text, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, room - 1);
  if (fd >= 0) close(fd);
  text[got > 0 ? got : 0] = 0;
  text[strcspn(text, "\n")] = 0;
  return got > 0;
}

/* The entry of a sysfs class whose `attribute` says `wanted`, as its device node. */
static bool find_by(const char *class, const char *attribute, const char *wanted, char *node, size_t room) {
  char path[512], text[64];
  bool found = false;
  DIR *list = opendir(class);
  struct dirent *item;
  while (list && !found && (item = readdir(list))) {
    if (item->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%.200s/%s", class, item->d_name, attribute);
    found = read_line(path, text, sizeof text) && strcmp(text, wanted) == 0;
    if (found) snprintf(node, room, "/dev/%.200s", item->d_name);
  }
  if (list) closedir(list);
  return found;
}

bool disk_find(const char *serial, char *path, size_t room) { return find_by("/sys/block", "serial", serial, path, room); }

/* A port that nobody holds open outside reads as ended. */
static bool somebody_there(int fd) {
  struct pollfd look = {.fd = fd, .events = POLLIN};
  return poll(&look, 1, 0) >= 0 && !(look.revents & POLLHUP);
}

/* Ports are announced by the device after it was found, each when the host side answers. */
int port_find(const char *name, int ms, struct fault *fault) {
  uint64_t deadline = now_us() + (uint64_t)ms * 1000;
  char path[256];
  int fd = -1;
  for (;; usleep(look_again_us)) {
    if (fd < 0 && find_by("/sys/class/virtio-ports", "name", name, path, sizeof path))
      fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && somebody_there(fd)) return fd;
    if (now_us() < deadline) continue;
    if (fd < 0) fail(fault, ENODEV, "no port `%s`: give the machine a virtserialport with name=%s", name, name);
    else fail(fault, ENOTCONN, "nobody holds the other end of the port `%s`: connect its character device", name);
    if (fd >= 0) close(fd);
    return -1;
  }
}
