/* Attributes and owners of a layer on their way between two launchers.
 *
 * 1. Carried are `user.` attributes and access lists. What gives powers (file capabilities, set-id bits), what only root
 *    may set, and whatever an overlay reads as its own mark is left behind and counted; a stream that has it is refused.
 * 2. On the wire are the ids a sandbox has, whatever they are stored as on either side.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "internal.h"

/* The kernel's bounds on a value, the list of names and a name. */
enum { VALUE_MOST = 64 << 10, NAMES_MOST = 64 << 10, NAME_MOST = 255 };
/* An access list's attribute: a version, then entries of kind, rights and id. */
enum { ACL_VERSION = 2, ACL_HEAD = 4, ACL_ENTRY = 8, ACL_ID_AT = 4, ACL_USER = 0x02, ACL_GROUP = 0x08 };

static bool is_access_list(const char *name) {
  return !strcmp(name, "system.posix_acl_access") || !strcmp(name, "system.posix_acl_default");
}

static bool is_carried(const char *name) {
  return (!strncmp(name, "user.", 5) && name[5] && strncmp(name, "user.overlay.", 13) != 0) || is_access_list(name);
}

/* Marks of the directory a file came from say nothing about the file. */
static bool is_overlay_mark(const char *name) {
  const char *prefix = overlay_attribute("");
  return !strncmp(name, prefix, strlen(prefix));
}

int owner_out(struct job *job, uint64_t *id, const char *path) {
  if (*id - layers_first_id < SANDBOX_IDS) {
    *id -= layers_first_id;
    return 0;
  }
  return job_fail(job, EINVAL, "%.300s belongs to %llu, which is no sandbox's", path, (unsigned long long)*id);
}

int owner_in(struct job *job, uint64_t *id, const char *path) {
  if (*id >= SANDBOX_IDS) return job_fail(job, EINVAL, "%.300s belongs to %llu, past the ids of a sandbox", path, (unsigned long long)*id);
  *id += layers_first_id;
  return 0;
}

/* Moves the ids in an access list, checked to be one. */
static int move_ids(struct job *job, unsigned char *value, size_t length, int (*move)(struct job *, uint64_t *, const char *),
                    const char *path) {
  if (length < ACL_HEAD || (length - ACL_HEAD) % ACL_ENTRY || hf_get_u32(value) != ACL_VERSION)
    return job_fail(job, EINVAL, "the access list of %.300s is malformed", path);
  for (unsigned char *at = value + ACL_HEAD; at < value + length; at += ACL_ENTRY) {
    if (at[0] != ACL_USER && at[0] != ACL_GROUP) continue;
    uint64_t id = hf_get_u32(at + ACL_ID_AT);
    if (layers_user_xattrs) return job_fail(job, ENOTSUP, "the access list of %.300s names users, of whom there is one here", path);
    if (move(job, &id, path)) return job->error;
    hf_set_u32(at + ACL_ID_AT, (uint32_t)id);
  }
  return 0;
}

static int read_one(struct job *job, int fd, const char *name, struct hf_buffer *fields, const char *path) {
  static unsigned char field[NAME_MOST + 1 + VALUE_MOST];
  size_t head = strlen(name) + 1;
  memcpy(field, name, head);
  ssize_t length = fgetxattr(fd, name, field + head, VALUE_MOST);
  if (length < 0 && errno == ENODATA) return 0;
  if (length < 0) return job_fail(job, errno, "read attribute %.100s of %.300s", name, path);
  if (is_access_list(name) && move_ids(job, field + head, (size_t)length, owner_out, path)) return job->error;
  hf_put_bytes(fields, HF_TAG_ATTRIBUTE, field, head + (size_t)length);
  if (fields->length > CARRIED_MOST) return job_fail(job, E2BIG, "%.300s has attributes of more than %d bytes", path, CARRIED_MOST);
  return 0;
}

int carried_read(struct job *job, int fd, struct hf_buffer *fields, uint64_t *left, const char *path) {
  static char names[NAMES_MOST];
  fields->length = fields->start = 0;
  ssize_t length = flistxattr(fd, names, sizeof names);
  if (length < 0 && errno == ENOTSUP) return 0;
  if (length < 0) return job_fail(job, errno, "list attributes of %.300s", path);
  for (char *name = names; name < names + length; name += strlen(name) + 1) {
    if (is_carried(name)) {
      if (read_one(job, fd, name, fields, path)) return job->error;
    } else if (!is_overlay_mark(name)) ++*left;
  }
  return 0;
}

int carried_set(struct job *job, int fd, const struct hf_field *field, const char *path) {
  const char *name = (const char *)field->bytes;
  size_t head = field->length ? strnlen(name, field->length) + 1 : 0;
  if (head == 0 || head > field->length || head > NAME_MOST + 1 || field->length - head > VALUE_MOST)
    return job_fail(job, EINVAL, "an attribute of %.300s is malformed", path);
  if (!is_carried(name)) return job_fail(job, EPERM, "the attribute %.100s of %.300s is not to be carried", name, path);
  size_t length = field->length - head;
  if (is_access_list(name) && move_ids(job, field->bytes + head, length, owner_in, path)) return job->error;
  if (!fsetxattr(fd, name, field->bytes + head, length, 0)) return 0;
  if (errno == ENOTSUP)
    return job_fail(job, errno, "set attribute %.100s of %.300s: this file system has none; inside a machine give it a disk `work`", name, path);
  return job_fail(job, errno, "set attribute %.100s of %.300s", name, path);
}
