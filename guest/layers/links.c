/* Which file of a tree was met first under which name, for trees that are sent: later names are sent as links to it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { MAX_LINKS = 4 << 20 };

static struct first_link *slot_of(struct first_link *table, size_t capacity, uint64_t inode) {
  size_t at = (size_t)(inode * 0x9e3779b97f4a7c15u) & (capacity - 1);
  while (table[at].path && table[at].inode != inode) at = (at + 1) & (capacity - 1);
  return &table[at];
}

const char *links_first(struct job *job, struct links *links, uint64_t inode, const char *path) {
  if (links->count * 2 >= links->capacity) {
    size_t capacity = links->capacity ? links->capacity * 2 : 64;
    struct first_link *grown = capacity > MAX_LINKS ? NULL : calloc(capacity, sizeof *grown);
    if (!grown) return job_fail(job, ENOMEM, "hard links"), NULL;
    for (size_t i = 0; i < links->capacity; i++) {
      if (links->table[i].path) *slot_of(grown, capacity, links->table[i].inode) = links->table[i];
    }
    free(links->table);
    links->table = grown;
    links->capacity = capacity;
  }
  struct first_link *slot = slot_of(links->table, links->capacity, inode);
  if (slot->path) return slot->path;
  *slot = (struct first_link){inode, strdup(path)};
  if (!slot->path) job_fail(job, ENOMEM, "hard links");
  links->count++;
  return NULL;
}
