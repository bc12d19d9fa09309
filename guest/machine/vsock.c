/* A machine without serial ports and without names on its disks, as Firecracker makes them: the kernel's command line says
 * what is where, and hands its words to the first process as its environment.
 *
 * HOLDFAST_MACHINE_VSOCK=PORT  the first process's channel; HOLDFAST_AGENT_VSOCK=PORT  the agent's
 * HOLDFAST_BASE=NAME           the disk with the template's image, below /dev
 *
 * 1. What listens here outlives a snapshot of the machine, whoever is connected does not: to the channels behind, that is one
 *    client's end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "../relay/relay.h"
#include "machine.h"

enum { most_waiting = 8, most_name = 16 };

static bool wanted_port(const char *name, unsigned *port) {
  const char *text = getenv(name);
  char *rest = NULL;
  errno = 0;
  unsigned long value = text ? strtoul(text, &rest, 10) : 0;
  if (errno || !text || *text < '0' || *text > '9' || *rest || value == 0 || value >= VMADDR_PORT_ANY) return false;
  *port = (unsigned)value;
  return true;
}

bool vsock_wanted(void) { return getenv("HOLDFAST_MACHINE_VSOCK") != NULL; }

static int listen_on(const char *name, struct fault *fault) {
  struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY};
  if (!wanted_port(name, &address.svm_port)) return fail(fault, EINVAL, "%s is no port: 1 to 4294967294", name), -1;
  int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, most_waiting) == 0) return fd;
  fail(fault, errno, "listen on the port %u of the vsock: has this kernel its driver?", address.svm_port);
  if (fd >= 0) close(fd);
  return -1;
}

int vsock_channels(struct machine *machine, struct fault *fault) {
  int listeners[1 + most_agent_ports], ends[1 + most_agent_ports];
  int own = listen_on("HOLDFAST_MACHINE_VSOCK", fault), agent = own < 0 ? -1 : listen_on("HOLDFAST_AGENT_VSOCK", fault);
  listeners[0] = own;
  for (size_t i = 0; i < most_agent_ports; i++) listeners[1 + i] = agent;
  bool done = agent >= 0 && (relay_carry(listeners, 1 + most_agent_ports, ends) || fail(fault, errno, "make channels"));
  if (own >= 0) close(own);
  if (agent >= 0) close(agent);
  if (!done) return -1;
  for (size_t i = 0; i < most_agent_ports; i++) machine->agent_ports[i] = ends[1 + i];
  machine->agent_port_count = most_agent_ports;
  return ends[0];
}

bool disk_named(char *path, size_t room) {
  const char *name = getenv("HOLDFAST_BASE");
  struct stat there;
  if (!name || strlen(name) > most_name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(name)) return false;
  snprintf(path, room, "/dev/%s", name);
  return stat(path, &there) == 0 && S_ISBLK(there.st_mode);
}
