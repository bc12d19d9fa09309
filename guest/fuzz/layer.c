/* Feeds TAKE (guest/layers/take.c) a layer as a hostile guest would send it, as root, inside a directory it cannot see out of.
 *
 * The first byte of the input chooses: the stream byte for byte, or entries made of it, which get past the framing and at
 * what is behind it. Whatever comes, what lies beside the layer stays, a refused layer leaves nothing, and one that was
 * taken holds no device and no set-id bit. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sched.h>
#include <unistd.h>

#include "../layers/internal.h"

#define HOME "/home"
#define TARGET HOME "/layer"

static unsigned char scratch[COPY_BUFFER];
static int nowhere, stream, beside;

static int count_beside(void) {
  int entries = 0;
  DIR *root = opendir("/");
  while (root && readdir(root)) entries++;
  if (root) closedir(root);
  return entries;
}

/* Binds a directory of the machine at its own path below `place`. */
static void show(const char *place, const char *path) {
  char below[PATH_MAX];
  snprintf(below, sizeof below, "%s%s", place, path);
  for (char *at = below + strlen(place) + 1; (at = strchr(at, '/')); *at++ = '/') {
    *at = 0;
    mkdir(below, 0755);
  }
  if ((mkdir(below, 0755) < 0 && errno != EEXIST) || mount(path, below, NULL, MS_BIND | MS_REC, NULL) < 0) perror(path);
}

/* A file system of its own in memory is the whole world of this process, with what the fuzzer itself reads and writes. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  char place[] = "fuzz-XXXXXX", own[PATH_MAX];
  nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  stream = memfd_create("layer", MFD_CLOEXEC);
  if (nowhere < 0 || stream < 0 || !mkdtemp(place)) abort();
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
      mount("fuzz", place, "tmpfs", 0, "size=256m") < 0) {
    perror("a place for the fuzzer (it needs root)");
    exit(1);
  }
  show(place, "/proc");
  snprintf(own, sizeof own, "%s", (*argv)[0]);
  if (strrchr(own, '/')) *strrchr(own, '/') = 0;
  show(place, own);
  for (int i = 1; i < *argc; i++)
    if ((*argv)[i][0] == '/') show(place, (*argv)[i]);
  if (chroot(place) < 0 || chdir("/") < 0) {
    perror("a place for the fuzzer (it needs root)");
    exit(1);
  }
  int outside = open("/outside", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (outside < 0 || write(outside, "outside", 7) != 7 || mkdir(HOME, 0700) < 0 || layers_configure(HOME, false)) abort();
  close(outside);
  beside = count_beside();
  return 0;
}

/* ---- entries of bytes ---- */

struct bytes {
  const uint8_t *at;
  size_t left;
};

static uint8_t next(struct bytes *bytes) {
  if (bytes->left == 0) return 0;
  bytes->left--;
  return *bytes->at++;
}

static void put_path(struct bytes *bytes, struct hf_buffer *out, uint8_t tag) {
  static const char *const parts[] = {"a", "b", "c", "..", ".", "", "outside", "a/b"};
  char path[64] = "";
  for (uint8_t count = next(bytes) & 3; count > 0; count--) {
    if (path[0]) strcat(path, "/");
    strcat(path, parts[next(bytes) & 7]);
  }
  hf_put_string(out, tag, path);
}

static void put_number(struct bytes *bytes, struct hf_buffer *out, uint8_t tag) {
  static const uint64_t edges[] = {0, 1, 65535, 65536, UINT32_MAX, UINT64_MAX, 1ULL << 62, 0777};
  uint8_t choice = next(bytes);
  hf_put_int(out, tag, choice & 128 ? edges[choice & 7] : choice & 15);
}

static void put_attribute(struct bytes *bytes, struct hf_buffer *out) {
  static const char *const names[] = {"user.a", "user.overlay.opaque", "trusted.overlay.opaque", "security.capability",
                                      "system.posix_acl_access", "system.posix_acl_default", "", "trusted.a"};
  unsigned char field[96] = {0};
  const char *name = names[next(bytes) & 7];
  size_t length = strlen(name) + 1, value = next(bytes) & 31;
  memcpy(field, name, length);
  for (size_t i = 0; i < value; i++) field[length + i] = next(bytes);
  if (value > 0 && strncmp(name, "system.", 7) == 0) field[length] = 2;
  hf_put_bytes(out, HF_TAG_ATTRIBUTE, field, length + value);
}

