#define _GNU_SOURCE
#include "network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most_clients = 4, most_served = 4, life = 5 };

static int server = -1, asker = -1, steps;
static int clients[most_clients], served[most_served];

static void put_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) abort();
  close(fd);
}

void network_leave(void) {
  char uids[32], gids[32];
  snprintf(uids, sizeof uids, "0 %d 1", (int)getuid());
  snprintf(gids, sizeof gids, "0 %d 1", (int)getgid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
    perror("fuzz: a network of its own");
    exit(1);
  }
  put_file("/proc/self/setgroups", "deny");
  put_file("/proc/self/uid_map", uids);
  put_file("/proc/self/gid_map", gids);
  struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &up) < 0) abort();
  close(fd);
}

static struct sockaddr_in place(uint32_t address, uint16_t port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(port)};
}

static void drop(int *fd, bool reset) {
  struct linger now = {.l_onoff = 1};
  if (*fd < 0) return;
  if (reset) setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(*fd);
  *fd = -1;
}

void network_begin(void) {
  struct sockaddr_in at = place(INADDR_LOOPBACK, 80);
  int one = 1;
  steps = 0;
  memset(clients, -1, sizeof clients);
  memset(served, -1, sizeof served);
  server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  asker = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (server < 0 || asker < 0) abort();
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  /* A child of the input before may still hold its server: vfork returns before the child's descriptors are closed. */
  for (int tries = 0; bind(server, (struct sockaddr *)&at, sizeof at) < 0 || listen(server, 4) < 0; tries++) {
    if (tries == 1000) abort();
    usleep(1000);
  }
}

/* One end's turn: what it has is taken, a little is sent, and after a while it goes in one of three ways. */
static void play(int *fd) {
  static unsigned char bytes[4096];
  if (*fd < 0) return;
  ssize_t got = recv(*fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (steps % 3 && send(*fd, bytes, got > 0 ? (size_t)got : 7, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && got == 0) drop(fd, false);
  else if (steps % life == life - 1) shutdown(*fd, SHUT_WR);
  else if (steps % (2 * life) == 2 * life - 2) drop(fd, steps % 4 == 0);
}

void network_step(void) {
  struct sockaddr_in to = place(0x7f400001, 80), ask = place(0x7f400001, 53);
  int *fresh = &clients[steps % most_clients], *taken = &served[steps % most_served];
  steps++;
  if (*fresh < 0) {
    *fresh = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connect(*fresh, (struct sockaddr *)&to, sizeof to);
  }
  if (*taken < 0) *taken = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  for (int i = 0; i < most_clients; i++) play(&clients[i]);
  for (int i = 0; i < most_served; i++) play(&served[i]);
  sendto(asker, "question", (size_t)steps % 9, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&ask, sizeof ask);
  while (recv(asker, &to, sizeof to, MSG_DONTWAIT) >= 0) continue;
}

void network_end(void) {
  for (int i = 0; i < most_clients; i++) drop(&clients[i], true);
  for (int i = 0; i < most_served; i++) drop(&served[i], true);
  drop(&server, false);
  drop(&asker, false);
}
