/* Finds where this launcher may make control groups: at CONFIGURE, in the machine's own view.
 *
 * 1. Root takes the top of the v2 tree, where controllers can be handed down although other groups hold processes; an
 *    ordinary user only a group that was delegated to it.
 * 2. In a container that top, and always a delegated group, is one below another and hands controllers down only while it has
 *    no processes. Those that are in it, this launcher's daemon among them, then step into a leaf beside our groups, and a
 *    later launcher that finds itself there takes the same place as the first.
 * 3. v1 groups go below the launcher's own, so that a limit somebody set on it also binds its sandboxes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

struct mounted {
  char root[max_path], place[max_path], kind[16], options[256];
};

static const struct {
  const char *name;
  unsigned bit;
} controllers[] = {{"memory", limit_memory}, {"cpu", limit_cpu}, {"pids", limit_processes}};

/* True when a comma- or space-separated list holds the word. */
static bool lists(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at += length) {
    bool starts = at == list || strchr(", ", at[-1]), ends = strchr(", \n", at[length]) != NULL;
    if (starts && ends) return true;
  }
  return false;
}

static bool read_mount(const char *line, struct mounted *mounted) {
  const char *tail = strstr(line, " - ");
  if (!tail || sscanf(line, "%*d %*d %*s %1023s %1023s", mounted->root, mounted->place) != 2) return false;
  return sscanf(tail, " - %15s %*s %255s", mounted->kind, mounted->options) == 2 && strncmp(mounted->kind, "cgroup", 6) == 0;
}

/* This process's own group in the hierarchy: `controller` names a v1 one, NULL the v2 tree. */
static bool own_group(const struct mounted *mounted, const char *controller, char path[max_path]) {
  char line[max_path + 256], names[128], *place;
  bool found = false;
  FILE *file = fopen("/proc/self/cgroup", "re");
  while (file && !found && fgets(line, sizeof line, file)) {
    char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
    if (!second) continue;
    snprintf(names, sizeof names, "%.*s", (int)(second - first - 1), first + 1);
    if (controller ? !lists(names, controller) : names[0] != 0) continue;
    place = second + 1;
    place[strcspn(place, "\n")] = 0;
    size_t root = strlen(mounted->root);
    if (root > 1 && strncmp(place, mounted->root, root) == 0) place += root;
    if (strcmp(place, "/") == 0) place = "";
    found = !strstr(place, "/..") && snprintf(path, max_path, "%s%s", mounted->place, place) < max_path;
  }
  if (file) fclose(file);
  return found;
}

static bool open_base(struct group_base *base, const char *parent, const char *name) {
  base->fd = -1;
  if (snprintf(base->path, sizeof base->path, "%s/%s", parent, name) >= (int)sizeof base->path) return false;
  if (mkdir(base->path, 0755) < 0 && errno != EEXIST) return false;
  base->fd = open(base->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return base->fd >= 0 && faccessat(base->fd, ".", W_OK, AT_EACCESS) == 0;
}

static void find_v1(struct groups *groups, const struct mounted *mounted) {
  struct group_base base = {.fd = -1};
  const char *controller = NULL;
  char own[max_path];
  for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
    if (!lists(mounted->options, controllers[i].name)) continue;
    base.controllers |= controllers[i].bit;
    controller = controllers[i].name;
  }
  if (!controller || groups->v1_count == sizeof groups->v1 / sizeof *groups->v1) return;
  for (size_t i = 0; i < groups->v1_count; i++)
    if (groups->v1[i].controllers & base.controllers) return;
  if (own_group(mounted, controller, own) && open_base(&base, own, groups->name)) groups->v1[groups->v1_count++] = base;
  else if (base.fd >= 0) close(base.fd);
}

static const char aside[] = "/holdfast-host";

static bool step_aside(const char *parent) {
  char leaf[max_path], text[16384];
  snprintf(leaf, sizeof leaf, "%.900s%s", parent, aside);
  if (mkdir(leaf, 0755) < 0 && errno != EEXIST) return false;
  if (group_read(parent, "cgroup.procs", text, sizeof text) < 0) return false;
  for (char *rest = NULL, *pid = strtok_r(text, "\n", &rest); pid; pid = strtok_r(NULL, "\n", &rest))
    if (!group_write(leaf, "cgroup.procs", pid) && errno != ESRCH) return false;
  return true;
}

/* From `x/holdfast-host` back to `x`. */
static void step_back(char *own) {
  size_t length = strlen(own), tail = sizeof aside - 1;
  if (length > tail && strcmp(own + length - tail, aside) == 0) own[length - tail] = 0;
}

static unsigned hand_down(const char *parent, const char *base) {
  char available[512];
  unsigned bits = 0;
  if (group_read(parent, "cgroup.controllers", available, sizeof available) < 0) return 0;
  for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
    char text[16];
    if (!lists(available, controllers[i].name)) continue;
    snprintf(text, sizeof text, "+%s", controllers[i].name);
    bool down = group_write(parent, "cgroup.subtree_control", text);
    if (!down && errno == EBUSY && step_aside(parent))
      down = group_write(parent, "cgroup.subtree_control", text);
    if (down && group_write(base, "cgroup.subtree_control", text)) bits |= controllers[i].bit;
  }
  return bits;
}

static void find_v2(struct launcher *launcher, const struct mounted *mounted) {
  struct groups *groups = &launcher->groups;
  char own[max_path];
  if (groups->v2.fd >= 0 || !own_group(mounted, NULL, own)) return;
  step_back(own);
  const char *parent = launcher->user_mode ? own : mounted->place;
  if (!open_base(&groups->v2, parent, groups->name)) {
    if (groups->v2.fd >= 0) close(groups->v2.fd);
    groups->v2.fd = -1;
    return;
  }
  groups->v2.controllers = hand_down(parent, groups->v2.path);
}

void groups_name(struct launcher *launcher) {
  uint32_t hash = 2166136261U;
  for (const char *at = launcher->home; *at; at++) hash = (hash ^ (unsigned char)*at) * 16777619U;
  snprintf(launcher->groups.name, sizeof launcher->groups.name, "holdfast-%08x", hash);
}

void groups_discover(struct launcher *launcher) {
  char line[4096];
  launcher->groups = (struct groups){.v2 = {.fd = -1}};
  groups_name(launcher);
  FILE *file = fopen("/proc/self/mountinfo", "re");
  while (file && fgets(line, sizeof line, file)) {
    struct mounted mounted;
    if (!read_mount(line, &mounted)) continue;
    if (strcmp(mounted.kind, "cgroup2") == 0) find_v2(launcher, &mounted);
    else find_v1(&launcher->groups, &mounted);
  }
  if (file) fclose(file);
}

static void close_v1(const struct groups *groups) {
  for (size_t i = 0; i < groups->v1_count; i++) close(groups->v1[i].fd);
}

void groups_discover_again(struct launcher *launcher) {
  struct groups before = launcher->groups, *now = &launcher->groups;
  groups_discover(launcher);
  if (now->v2.fd < 0) now->v2 = before.v2;
  else if (before.v2.fd >= 0) close(before.v2.fd);
  if (now->v1_count >= before.v1_count) return close_v1(&before);
  close_v1(now);
  memcpy(now->v1, before.v1, sizeof now->v1);
  now->v1_count = before.v1_count;
}
