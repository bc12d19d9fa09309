/* Files kept in memory: KEEP copies one into a memory file that nobody can change any more, and LAUNCH hands it to as many
 * programs as want it. A program may map it privately and writably although it is everybody's (QEMU 7.2 opens what it maps
 * for writing, also when it never will).
 *
 * 1. The launcher holds it from KEEP until KEEP with flags 1, or its own end. An operation's process fills and seals it.
 * 2. What is not sealed is not given to anybody.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { piece_bytes = 1 << 20, every_seal = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

static struct kept *find(const struct launcher *launcher, const char *path) {
  for (size_t i = 0; i < most_kept; i++)
    if (launcher->kept[i].path && strcmp(launcher->kept[i].path, path) == 0) return (struct kept *)&launcher->kept[i];
  return NULL;
}

static bool is_sealed(int fd) { return (fcntl(fd, F_GET_SEALS) & every_seal) == every_seal; }

static void let_go(struct kept *kept) {
  close(kept->fd);
  free(kept->path);
  kept->path = NULL;
}

bool kept_prepare(struct launcher *launcher, const struct request *request, struct fault *fault) {
  if (!request->path || !home_relative(launcher, request->path))
    return fail(fault, EPERM, "path %s is not below %s", request->path ? request->path : "", launcher->home);
  struct kept *kept = find(launcher, request->path);
  if (kept && ((request->flags & keep_no_more) || !is_sealed(kept->fd))) {
    let_go(kept);
    kept = NULL;
  }
  if (kept || (request->flags & keep_no_more)) return true;
  for (size_t i = 0; i < most_kept && !kept; i++)
    if (!launcher->kept[i].path) kept = &launcher->kept[i];
  if (!kept) return fail(fault, ENOSPC, "more than %d files are kept: let some go", most_kept);
  kept->fd = memfd_create("kept", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  kept->path = kept->fd < 0 ? NULL : strdup(request->path);
  if (kept->path) return true;
  int error = errno;
  if (kept->fd >= 0) close(kept->fd);
  return fail(fault, error, "make a memory file");
}

/* Holes stay holes. */
static bool copy(int from, int to, uint64_t size, uint64_t *copied) {
  static unsigned char piece[piece_bytes];
  for (off_t at = 0; (uint64_t)at < size;) {
    off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0) return errno == ENXIO;
    off_t end = lseek(from, data, SEEK_HOLE);
    if (end < 0) return false;
    for (at = data; at < end;) {
      size_t length = end - at < piece_bytes ? (size_t)(end - at) : piece_bytes;
      ssize_t got = pread(from, piece, length, at);
      if (got <= 0 || pwrite(to, piece, (size_t)got, at) != got) return false;
      at += got;
      *copied += (uint64_t)got;
    }
  }
  return true;
}

bool kept_fill(const struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  struct kept *kept = find(launcher, request->path);
  uint64_t copied = 0;
  struct stat there;
  if (kept && !is_sealed(kept->fd)) {
    const char *relative = home_relative(launcher, request->path);
    struct kernel_open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = resolve_beneath | resolve_no_symlinks};
    int home = open(launcher->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int from = home < 0 ? -1 : kernel_openat2(home, relative, &how);
    if (from < 0 || fstat(from, &there) < 0) return fail(fault, errno, "open %s", request->path);
    if (!S_ISREG(there.st_mode)) return fail(fault, EINVAL, "%s is no plain file", request->path);
    if (ftruncate(kept->fd, there.st_size) < 0 || !copy(from, kept->fd, (uint64_t)there.st_size, &copied))
      return fail(fault, errno, "copy %s into memory", request->path);
    if (fcntl(kept->fd, F_ADD_SEALS, every_seal) < 0) return fail(fault, errno, "seal the copy of %s", request->path);
  }
  hf_put_int(out, HF_TAG_BYTES, copied);
  return true;
}

int kept_open(const struct launcher *launcher, const char *path, struct fault *fault) {
  struct kept *kept = find(launcher, path);
  if (!kept || !is_sealed(kept->fd)) return fail(fault, ENOENT, "%s is not kept in memory: KEEP it first", path), -1;
  int fd = fcntl(kept->fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) fail(fault, errno, "share %s", path);
  return fd;
}
