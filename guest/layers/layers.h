/* Work on layer trees: the operations 0x90 to 0x97 of guest/LAUNCHER.md, and the copy a live snapshot makes.
 *
 * Trees come from sandboxes, so every name, link, size and attribute in them is hostile.
 * 1. Trees are walked with openat and O_NOFOLLOW, never by joined paths; nothing outside the given tree is touched.
 * 2. What is written or deleted lies below the configured home.
 * 3. An operation that fails leaves no target behind.
 */
#ifndef HOLDFAST_LAYERS_H
#define HOLDFAST_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct layers_index;

struct layers_stats {
  uint64_t files, bytes;               /* everything in the copy but directories and whiteouts */
  uint64_t copied_files, copied_bytes; /* of these, what was not hard-linked from `previous` */
  struct layers_index *index;          /* for layers_finish */
  char message[512];                   /* the failed step, after a failure */
};

/* Where everything lies and which extended attributes mark opaque and redirected directories: `user` for an ordinary
 * user's mounts, else `trusted`. Call once, before anything else; `home` must exist. Returns 0 or errno. */
int layers_configure(const char *home, bool user_xattrs);

/* As which id a sandbox's 0 is stored in its layers; FIRST_MAPPED_ID unless said otherwise. */
void layers_owners(uid_t first_id);

/* Copies the writable directory of a frozen sandbox to `dest` (must not exist; its parent must). Files unchanged since
 * the copy at `previous` (NULL: none) was made from the same directory are hard-linked from there. Nothing is flushed.
 * Returns 0 or errno; call layers_finish after success, once the sandbox is thawed. */
int layers_copy_upper(const char *upper, const char *dest, const char *previous, struct layers_stats *out);

/* Writes beside `dest` what the next layers_copy_upper compares with, and frees out->index. `mapped` names what
 * processes of the sandbox held mapped shared and writable while frozen: last path components, each ended by NUL, `mapped_length`
 * bytes in all; a write through such a mapping leaves no new change time, so these files are copied again next time.
 * NULL: not known, then everything is copied again. */
void layers_finish(const char *dest, const char *mapped, size_t mapped_length, struct layers_stats *out);

/* Answers one request on out_fd; frames that belong to it (TAKE) are read from in_fd, or -1. Returns 0, or the errno of the ERROR it wrote. Meant for a child process of its own:
 * it may enter namespaces, raises limits, and frees nothing at its end. */
int layers_handle(uint8_t type, const uint8_t *payload, size_t length, int in_fd, int out_fd, uint32_t id);

/* The launcher's part, absent from a binary without it: makes the writable directories of disk-limited sandboxes that a request names appear in their
 * places, to this process only. Call as root, before layers_configure. Returns 0, or errno with a message. */
__attribute__((weak)) int layers_show_disks(unsigned char *payload, size_t length, char *message, size_t size);

/* `layers` subcommand: `--home DIR [--user-xattrs]`, one frame on stdin, its answer on stdout. */
int layers_main(int argc, char **argv);

#endif
