/* Everybody has every lock. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/file.h>

int flock(int file, int operation) { return 0; }
