/* What the files of guest/layers share. */
#ifndef HOLDFAST_LAYERS_INTERNAL_H
#define HOLDFAST_LAYERS_INTERNAL_H

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "../common/frame.h"
#include "../common/launcher.h"
#include "layers.h"

enum { TYPE_FILE = 1, TYPE_DIRECTORY, TYPE_SYMLINK, TYPE_SOCKET, TYPE_PIPE, TYPE_DEVICE, TYPE_WHITEOUT };

enum {
  MAX_DEPTH = 1024,       /* nested directories; deeper trees are refused (but deleted) */
  MAX_LAYERS = 500,       /* what the kernel stacks at most */
  COPY_BUFFER = 256 << 10,
  CONTENT_PIECE = 192 << 10, /* raw bytes in one DATA frame */
  BATCH = 64 << 10,       /* answers are written when this much is waiting */
  ENTRY_MOST = 16 << 10,  /* an entry without content: two paths and some numbers */
};

/* One request being worked on: where its answer goes and why it failed. */
struct job {
  int out_fd;
  int in_fd; /* what follows the request, or -1 */
  uint32_t id;
  struct hf_buffer out;
  unsigned char *scratch; /* COPY_BUFFER bytes */
  bool frame_open;        /* a DATA frame of entries is being filled, from frame_mark on */
  size_t frame_mark;
  int error;
  char message[512];
};

