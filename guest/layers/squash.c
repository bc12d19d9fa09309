/* Merges neighbouring layers into one that shows the same over whatever lies below them.
 *
 * The kernel's own lookup is followed: from the newest layer down, a whiteout, an opaque directory or anything that is
 * no directory ends the search; a redirect changes the name that older layers are asked for, one with a leading slash
 * is looked up from their roots, component by component, each of which may be opaque or redirected in turn.
 *
 * 1. Files are hard links to the layers' own, which never change again.
 * 2. A directory whose search ended inside the merged layers becomes opaque; otherwise it keeps the name under which
 *    the layers below are to be asked.
 * 3. Whiteouts stay where something below could show through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "internal.h"

struct squash {
  struct job *job;
  struct layers_stats *stats;
  int roots[MAX_LAYERS];
  size_t layers;
  char path[PATH_MAX];
  unsigned depth;
};

/* The directories of the merged layers that make up one directory, newest first. */
struct stack {
  size_t count;
  struct place {
    size_t layer;
    int fd;
  } *places;
  bool below; /* layers below the merged ones may add to it */
};

/* Where the search for older parts of a directory stands. */
struct lookup {
  char name[PATH_MAX]; /* one component, or absolute */
  bool stopped;
};

static int stack_push(struct squash *squash, struct stack *stack, size_t layer, int fd) {
  struct place *grown = realloc(stack->places, (stack->count + 1) * sizeof *grown);
  if (!grown) {
    close(fd);
    return job_fail(squash->job, ENOMEM, "layers");
  }
  stack->places = grown;
  stack->places[stack->count++] = (struct place){layer, fd};
  return 0;
}

static void stack_free(struct stack *stack) {
  for (size_t i = 0; i < stack->count; i++) close(stack->places[i].fd);
  free(stack->places);
}

/* A redirect found at a component replaces it and what stands before it (absolute) or it alone (relative); `post` is
 * what is still to be looked up behind it. */
static int apply_redirect(struct squash *squash, struct lookup *lookup, int fd, size_t before, const char *post) {
  char redirect[PATH_MAX], next[PATH_MAX];
  int error = read_redirect(fd, redirect);
  if (error) return job_fail(squash->job, error, "read the redirect of %.300s", squash->path);
  if (!redirect[0]) return 0;
  size_t kept = redirect[0] == '/' ? 0 : before, head = strlen(redirect), tail = strlen(post);
  if (kept + head + tail >= PATH_MAX) return job_fail(squash->job, ENAMETOOLONG, "redirect of %.300s", squash->path);
  memcpy(next, lookup->name, kept);
  memcpy(next + kept, redirect, head);
  memcpy(next + kept + head, post, tail + 1);
  strcpy(lookup->name, next);
  if (redirect[0] == '/') lookup->stopped = false;
  return 0;
}

/* Looks one component up in one layer's directory; *found is an open directory or -1. */
static int look_one(struct squash *squash, struct lookup *lookup, int directory, const char *name, size_t before,
                    const char *post, int *found) {
  struct stat stat;
  *found = -1;
  if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW)) {
    return errno == ENOENT ? 0 : job_fail(squash->job, errno, "look at %.300s", squash->path);
  }
  if (!S_ISDIR(stat.st_mode)) {
    lookup->stopped = true;
    return 0;
  }
  *found = open_directory(directory, name);
  if (*found < 0) return job_fail(squash->job, errno, "open %.300s", squash->path);
  if (is_opaque(*found)) {
    lookup->stopped = true;
    return 0;
  }
  return apply_redirect(squash, lookup, *found, before, post);
}

/* The same for a whole absolute name, from a layer's root. */
static int look_absolute(struct squash *squash, struct lookup *lookup, int root, int *found) {
  int at = fcntl(root, F_DUPFD_CLOEXEC, 0), error = at < 0 ? job_fail(squash->job, errno, "layers") : 0;
  size_t rest = strlen(lookup->name) - 1;
  while (!error && at >= 0) {
    size_t start = strlen(lookup->name) - rest;
    size_t length = strcspn(lookup->name + start, "/");
    char name[NAME_MAX + 1], post[PATH_MAX];
    if (length > NAME_MAX) error = job_fail(squash->job, ENAMETOOLONG, "redirect of %.300s", squash->path);
    if (error) break;
    memcpy(name, lookup->name + start, length);
    name[length] = 0;
    strcpy(post, lookup->name + start + length);
    int next;
    error = look_one(squash, lookup, at, name, start, post, &next);
    close(at);
    at = next;
    if (post[0] == 0) break;
    rest = strlen(post) - 1;
  }
  *found = error ? -1 : at;
  if (error && at >= 0) close(at);
  return error;
}

static size_t place_after(const struct stack *stack, size_t layer) {
  size_t i = 0;
  while (i < stack->count && stack->places[i].layer <= layer) i++;
  return i;
}

/* Collects the parts of directory `name` of `parent` that are older than `layer`, which was `fd`. */
static int collect(struct squash *squash, const struct stack *parent, struct lookup *lookup, size_t layer,
                   struct stack *stack) {
  while (!lookup->stopped) {
    int found = -1, error;
    bool absolute = lookup->name[0] == '/';
    if (absolute) {
      if (++layer >= squash->layers) break;
      error = look_absolute(squash, lookup, squash->roots[layer], &found);
    } else {
      size_t place = place_after(parent, layer);
      if (place == parent->count) break;
      layer = parent->places[place].layer;
      char name[NAME_MAX + 1];
      if (strlen(lookup->name) > NAME_MAX) {
        return job_fail(squash->job, ENAMETOOLONG, "redirect of %.300s", squash->path);
      }
      strcpy(name, lookup->name);
      error = look_one(squash, lookup, parent->places[place].fd, name, 0, "", &found);
    }
    if (error) {
      if (found >= 0) close(found);
      return error;
    }
    if (found >= 0 && (error = stack_push(squash, stack, layer, found))) return error;
  }
  return 0;
}

