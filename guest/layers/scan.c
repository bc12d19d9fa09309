/* Lists one tree and digests the listing.
 *
 * The canonical listing: depth first, names in byte order, the root itself first with an empty path. Each entry is
 * `type mode uid gid size mtimeNs flags content path NUL target NUL`, in decimal (mode octal), where type is a letter,
 * flags has 1 for opaque, content is the sha256 of a file or `-`, and target is a link's target or a directory's
 * redirect. Directories, links, pipes, sockets and whiteouts have size 0. With an ordinary user's marks uid and gid are
 * 0: they are all that user's, whatever number a namespace shows.
 *
 * The content of a file of at most 16 MiB is digested as it is. Of a larger one, each 64 KiB chunk that is not all
 * zeros is, behind its number (u64 LE), and at the end the size: a sparse file costs what it holds, not what it claims.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "sha256.h"

enum { WITH_DIGESTS = 1, WITHOUT_ENTRIES = 2, FLUSH_AFTERWARDS = 4 };
enum { LARGE = 16 << 20, CHUNK = 64 << 10, DISK_BLOCK = 512, SMALLEST_BLOCK = 4096 };

struct scan {
  struct job *job;
  uint64_t flags, files, bytes;
  struct sha256 listing;
  char path[PATH_MAX];
  unsigned depth;
  bool carried;     /* without set-id bits */
  uid_t id_shift;   /* added to owners */
};

struct listed {
  const char *path;
  struct stat stat;
  int type;
  bool opaque, has_digest;
  unsigned char digest[32];
  const char *target;
};

static void add_to_digest(struct scan *scan, const struct listed *listed) {
  static const char letters[] = "?fdlspcw";
  char line[256], content[65] = "-";
  for (int i = 0; listed->has_digest && i < 32; i++) snprintf(content + 2 * i, 3, "%02x", listed->digest[i]);
  bool is_file = listed->type == TYPE_FILE;
  const struct stat *stat = &listed->stat;
  bool whiteout = listed->type == TYPE_WHITEOUT, ownerless = layers_user_xattrs || whiteout;
  int length = snprintf(line, sizeof line, "%c %o %u %u %llu %lld %d %s ", letters[listed->type],
                        whiteout ? 0 : (unsigned)stat->st_mode & (scan->carried ? 01777 : 07777),
                        ownerless ? 0 : stat->st_uid + scan->id_shift, ownerless ? 0 : stat->st_gid + scan->id_shift,
                        is_file ? (unsigned long long)stat->st_size : 0,
                        whiteout ? 0 : (long long)nanoseconds(stat->st_mtim), listed->opaque, content);
  sha256_add(&scan->listing, line, (size_t)length);
  sha256_add(&scan->listing, listed->path, strlen(listed->path) + 1);
  sha256_add(&scan->listing, listed->target, strlen(listed->target) + 1);
}

static int send_entry(struct scan *scan, const struct listed *listed) {
  struct job *job = scan->job;
  struct hf_buffer *out = &job->out;
  size_t mark = entry_begin(job, ENTRY_MOST);
  hf_put_string(out, HF_TAG_PATH, listed->path);
  hf_put_int(out, HF_TAG_FILE_TYPE, (uint64_t)listed->type);
  hf_put_int(out, HF_TAG_MODE, listed->stat.st_mode & 07777);
  hf_put_int(out, HF_TAG_UID, listed->stat.st_uid);
  hf_put_int(out, HF_TAG_GID, listed->stat.st_gid);
  hf_put_int(out, HF_TAG_SIZE, listed->type == TYPE_FILE ? (uint64_t)listed->stat.st_size : 0);
  hf_put_int(out, HF_TAG_MTIME_NS, nanoseconds(listed->stat.st_mtim));
  hf_put_int(out, HF_TAG_FLAGS, listed->opaque);
  if (listed->target[0]) hf_put_string(out, HF_TAG_TARGET, listed->target);
  if (listed->has_digest) hf_put_bytes(out, HF_TAG_DIGEST, listed->digest, sizeof listed->digest);
  return entry_end(job, mark);
}

static int take_entry(struct scan *scan, const struct listed *listed) {
  if (listed->type != TYPE_DIRECTORY && listed->type != TYPE_WHITEOUT) scan->files++;
  if (listed->type == TYPE_FILE) scan->bytes += (uint64_t)listed->stat.st_size;
  add_to_digest(scan, listed);
  return scan->flags & WITHOUT_ENTRIES ? 0 : send_entry(scan, listed);
}

