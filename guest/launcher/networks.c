/* Network namespaces made ahead. Making one is the longest single step of a launch; here it is taken while there is nothing
 * else to do, and the next sandboxes find theirs ready.
 *
 * 1. Each is handed to one sandbox only, and only this process was in it before.
 * 2. They belong to the launcher's user namespace: nobody inside a sandbox has any power over its own.
 * 3. As many are kept as the last spells of launches took, never more than most_networks; after a rest only a few.
 * 4. Where one cannot be made or left again, none is kept, and each sandbox's process makes its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include "inside.h"

enum { fewest = 4, quiet_us = 20000, rest_us = 30000000 };

/* An ordinary user's launcher could not return to the machine's network: it first leaves that for one of its own. */
void networks_open(struct launcher *launcher) {
  struct networks *networks = &launcher->networks;
  if (launcher->machine) return; /* its one sandbox comes at once, and makes its own */
  if (launcher->user_mode && unshare(CLONE_NEWNET) < 0) return;
  networks->own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (networks->own >= 0 && setns(networks->own, CLONE_NEWNET) == 0) networks->wanted = fewest;
}

void network_leave(const struct launcher *launcher) {
  if (setns(launcher->networks.own, CLONE_NEWNET) < 0) _exit(71);
}

bool network_enter(struct launcher *launcher) {
  struct networks *networks = &launcher->networks;
  networks->spell++;
  if (networks->count == 0) return false;
  int fd = networks->spare[--networks->count];
  bool done = setns(fd, CLONE_NEWNET) == 0;
  close(fd);
  return done;
}

static void make_one(struct launcher *launcher) {
  struct networks *networks = &launcher->networks;
  struct fault ignored = {0};
  int fd = -1, proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc >= 0 && view_network(proc, &ignored)) fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (proc >= 0) close(proc);
  network_leave(launcher);
  if (fd >= 0) networks->spare[networks->count++] = fd;
  else networks->wanted = 0;
}

/* A spell without as many launches as the one before lowers what is kept by a quarter. */
static void end_spell(struct networks *networks) {
  if (networks->spell == 0 || networks->wanted == 0) return;
  size_t kept = networks->wanted - networks->wanted / 4;
  networks->wanted = networks->spell > kept ? networks->spell : kept;
  if (networks->wanted < fewest) networks->wanted = fewest;
  if (networks->wanted > most_networks) networks->wanted = most_networks;
  networks->spell = 0;
}

uint64_t networks_due(const struct launcher *launcher, uint64_t quiet_since) {
  const struct networks *networks = &launcher->networks;
  if (networks->wanted == 0) return UINT64_MAX;
  if (networks->spell > 0 || networks->count < networks->wanted) return quiet_since + quiet_us;
  return networks->count > fewest ? quiet_since + rest_us : UINT64_MAX;
}

void networks_rest(struct launcher *launcher, uint64_t quiet_since) {
  struct networks *networks = &launcher->networks;
  uint64_t now = now_us();
  if (now < networks_due(launcher, quiet_since)) return;
  end_spell(networks);
  if (networks->count < networks->wanted) return make_one(launcher);
  if (now < quiet_since + rest_us) return;
  networks->wanted = fewest;
  while (networks->count > fewest) close(networks->spare[--networks->count]);
}