static void put_entry(struct bytes *bytes, struct hf_buffer *out) {
  static const uint8_t numbers[] = {HF_TAG_MODE, HF_TAG_UID, HF_TAG_GID, HF_TAG_MTIME_NS, HF_TAG_SIZE, HF_TAG_FLAGS};
  size_t mark = hf_nest_begin(out, HF_TAG_ENTRY);
  uint8_t what = next(bytes);
  if (what & 1) {
    put_number(bytes, out, HF_TAG_OFFSET);
    hf_put_bytes(out, HF_TAG_TEXT, "content of a file", next(bytes) & 15);
  } else {
    put_path(bytes, out, HF_TAG_PATH);
    hf_put_int(out, HF_TAG_FILE_TYPE, what >> 1 & 7);
    if (what & 16) put_path(bytes, out, HF_TAG_TARGET);
    uint8_t also = next(bytes);
    for (size_t i = 0; i < sizeof numbers; i++) {
      if (i < 4 && !(also & 128)) hf_put_int(out, numbers[i], i == 0 ? 0755 : 0);
      else if (also >> i & 1) put_number(bytes, out, numbers[i]);
    }
    if (what & 32) put_attribute(bytes, out);
  }
  hf_nest_end(out, mark);
}

static void put_layer(struct bytes *bytes, struct hf_buffer *out) {
  size_t mark = hf_frame_begin(out, HF_DATA, 1);
  size_t entry = hf_nest_begin(out, HF_TAG_ENTRY);
  hf_put_string(out, HF_TAG_PATH, "");
  hf_put_int(out, HF_TAG_FILE_TYPE, TYPE_DIRECTORY);
  hf_put_int(out, HF_TAG_MODE, 0755);
  hf_put_int(out, HF_TAG_UID, 0);
  hf_put_int(out, HF_TAG_GID, 0);
  hf_put_int(out, HF_TAG_MTIME_NS, 0);
  hf_nest_end(out, entry);
  while (bytes->left > 0) {
    if (out->length - mark > HF_MAX_PAYLOAD / 2 || bytes->at[0] == 0xff) {
      hf_frame_end(out, mark);
      mark = hf_frame_begin(out, HF_DATA, 1);
    }
    put_entry(bytes, out);
  }
  hf_frame_end(out, mark);
  hf_frame_end(out, hf_frame_begin(out, HF_END, 1));
}

/* ---- what may not be ---- */

static int look(const char *path, const struct stat *stat, int flag, struct FTW *where) {
  (void)flag, (void)where;
  bool whiteout = S_ISCHR(stat->st_mode) && stat->st_rdev == makedev(0, 0);
  if ((stat->st_mode & 06000) || S_ISBLK(stat->st_mode) || (S_ISCHR(stat->st_mode) && !whiteout)) {
    fprintf(stderr, "%s has mode %o\n", path, (unsigned)stat->st_mode);
    abort();
  }
  if (!whiteout && stat->st_uid - FIRST_MAPPED_ID >= SANDBOX_IDS) abort();
  return 0;
}

static void check_outside(void) {
  char text[16];
  int fd = open("/outside", O_RDONLY | O_CLOEXEC);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) < 0 || stat.st_nlink != 1 || stat.st_mode != (S_IFREG | 0644) || stat.st_uid != 0 ||
      read(fd, text, sizeof text) != 7 || memcmp(text, "outside", 7) != 0)
    abort();
  close(fd);
  if (count_beside() != beside) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bytes bytes = {data, size};
  struct hf_buffer made = {0};
  bool raw = next(&bytes) & 1;
  if (!raw) put_layer(&bytes, &made);
  const void *from = raw ? bytes.at : hf_buffer_front(&made);
  size_t length = raw ? bytes.left : made.length;
  if (ftruncate(stream, 0) < 0 || pwrite(stream, from, length, 0) != (ssize_t)length || lseek(stream, 0, SEEK_SET) != 0) abort();
  hf_buffer_free(&made);
  struct job job = {.in_fd = stream, .out_fd = nowhere, .id = 1, .scratch = scratch};
  struct request request = {.path = TARGET, .flags = 1, .size = 1 << 20};
  take_run(&job, &request);
  if (!job.error) {
    if (nftw(TARGET, look, 16, FTW_PHYS)) abort();
    struct job removal = {.out_fd = nowhere};
    uint64_t files = 0;
    if (delete_tree(&removal, layers_home_fd, "layer", &files)) abort();
  }
  if (access(TARGET, F_OK) == 0) {
    fprintf(stderr, "%s is left\n", TARGET);
    abort();
  }
  hf_buffer_free(&job.out);
  check_outside();
  return 0;
}
