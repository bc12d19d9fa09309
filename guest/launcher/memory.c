/* MEMORY: what a program has in its memory in place of a file it mapped privately, beside what the file holds. With it the
 * memory of a running machine, whose memory file everybody shares, becomes a file of its own.
 *
 * 1. First, while the program runs, the file is copied, and the pages that are its own are written over the copy; then, while it
 *    stands still (the caller's affair), those that are its own by now and not there yet. Only the last part takes its time away: it
 *    reads and compares, on all processors, and needs no room that is not there.
 * 2. The program is hostile: of its memory and of its own files it decides the content, never where that goes, and a link
 *    of its leads nowhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { page_bytes = 4096, run_pages = 32, pages_at_once = 4096, most_aside = 64 << 20, most_hands = 4 };

#define PAGE_PRESENT (1ULL << 63)
#define PAGE_SWAPPED (1ULL << 62)
#define PAGE_OF_FILE (1ULL << 61)

struct mapping {
  uint64_t start, end, offset;
  unsigned major, minor;
  unsigned long long inode;
};

/* ---- finding it ---- */

static bool next_mapping(FILE *maps, struct mapping *found) {
  char line[512], perms[8];
  while (fgets(line, sizeof line, maps)) {
    bool whole = strchr(line, '\n');
    int fields = sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %llu", &found->start, &found->end, perms,
                        &found->offset, &found->major, &found->minor, &found->inode);
    for (int c; !whole && (c = fgetc(maps)) != EOF && c != '\n';) continue; /* a long name's rest */
    if (fields == 7 && found->inode && perms[1] == 'w' && perms[3] == 'p') return true;
  }
  return false;
}

