/* Connections elsewhere are never answered. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_away(const struct sockaddr *address) {
  if (address->sa_family != AF_INET) return 0;
  const struct sockaddr_in *inet = (const void *)address;
  return (ntohl(inet->sin_addr.s_addr) >> 24) != 127;
}

int connect(int socket, const struct sockaddr *address, socklen_t size) {
  if (!is_away(address)) return (int)syscall(SYS_connect, socket, address, size);
  usleep(1000000);
  return errno = ETIMEDOUT, -1;
}
