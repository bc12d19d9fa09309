/* Writing for certain takes 30 ms more. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int file) {
  usleep(30000);
  return (int)syscall(SYS_fsync, file);
}
