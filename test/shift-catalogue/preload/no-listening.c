/* Nobody may listen. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>

int listen(int socket, int backlog) { return errno = EPERM, -1; }
