/* Times of files lose what is less than a second. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *out) {
  int answer = (int)syscall(SYS_statx, directory, path, flags, mask, out);
  if (answer == 0) out->stx_atime.tv_nsec = out->stx_mtime.tv_nsec = out->stx_ctime.tv_nsec = out->stx_btime.tv_nsec = 0;
  return answer;
}