static bool same_file(const struct mapping *a, const struct mapping *b) {
  return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

static FILE *open_maps(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  return fopen(path, "re");
}

static uint64_t mapped_bytes(pid_t pid, const struct mapping *of) {
  struct mapping one;
  uint64_t bytes = 0;
  FILE *maps = open_maps(pid);
  while (maps && next_mapping(maps, &one))
    if (same_file(&one, of)) bytes += one.end - one.start;
  if (maps) fclose(maps);
  return bytes;
}

struct search {
  uint64_t size;
  pid_t pid;
  struct mapping file;
};

/* A process that has a file of exactly this size mapped privately, from its beginning. */
static void look(pid_t pid, char state, void *context) {
  struct search *search = context;
  struct mapping one;
  (void)state;
  FILE *maps = search->pid ? NULL : open_maps(pid);
  while (maps && !search->pid && next_mapping(maps, &one)) {
    if (one.offset != 0 || mapped_bytes(pid, &one) != search->size) continue;
    search->pid = pid;
    search->file = one;
  }
  if (maps) fclose(maps);
}

/* ---- its own pages ---- */

struct pages {
  int map, memory, to;
  uint64_t size;
  size_t hand, hands; /* every so many pieces are this process's */
};

static bool own(uint64_t page) {
  return (page & PAGE_SWAPPED) || ((page & PAGE_PRESENT) && !(page & PAGE_OF_FILE));
}

static bool copy_run(struct pages *pages, uint64_t address, uint64_t offset, size_t length) {
  static unsigned char run[run_pages * page_bytes], there[run_pages * page_bytes];
  if (offset > pages->size || length > pages->size - offset) return errno = EINVAL, false;
  if (pread(pages->memory, run, length, (off_t)address) != (ssize_t)length) return false;
  if (pread(pages->to, there, length, (off_t)offset) == (ssize_t)length && memcmp(run, there, length) == 0) return true;
  return pwrite(pages->to, run, length, (off_t)offset) == (ssize_t)length;
}

static bool copy_mapping(struct pages *pages, const struct mapping *mapping) {
  static uint64_t entries[pages_at_once];
  uint64_t first = mapping->start / page_bytes, count = (mapping->end - mapping->start) / page_bytes;
  for (uint64_t done = pages->hand * pages_at_once; done < count; done += pages->hands * pages_at_once) {
    size_t there = count - done < pages_at_once ? (size_t)(count - done) : pages_at_once, length = there * sizeof *entries;
    if (pread(pages->map, entries, length, (off_t)((first + done) * sizeof *entries)) != (ssize_t)length) return false;
    for (size_t i = 0; i < there;) {
      size_t run = 0;
      while (i + run < there && run < run_pages && own(entries[i + run])) run++;
      uint64_t page = done + i;
      if (run > 0 && !copy_run(pages, mapping->start + page * page_bytes, mapping->offset + page * page_bytes, run * page_bytes))
        return false;
      i += run > 0 ? run : 1;
    }
  }
  return true;
}

static bool copy_share(const struct search *found, struct pages *pages) {
  struct mapping one;
  bool done = true;
  FILE *maps = open_maps(found->pid);
  if (!maps) return false;
  while (done && next_mapping(maps, &one))
    if (same_file(&one, &found->file)) done = copy_mapping(pages, &one);
  fclose(maps);
  return done;
}

static int error_of_share(const struct search *found, struct pages *pages) {
  errno = 0;
  if (copy_share(found, pages)) return 0;
  return errno > 0 && errno < 256 ? errno : EIO; /* what is read or written in part says none */
}

static bool copy_all(const struct search *found, struct pages *pages, struct fault *fault) {
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  pid_t others[most_hands];
  pages->hands = processors > most_hands ? most_hands : processors > 1 ? (size_t)processors : 1;
  for (size_t hand = 1; hand < pages->hands; hand++) {
    if ((others[hand] = fork()) != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pages->hand = hand;
    _exit(error_of_share(found, pages));
  }
  int error = error_of_share(found, pages), status;
  for (size_t hand = 1; hand < pages->hands; hand++) {
    status = 0;
    while (others[hand] > 0 && waitpid(others[hand], &status, 0) < 0 && errno == EINTR) continue;
    if (others[hand] < 0 || status != 0) error = WIFEXITED(status) && status ? WEXITSTATUS(status) : EIO;
  }
  return error == 0 || fail(fault, error, "read the memory of process %d", (int)found->pid);
}

static bool copy_own(const struct search *found, struct pages *pages, struct fault *fault) {
  char path[64];
  bool done;
  snprintf(path, sizeof path, "/proc/%d/pagemap", (int)found->pid);
  pages->map = open(path, O_RDONLY | O_CLOEXEC);
  snprintf(path, sizeof path, "/proc/%d/mem", (int)found->pid);
  pages->memory = open(path, O_RDONLY | O_CLOEXEC);
  if (pages->map < 0 || pages->memory < 0)
    done = fail(fault, errno, "open the memory of process %d", (int)found->pid);
  else
    done = copy_all(found, pages, fault);
  if (pages->map >= 0) close(pages->map);
  if (pages->memory >= 0) close(pages->memory);
  return done;
}

/* ---- a file of its own root ---- */

/* Its name is of the program's own file system: followed through no link, and of a bounded size. */
static bool copy_aside(pid_t pid, const char *name, const char *target, struct fault *fault) {
  static unsigned char piece[1 << 20];
  struct kernel_open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = resolve_beneath | resolve_no_symlinks};
  char path[64];
  struct stat there;
  snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
  while (*name == '/') name++;
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int from = root < 0 ? -1 : kernel_openat2(root, name, &how);
  if (from < 0 || fstat(from, &there) < 0) return fail(fault, errno, "open /%s of process %d", name, (int)pid);
  if (!S_ISREG(there.st_mode) || there.st_size > most_aside) return fail(fault, EFBIG, "/%s of process %d", name, (int)pid);
  int to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (to < 0) return fail(fault, errno, "make %s", target);
  for (off_t left = there.st_size; left > 0;) {
    ssize_t got = read(from, piece, left < (off_t)sizeof piece ? (size_t)left : sizeof piece);
    if (got <= 0 || write(to, piece, (size_t)got) != got) return fail(fault, got < 0 ? errno : EIO, "copy /%s", name);
    left -= got;
  }
  close(from);
  close(root);
  return close(to) == 0 || fail(fault, errno, "write %s", target);
}

/* ---- MEMORY ---- */

static int open_target(const struct launcher *launcher, const struct request *request, bool fresh, struct fault *fault) {
  const char *relative = request->target ? home_relative(launcher, request->target) : NULL;
  struct kernel_open_how how = {.flags = O_RDWR | O_CLOEXEC | (fresh ? O_CREAT | O_EXCL : 0),
                                .mode = fresh ? 0600 : 0,
                                .resolve = resolve_beneath | resolve_no_symlinks};
  int home = open(launcher->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (!relative) return fail(fault, EPERM, "target must lie below %s", launcher->home), -1;
  int fd = home < 0 ? -1 : kernel_openat2(home, relative, &how);
  if (fd < 0) fail(fault, errno, "open %s", request->target);
  if (home >= 0) close(home);
  return fd;
}

static bool begin(const struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  uint64_t copied = 0;
  int to = open_target(launcher, request, true, fault);
  if (to < 0 || !copy_file(launcher, request->path, to, &copied, fault)) return false;
  hf_put_int(out, HF_TAG_BYTES, copied);
  return true;
}

static bool complete(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  struct stat there;
  struct pages pages = {.to = open_target(launcher, request, false, fault)};
  const char *aside = request->previous ? home_relative(launcher, request->previous) : NULL;
  if (pages.to < 0 || fstat(pages.to, &there) < 0) return fail(fault, errno, "open %s", request->target);
  struct search search = {.size = (uint64_t)there.st_size};
  pages.size = search.size;
  process_walk((pid_t)request->pid, look, &search);
  if (!search.pid) return fail(fault, ESRCH, "no program of process %d has such a file mapped", (int)request->pid);
  if (!copy_own(&search, &pages, fault)) return false;
  if (!request->path || !aside) return true;
  if (chdir(launcher->home) < 0) return fail(fault, errno, "enter %s", launcher->home);
  return copy_aside(search.pid, request->path, aside, fault);
}

bool memory_save(const struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  if (request->flags & memory_begin) return begin(launcher, request, out, fault);
  if (request->flags & memory_digest) return file_digest(launcher, request->path, out, fault);
  if (!process_alive((pid_t)request->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  return complete(launcher, request, fault);
}
