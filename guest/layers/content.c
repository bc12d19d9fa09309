/* Bytes of one file into another: shared blocks where the file system can, else copied, holes kept. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* FICLONE of linux/fs.h. */
#define SHARE_BLOCKS _IOW(0x94, 9, int)

/* Up to here read and write are quicker than what copies inside the kernel. */
enum { SMALL = 1 << 20 };

static int copy_small(struct job *job, int source, int target, const char *path) {
  for (;;) {
    ssize_t got = read(source, job->scratch, COPY_BUFFER);
    if (got == 0) return 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return job_fail(job, errno, "read %.300s", path);
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(target, job->scratch + done, (size_t)(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return job_fail(job, errno, "write %.300s", path);
      done += put;
    }
  }
}

static int copy_range(struct job *job, int source, int target, off_t start, off_t end, const char *path) {
  bool in_kernel = true;
  for (off_t at = start; at < end;) {
    off_t from = at, to = at;
    ssize_t put = -1;
    if (in_kernel) put = syscall(SYS_copy_file_range, source, &from, target, &to, (size_t)(end - at), 0);
    if (in_kernel && put < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
      in_kernel = false;
    }
    if (!in_kernel) {
      size_t want = (size_t)(end - at) < COPY_BUFFER ? (size_t)(end - at) : COPY_BUFFER;
      ssize_t got = pread(source, job->scratch, want, at);
      if (got < 0) put = got;
      else put = got == 0 ? 0 : pwrite(target, job->scratch, (size_t)got, at);
    }
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return job_fail(job, errno, "copy %.300s", path);
    if (put == 0) return 0;
    at += put;
  }
  return 0;
}

static int copy_sparse(struct job *job, int source, int target, uint64_t size, const char *path) {
  if (ftruncate(target, (off_t)size)) return job_fail(job, errno, "size %.300s", path);
  for (off_t at = 0; at < (off_t)size;) {
    off_t data = lseek(source, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return 0;
    off_t hole = data < 0 ? -1 : lseek(source, data, SEEK_HOLE);
    if (data < 0 || hole < 0) return job_fail(job, errno, "find the data of %.300s", path);
    if (hole > (off_t)size) hole = (off_t)size;
    int error = copy_range(job, source, target, data, hole, path);
    if (error) return error;
    at = hole;
  }
  return 0;
}

int copy_content(struct job *job, int source, int target, uint64_t size, const char *path) {
  static bool can_share = true;
  if (size == 0) return 0;
  if (can_share) {
    if (!ioctl(target, SHARE_BLOCKS, source)) return 0;
    if (errno == ENOSPC || errno == EDQUOT) return job_fail(job, errno, "share the blocks of %.300s", path);
    can_share = false;
  }
  return size <= SMALL ? copy_small(job, source, target, path) : copy_sparse(job, source, target, size, path);
}