static ssize_t read_chunk(struct job *job, int fd, off_t at, size_t most, const char *path) {
  for (size_t done = 0;;) {
    ssize_t got = pread(fd, job->scratch + done, most - done, at + (off_t)done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return job_fail(job, errno, "read %.300s", path), -1;
    done += (size_t)got;
    if (got == 0 || done == most) return (ssize_t)done;
  }
}

static int digest_plain(struct job *job, int fd, struct sha256 *hash, const char *path) {
  ssize_t got;
  for (off_t at = 0; (got = read_chunk(job, fd, at, COPY_BUFFER, path)) > 0; at += got) {
    sha256_add(hash, job->scratch, (size_t)got);
  }
  return job->error;
}

static bool is_zero(const unsigned char *bytes, size_t length) {
  return length == 0 || (bytes[0] == 0 && !memcmp(bytes, bytes + 1, length - 1));
}

static void add_number(struct sha256 *hash, uint64_t value) {
  unsigned char bytes[8];
  hf_set_u64(bytes, value);
  sha256_add(hash, bytes, sizeof bytes);
}

static int digest_large(struct job *job, int fd, uint64_t size, struct sha256 *hash, const char *path) {
  for (uint64_t chunk = 0; chunk * CHUNK < size; chunk++) {
    off_t data = lseek(fd, (off_t)(chunk * CHUNK), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) return job_fail(job, errno, "find the data of %.300s", path);
    chunk = (uint64_t)data / CHUNK;
    ssize_t got = read_chunk(job, fd, (off_t)(chunk * CHUNK), CHUNK, path);
    if (got < 0) return job->error;
    if (is_zero(job->scratch, (size_t)got)) continue;
    add_number(hash, chunk);
    sha256_add(hash, job->scratch, (size_t)got);
  }
  add_number(hash, size);
  return 0;
}

/* What is read of a file for its digest, at most: each block of a large one may lie in a chunk of its own. */
uint64_t digest_cost(const struct stat *stat) {
  uint64_t size = (uint64_t)stat->st_size, on_disk = (uint64_t)stat->st_blocks * DISK_BLOCK;
  uint64_t chunks = on_disk * (CHUNK / SMALLEST_BLOCK);
  return size > LARGE && chunks < size ? chunks : size > on_disk ? size : on_disk;
}

int digest_content(struct job *job, int fd, uint64_t size, const char *path, unsigned char digest[32]) {
  struct sha256 hash;
  sha256_begin(&hash);
  int error = size > LARGE ? digest_large(job, fd, size, &hash, path) : digest_plain(job, fd, &hash, path);
  sha256_end(&hash, digest);
  return error;
}

static int digest_file(struct scan *scan, int directory, const char *name, struct listed *listed) {
  int fd = open_file(directory, name, &listed->stat);
  if (fd < 0) return job_fail(scan->job, errno, "open %.300s", scan->path);
  int error = digest_content(scan->job, fd, (uint64_t)listed->stat.st_size, scan->path, listed->digest);
  close(fd);
  listed->has_digest = true;
  return error;
}

static int scan_directory(struct scan *scan, int directory);

static int scan_entry(struct scan *scan, int directory, const char *name) {
  struct job *job = scan->job;
  struct listed listed = {.path = scan->path, .target = ""};
  if (fstatat(directory, name, &listed.stat, AT_SYMLINK_NOFOLLOW)) {
    return job_fail(job, errno, "look at %.300s", scan->path);
  }
  listed.type = type_of(&listed.stat);
  if (listed.type == TYPE_DIRECTORY) {
    int fd = open_directory(directory, name);
    if (fd < 0) return job_fail(job, errno, "open %.300s", scan->path);
    int error = scan_directory(scan, fd);
    close(fd);
    return error;
  }
  static char target[PATH_MAX];
  if (listed.type == TYPE_SYMLINK) {
    if (read_target(directory, name, target)) return job_fail(job, errno, "read link %.300s", scan->path);
    listed.target = target;
  }
  if (listed.type == TYPE_FILE && scan->flags & WITH_DIGESTS) {
    int error = digest_file(scan, directory, name, &listed);
    if (error) return error;
  }
  return take_entry(scan, &listed);
}

/* The directory itself, then what is in it. */
static int scan_directory(struct scan *scan, int directory) {
  struct job *job = scan->job;
  static char redirect[PATH_MAX];
  struct listed listed = {.path = scan->path, .type = TYPE_DIRECTORY, .target = redirect};
  listed.opaque = is_opaque(directory);
  if (fstat(directory, &listed.stat)) return job_fail(job, errno, "look at %.300s", scan->path);
  int error = read_redirect(directory, redirect);
  if (error) return job_fail(job, error, "read the redirect of %.300s", scan->path);
  if (scan->depth > MAX_DEPTH) return job_fail(job, ELOOP, "%.300s is nested too deeply", scan->path);
  error = take_entry(scan, &listed);
  struct names names;
  if (!error) error = names_read(job, directory, &names);
  if (error) return error;
  scan->depth++;
  for (size_t i = 0; !error && i < names.count; i++) {
    size_t mark;
    error = push_name(job, scan->path, names.list[i], &mark);
    if (!error) error = scan_entry(scan, directory, names.list[i]);
    scan->path[mark] = 0;
  }
  scan->depth--;
  names_free(&names);
  return error;
}

int scan_carried(struct job *job, int root, unsigned char digest[32]) {
  static struct scan scan;
  scan = (struct scan){.job = job, .flags = WITH_DIGESTS | WITHOUT_ENTRIES, .carried = true,
                       .id_shift = FIRST_MAPPED_ID - layers_first_id};
  sha256_begin(&scan.listing);
  int error = scan_directory(&scan, root);
  if (!error) sha256_end(&scan.listing, digest);
  return error;
}

int scan_run(struct job *job, const struct request *request) {
  if (!request->path) return job_fail(job, EINVAL, "SCAN needs a path");
  int root = tree_open(request->path);
  if (root < 0) return job_fail(job, errno, "open %.300s", request->path);
  static struct scan scan;
  scan = (struct scan){.job = job, .flags = request->flags};
  sha256_begin(&scan.listing);
  int error = scan_directory(&scan, root);
  if (error) return error;
  unsigned char digest[32];
  sha256_end(&scan.listing, digest);
  entries_end(job);
  size_t mark = hf_frame_begin(&job->out, HF_END, job->id);
  hf_put_int(&job->out, HF_TAG_FILES, scan.files);
  hf_put_int(&job->out, HF_TAG_BYTES, scan.bytes);
  hf_put_bytes(&job->out, HF_TAG_DIGEST, digest, sizeof digest);
  hf_frame_end(&job->out, mark);
  error = job_flush(job, true);
  /* The answer is out: nobody waits for the disk. */
  if (request->flags & FLUSH_AFTERWARDS) syncfs(root);
  return error;
}