static int merge(struct squash *squash, const struct stack *stack, int target);

static int set_mark(struct squash *squash, int target, const char *mark, const char *value) {
  if (!fsetxattr(target, overlay_attribute(mark), value, strlen(value), 0)) return 0;
  return job_fail(squash->job, errno, "mark %.300s", squash->path);
}

static int finish_directory(struct squash *squash, const struct stack *stack, const struct lookup *lookup,
                            const char *name, int target) {
  struct stat stat;
  const struct attributes how = {.no_marks = true};
  int newest = stack->places[0].fd;
  if (fstat(newest, &stat)) return job_fail(squash->job, errno, "look at %.300s", squash->path);
  int error = 0;
  if (!stack->below) error = set_mark(squash, target, "opaque", "y");
  else if (strcmp(lookup->name, name) != 0) error = set_mark(squash, target, "redirect", lookup->name);
  return error ? error : copy_attributes(squash->job, newest, target, &stat, &how, squash->path);
}

static int merge_directory(struct squash *squash, const struct stack *parent, size_t place, const char *name,
                           int target) {
  struct job *job = squash->job;
  struct lookup *lookup = calloc(1, sizeof *lookup);
  struct stack stack = {0};
  if (!lookup || ++squash->depth > MAX_DEPTH) return job_fail(job, ELOOP, "%.300s is nested too deeply", squash->path);
  strcpy(lookup->name, name);
  int fd, inner = -1;
  int error = look_one(squash, lookup, parent->places[place].fd, name, 0, "", &fd);
  if (!error) error = stack_push(squash, &stack, parent->places[place].layer, fd);
  if (!error) error = collect(squash, parent, lookup, parent->places[place].layer, &stack);
  stack.below = !lookup->stopped && (parent->below || lookup->name[0] == '/');
  if (!error && mkdirat(target, name, 0700)) error = job_fail(job, errno, "create %.300s", squash->path);
  if (!error && (inner = open_directory(target, name)) < 0) error = job_fail(job, errno, "open %.300s", squash->path);
  if (!error) error = merge(squash, &stack, inner);
  if (!error) error = finish_directory(squash, &stack, lookup, name, inner);
  if (inner >= 0) close(inner);
  stack_free(&stack);
  free(lookup);
  squash->depth--;
  return error;
}

static int merge_entry(struct squash *squash, const struct stack *stack, const char *name, int target) {
  struct job *job = squash->job;
  struct stat stat;
  size_t place = 0;
  while (place < stack->count && fstatat(stack->places[place].fd, name, &stat, AT_SYMLINK_NOFOLLOW)) place++;
  if (place == stack->count) return job_fail(job, EIO, "%.300s vanished", squash->path);
  if (S_ISDIR(stat.st_mode)) return merge_directory(squash, stack, place, name, target);
  if (is_whiteout(&stat)) {
    if (!stack->below || !mknodat(target, name, S_IFCHR, 0)) return 0;
    return job_fail(job, errno, "hide %.300s", squash->path);
  }
  squash->stats->files++;
  if (S_ISREG(stat.st_mode)) squash->stats->bytes += (uint64_t)stat.st_size;
  if (!linkat(stack->places[place].fd, name, target, name, 0)) return 0;
  return job_fail(job, errno, "link %.300s", squash->path);
}

static int merge(struct squash *squash, const struct stack *stack, int target) {
  struct names names = {0};
  int error = 0;
  for (size_t i = 0; !error && i < stack->count; i++) error = names_merge(squash->job, stack->places[i].fd, &names);
  for (size_t i = 0; !error && i < names.count; i++) {
    size_t mark;
    error = push_name(squash->job, squash->path, names.list[i], &mark);
    if (!error) error = merge_entry(squash, stack, names.list[i], target);
    squash->path[mark] = 0;
  }
  names_free(&names);
  return error;
}

static int open_layers(struct squash *squash, const struct request *request, struct stack *stack) {
  const struct view *view = &request->views[0];
  for (size_t i = 0; i < view->lowers; i++) {
    int fd = tree_open(view->lower[i]);
    if (fd < 0) return job_fail(squash->job, errno, "open %.300s", view->lower[i]);
    squash->roots[i] = fd;
    squash->layers = i + 1;
    int again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int error = again < 0 ? job_fail(squash->job, errno, "layers") : stack_push(squash, stack, i, again);
    if (error) return error;
  }
  stack->below = true;
  return 0;
}

static int merge_root(struct squash *squash, const struct stack *stack, int parent, const char *name) {
  struct job *job = squash->job;
  static const struct lookup here = {.name = ""};
  if (mkdirat(parent, name, 0700)) return job_fail(job, errno, "create the target");
  int target = open_directory(parent, name);
  int error = target < 0 ? job_fail(job, errno, "open the target") : merge(squash, stack, target);
  if (!error) error = finish_directory(squash, stack, &here, "", target);
  if (target >= 0) close(target);
  uint64_t removed = 0;
  if (error) delete_tree(job, parent, name, &removed);
  return error;
}

int squash_run(struct job *job, const struct request *request, struct layers_stats *stats) {
  if (request->view_count != 1 || !request->target) return job_fail(job, EINVAL, "SQUASH needs a view and a target");
  static struct squash squash;
  squash = (struct squash){.job = job, .stats = stats};
  struct stack stack = {0};
  int parent;
  const char *name;
  int error = open_layers(&squash, request, &stack);
  if (!error) error = open_parent(job, request->target, &parent, &name);
  return error ? error : merge_root(&squash, &stack, parent, name);
}