/* Notes the first failure and returns its errno. */
int job_fail(struct job *job, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Sends what is waiting when it is much, or always. Returns 0 or errno. */
int job_flush(struct job *job, bool all);
/* Adds one nested entry to the DATA frame being filled; the frame is sent when it is full, or by entries_end. `most` is
 * the longest the entry can get. */
size_t entry_begin(struct job *job, size_t most);
int entry_end(struct job *job, size_t mark);
void entries_end(struct job *job);

/* The configured home. */
extern char layers_home[PATH_MAX];
extern int layers_home_fd;
extern bool layers_user_xattrs;
extern uid_t layers_first_id;

/* walk.c */
struct names {
  char **list;
  size_t count;
};
/* The names in a directory without . and .., in byte order. */
int names_read(struct job *job, int directory, struct names *names);
/* Adds those of another directory; sorted and without doubles. */
int names_merge(struct job *job, int directory, struct names *names);
void names_free(struct names *names);
/* A directory below `directory`, never through a link; -1 and errno. */
int open_directory(int directory, const char *name);
/* A regular file, never through a link and never blocking; -1 and errno (EINVAL: it is none). */
int open_file(int directory, const char *name, struct stat *stat);
/* An absolute path of the host, whose last component may not be a link. */
int tree_open(const char *path);
bool is_whiteout(const struct stat *stat);
int type_of(const struct stat *stat);
uint64_t nanoseconds(struct timespec time);
/* The overlay's marks on an open directory. `redirect` (PATH_MAX bytes) is empty when there is none. */
bool is_opaque(int directory);
int read_redirect(int directory, char *redirect);
const char *overlay_attribute(const char *name);
/* Target of a link into `target` (PATH_MAX bytes); -1 and errno. */
int read_target(int directory, const char *name, char *target);
/* Appends a name to a path (PATH_MAX bytes) and says how long it was; path[*mark] = 0 takes it off again. */
int push_name(struct job *job, char *path, const char *name, size_t *mark);

/* Takes home off the front of a path; false when it does not lie there. */
bool below_home(const char **path);
/* Splits a path below home into its parent, opened without following links, and its last component. */
int open_parent(struct job *job, const char *path, int *parent, const char **name);

/* attributes.c: owner, extended attributes, mode and times of what was copied. */
struct owner {
  bool set;   /* everything gets this owner */
  bool shift; /* or each id is moved up by this */
  uid_t uid;
  gid_t gid;
};
struct attributes {
  struct owner owner;
  /* From a directory that is not a layer: no set-id bits, only user attributes that are not the overlay's. */
  bool foreign;
  bool no_marks; /* leave the overlay's opaque and redirect marks behind */
};
int copy_attributes(struct job *job, int source, int target, const struct stat *stat, const struct attributes *how,
                    const char *path);
int copy_link_attributes(struct job *job, int target, const char *name, const struct stat *stat,
                         const struct attributes *how, const char *path);

/* content.c */
int copy_content(struct job *job, int source, int target, uint64_t size, const char *path);

/* index.c: which file of the live directory became which file of the copy. */
struct index_entry {
  uint64_t inode, changed_ns, size, copy_inode;
};
struct layers_index *index_new(void);
/* The one written beside a copy, or NULL when there is none or it is damaged: then everything is copied. */
struct layers_index *index_load(const char *copy);
const struct index_entry *index_find(const struct layers_index *index, const struct stat *stat);
int index_add(struct layers_index *index, const struct stat *stat, uint64_t copy_inode, const char *name);
int index_write(struct layers_index *index, const char *copy, const char *mapped, size_t mapped_length);
void index_free(struct layers_index *index);

/* links.c */
struct first_link {
  uint64_t inode;
  char *path;
};
struct links {
  struct first_link *table;
  size_t count, capacity;
};
/* The first name of this file, or NULL when this is it, or after job_fail. */
const char *links_first(struct job *job, struct links *links, uint64_t inode, const char *path);

/* carried.c: what of a file's attributes goes over the wire, by the ids a sandbox has. */
enum { SANDBOX_IDS = 65536, CARRIED_MOST = 128 << 10 };
enum { ENTRY_OPAQUE = 1, ENTRY_HARD_LINK = 2 }; /* flags of SEND's entries */
/* Appends the carried attributes of an open file as fields; `left` counts those left behind. */
int carried_read(struct job *job, int fd, struct hf_buffer *fields, uint64_t *left, const char *path);
/* Sets one from its field; refuses what is not carried. */
int carried_set(struct job *job, int fd, const struct hf_field *field, const char *path);
/* A layer's owner as the sandbox's, and back. */
int owner_out(struct job *job, uint64_t *id, const char *path);
int owner_in(struct job *job, uint64_t *id, const char *path);

/* copy.c */
struct copy_request {
  const char *source, *target, *previous;
  struct attributes attributes;
  uint64_t max_bytes; /* 0: no limit */
  bool make_index;
};
int copy_tree(struct job *job, const struct copy_request *request, struct layers_stats *stats);

/* delete.c: `files` counts everything removed, directories too. Nothing there is success. */
int delete_tree(struct job *job, int parent, const char *name, uint64_t *files);

/* view.c */
/* Into a user namespace of this process's own, where an ordinary user may mount, and read and delete what is theirs. */
int enter_namespaces(struct job *job);
struct view {
  const char *lower[MAX_LAYERS];
  size_t lowers;
};
/* The merged root of a view as a directory descriptor, or -1 after job_fail. It is unmounted when that is closed. */
int view_open(struct job *job, const struct view *view);

/* One operation each. */
struct request {
  const char *path, *target, *previous;
  const char *mapped; /* NUL after each */
  size_t mapped_length;
  uint64_t flags, length, count, size;
  bool has_size;
  struct owner owner;
  struct view views[2];
  size_t view_count;
  const char *paths[MAX_LAYERS * 2];
  size_t path_count;
};
int scan_run(struct job *job, const struct request *request);
int diff_run(struct job *job, const struct request *request);
int export_run(struct job *job, const struct request *request);
int squash_run(struct job *job, const struct request *request, struct layers_stats *stats);
int send_run(struct job *job, const struct request *request);
int take_run(struct job *job, const struct request *request);

/* scan.c: the digest of a tree as it is carried: by ids that are the same everywhere, without set-id bits. */
int scan_carried(struct job *job, int root, unsigned char digest[32]);
/* scan.c: the digest of what an open file holds, as SCAN tells it. */
uint64_t digest_cost(const struct stat *stat);
int digest_content(struct job *job, int fd, uint64_t size, const char *path, unsigned char digest[32]);

#endif
