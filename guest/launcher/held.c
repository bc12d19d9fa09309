/* Whether a sandbox's root is still in use by somebody who would go on writing into it after it was replaced.
 *
 * Read while the sandbox stands still, from what its processes cannot choose: descriptors' mount ids and mappings' devices.
 * When anything cannot be read, the root counts as held.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

enum { most_mapped_bytes = 128 << 10 };

static void count_process(pid_t pid, char state, void *context) {
  (void)pid, (void)state;
  ++*(size_t *)context;
}

static bool is_slash(pid_t pid, const char *name) {
  char path[64], text[8];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  ssize_t length = readlink(path, text, sizeof text);
  return length == 1 && text[0] == '/';
}

static FILE *open_proc(pid_t pid, const char *name) {
  char path[384];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  return fopen(path, "re");
}

/* The id of the mount at `/`: the first one listed there. */
static long slash_mount(pid_t pid) {
  char line[4096], place[8];
  long id = -1, found;
  FILE *file = open_proc(pid, "mountinfo");
  while (file && id < 0 && fgets(line, sizeof line, file))
    if (sscanf(line, "%ld %*d %*s %*s %7s ", &found, place) == 2 && strcmp(place, "/") == 0) id = found;
  if (file) fclose(file);
  return id;
}

bool root_is_limited(pid_t pid) {
  char line[8192], place[8];
  bool limited = false;
  FILE *file = open_proc(pid, "mountinfo");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "%*d %*d %*s %*s %7s ", place) == 1 && strcmp(place, "/") == 0)
      limited = strstr(line, ".disk/upper,") != NULL;
  if (file) fclose(file);
  return limited;
}

/* A watch pins what it watches although its descriptor lies on no mount. */
static bool descriptor_holds(pid_t pid, const char *name, long root) {
  char path[320], line[512];
  bool holds = false, told = false;
  long id;
  snprintf(path, sizeof path, "fdinfo/%s", name);
  FILE *file = open_proc(pid, path);
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "mnt_id: %ld", &id) == 1) {
      told = true;
      holds = holds || id == root;
    }
    holds = holds || strncmp(line, "inotify wd:", 11) == 0;
  }
  if (file) fclose(file);
  return holds || !told;
}

static bool descriptors_hold(pid_t pid, long root) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fdinfo", (int)pid);
  DIR *directory = opendir(path);
  bool holds = directory == NULL;
  struct dirent *item;
  while (!holds && (item = readdir(directory)))
    if (item->d_name[0] != '.') holds = descriptor_holds(pid, item->d_name, root);
  if (directory) closedir(directory);
  return holds;
}

static bool mappings_hold(pid_t pid) {
  char path[64], line[4096];
  struct stat root;
  snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
  FILE *file = stat(path, &root) == 0 ? open_proc(pid, "maps") : NULL;
  bool holds = file == NULL;
  unsigned high, low;
  while (file && !holds && fgets(line, sizeof line, file))
    if (sscanf(line, "%*s %*s %*s %x:%x", &high, &low) == 2) holds = makedev(high, low) == root.st_dev;
  if (file) fclose(file);
  return holds;
}

bool root_is_free(pid_t pid) {
  size_t processes = 0;
  process_walk(pid, count_process, &processes);
  if (processes != 1 || !is_slash(pid, "cwd") || !is_slash(pid, "root")) return false;
  long root = slash_mount(pid);
  return root >= 0 && !descriptors_hold(pid, root) && !mappings_hold(pid);
}

/* ---- what is mapped ---- */

struct mapped {
  struct hf_buffer *names;
  bool unknown;
};

static void add_mapped(pid_t pid, char state, void *context) {
  (void)state;
  struct mapped *mapped = context;
  char line[8192], rights[8];
  int path = 0;
  FILE *file = open_proc(pid, "maps");
  if (!file) mapped->unknown = true;
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "%*s %7s %*s %*s %*s %n", rights, &path) != 1 || rights[1] != 'w' || rights[3] != 's') continue;
    line[strcspn(line, "\n")] = 0;
    const char *name = strrchr(line + path, '/');
    if (name) hf_buffer_append(mapped->names, name + 1, strlen(name + 1) + 1);
    if (mapped->names->length > most_mapped_bytes) mapped->unknown = true;
  }
  if (file) fclose(file);
}

/* Names with a newline are shown escaped and a removed file's with a mark: such ones are not known by name. */
bool mapped_files(pid_t pid, struct hf_buffer *names) {
  struct mapped mapped = {.names = names};
  process_walk(pid, add_mapped, &mapped);
  return !mapped.unknown && !names->failed && !(names->length && memchr(hf_buffer_front(names), '\\', names->length));
}
