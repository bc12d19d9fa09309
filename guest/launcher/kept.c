/* Files kept in memory: KEEP copies one into a memory file that nobody can change any more, and LAUNCH hands it to as many
 * programs as want it. A program may map it privately and writably although it is everybody's (QEMU 7.2 opens what it maps
 * for writing, also when it never will).
 *
 * 1. The launcher holds it from KEEP until KEEP with flags 1, or its own end. An operation's process fills and seals it.
 * 2. What is not sealed is not given to anybody.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../layers/sha256.h"
#include "internal.h"
#include "kernel.h"

/* FICLONE of linux/fs.h. */
#define SHARE_BLOCKS _IOW(0x94, 9, int)

enum { piece_bytes = 1 << 20, page_bytes = 4096, every_seal = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

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
  if (!kept) return fail(fault, EMFILE, "more than %d files are kept in memory: let some go", most_kept);
  kept->fd = memfd_create("kept", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  kept->path = kept->fd < 0 ? NULL : strdup(request->path);
  if (kept->path) return true;
  int error = errno;
  if (kept->fd >= 0) close(kept->fd);
  return fail(fault, error, "make a memory file");
}

static bool all_zero(const unsigned char *page, size_t length) {
  return length == 0 || (page[0] == 0 && memcmp(page, page + 1, length - 1) == 0);
}

static size_t page_length(size_t length, size_t page) { return length - page < page_bytes ? length - page : page_bytes; }

/* Pages that hold something, each behind its place: the same for a file with holes and one without. */
static bool copy_run(int to, const unsigned char *run, size_t length, off_t at, struct sha256 *hash, uint64_t *copied) {
  if (to >= 0 && pwrite(to, run, length, at) != (ssize_t)length) return false;
  for (size_t page = 0; hash && page < length; page += page_bytes) {
    uint64_t place = htole64((uint64_t)at + page);
    sha256_add(hash, &place, sizeof place);
    sha256_add(hash, run + page, page_length(length, page));
  }
  *copied += length;
  return true;
}

static bool copy_piece(int to, const unsigned char *piece, size_t length, off_t at, struct sha256 *hash, uint64_t *copied) {
  for (size_t page = 0; page < length;) {
    size_t end = page;
    while (end < length && !all_zero(piece + end, page_length(length, end))) end += page_length(length, end);
    if (end > page && !copy_run(to, piece + page, end - page, at + (off_t)page, hash, copied)) return false;
    page = end > page ? end : page + page_bytes;
  }
  return true;
}

/* Holes stay holes, and what is zero becomes one. */
static bool copy(int from, int to, uint64_t size, struct sha256 *hash, uint64_t *copied) {
  static unsigned char piece[piece_bytes];
  for (off_t at = 0; (uint64_t)at < size;) {
    off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0) return errno == ENXIO;
    data -= data % page_bytes;
    off_t end = lseek(from, data, SEEK_HOLE);
    if (end < 0) return false;
    for (at = data; at < end;) {
      size_t length = end - at < piece_bytes ? (size_t)(end - at) : piece_bytes;
      ssize_t got = pread(from, piece, length, at);
      if (got <= 0 || !copy_piece(to, piece, (size_t)got, at, hash, copied)) return false;
      at += got;
    }
  }
  return true;
}

static int open_source(const struct launcher *launcher, const char *path, uint64_t *size, struct fault *fault) {
  struct kernel_open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = resolve_beneath | resolve_no_symlinks};
  struct stat there;
  int home = open(launcher->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fd = home < 0 ? -1 : kernel_openat2(home, home_relative(launcher, path), &how);
  if (fd < 0 || fstat(fd, &there) < 0) return fail(fault, errno, "open %s", path), -1;
  if (!S_ISREG(there.st_mode)) return fail(fault, EINVAL, "%s is no plain file", path), -1;
  *size = (uint64_t)there.st_size;
  return fd;
}

bool file_digest(const struct launcher *launcher, const char *path, struct hf_buffer *out, struct fault *fault) {
  unsigned char digest[32];
  struct sha256 hash;
  uint64_t size = 0, bytes = 0;
  int from = path && home_relative(launcher, path) ? open_source(launcher, path, &size, fault) : -1;
  if (from < 0) return fail(fault, EPERM, "path must lie below %s", launcher->home);
  sha256_begin(&hash);
  bool done = copy(from, -1, size, &hash, &bytes) || fail(fault, errno, "read %s", path);
  close(from);
  if (!done) return false;
  sha256_end(&hash, digest);
  hf_put_bytes(out, HF_TAG_DIGEST, digest, sizeof digest);
  hf_put_int(out, HF_TAG_BYTES, bytes);
  return true;
}

bool copy_file(const struct launcher *launcher, const char *path, int to, uint64_t *bytes, struct fault *fault) {
  uint64_t size = 0;
  int from = path && home_relative(launcher, path) ? open_source(launcher, path, &size, fault) : -1;
  if (from < 0) return fail(fault, EPERM, "path must lie below %s", launcher->home);
  bool shared = ioctl(to, SHARE_BLOCKS, from) == 0; /* where the file system can, nothing is copied */
  bool done = shared || (ftruncate(to, (off_t)size) == 0 && copy(from, to, size, NULL, bytes));
  if (!done) fail(fault, errno, "copy %s", path);
  close(from);
  return done;
}

/* What is kept already is only read again. Flags 2 leave the digest out, which takes most of the time. */
bool kept_fill(const struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  const struct kept *kept = find(launcher, request->path);
  unsigned char digest[32];
  struct sha256 hash;
  uint64_t bytes = 0, size = 0;
  if (!kept) return true; /* let go */
  bool known = is_sealed(kept->fd), digests = !(request->flags & keep_unread);
  if (known && !digests) return true;
  sha256_begin(&hash);
  int from = known ? kept->fd : open_source(launcher, request->path, &size, fault);
  if (from < 0) return false;
  if (known) size = (uint64_t)lseek(from, 0, SEEK_END);
  else if (ftruncate(kept->fd, (off_t)size) < 0) return fail(fault, errno, "make room for %s", request->path);
  if (!copy(from, known ? -1 : kept->fd, size, digests ? &hash : NULL, &bytes)) return fail(fault, errno, "copy %s into memory", request->path);
  if (!known && fcntl(kept->fd, F_ADD_SEALS, every_seal) < 0) return fail(fault, errno, "seal the copy of %s", request->path);
  sha256_end(&hash, digest);
  if (digests) hf_put_bytes(out, HF_TAG_DIGEST, digest, sizeof digest);
  hf_put_int(out, HF_TAG_BYTES, bytes);
  return true;
}

int kept_open(const struct launcher *launcher, const char *path, struct fault *fault) {
  struct kept *kept = find(launcher, path);
  if (!kept || !is_sealed(kept->fd)) return fail(fault, ENOENT, "%s is not kept in memory: KEEP it first", path), -1;
  int fd = fcntl(kept->fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) fail(fault, errno, "share %s", path);
  return fd;
}
