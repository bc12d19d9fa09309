/* Takes every power from a process that is about to become a sandbox's agent. What it starts later has no more.
 *
 * 1. Afterwards no capability is in any set, none can come back (securebits locked, no_new_privs), the process cannot be
 *    traced or read by its own children, and only the system calls of seccomp.c remain.
 * 2. Limits are set before the user id changes: raising one would need a capability.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"

enum { most_capabilities = 64 };

static bool limit(int resource, const char *name, uint64_t value, struct fault *fault) {
  struct rlimit bound = {.rlim_cur = value, .rlim_max = value};
  return setrlimit((unsigned)resource, &bound) == 0 || fail(fault, errno, "set the limit on %s to %llu", name, (unsigned long long)value);
}

static bool set_limits(const struct inside *inside, struct fault *fault) {
  const struct limits *limits = &inside->request->limits;
  if (!limit(RLIMIT_CORE, "core files", 0, fault)) return false;
  if (limits->open_files && !limit(RLIMIT_NOFILE, "open files", limits->open_files, fault)) return false;
  /* Counted per user namespace, so per sandbox; the agent is one of them. */
  if (limits->processes && !limit_available(&inside->launcher->groups, limit_processes))
    return limit(RLIMIT_NPROC, "processes", limits->processes + limits->overhead, fault);
  return true;
}

/* A sandbox with n CPUs of time also counts n, each time starting at another one. */
static bool set_affinity(const struct inside *inside, struct fault *fault) {
  cpu_set_t allowed, chosen;
  size_t wanted = (size_t)((inside->request->limits.cpu_millis + 999) / 1000);
  if (wanted == 0) return true;
  if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) return fail(fault, errno, "read the CPUs");
  size_t there = (size_t)CPU_COUNT(&allowed), skip = (size_t)now_us() % there;
  CPU_ZERO(&chosen);
  for (size_t cpu = 0, round = 0; wanted > 0 && round < 2 * CPU_SETSIZE; round++, cpu = (cpu + 1) % CPU_SETSIZE) {
    if (!CPU_ISSET(cpu, &allowed) || CPU_ISSET(cpu, &chosen)) continue;
    if (skip > 0) {
      skip--;
      continue;
    }
    CPU_SET(cpu, &chosen);
    wanted--;
  }
  return sched_setaffinity(0, sizeof chosen, &chosen) == 0 || fail(fault, errno, "choose the CPUs");
}

bool limit_process(const struct inside *inside, struct fault *fault) {
  return set_limits(inside, fault) && set_affinity(inside, fault);
}

static bool no_capability_left(struct fault *fault) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct held[2];
  bool none = syscall(SYS_capget, &head, held) == 0;
  for (int i = 0; none && i < 2; i++) none = !(held[i].effective | held[i].permitted | held[i].inheritable);
  for (unsigned long cap = 0; none && cap < most_capabilities; cap++) none = prctl(PR_CAPBSET_READ, cap, 0, 0, 0) <= 0;
  return none || fail(fault, EPERM, "a capability is left");
}

static bool may_set_capabilities(void) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct held[2];
  return syscall(SYS_capget, &head, held) == 0 && (held[0].effective & 1U << CAP_SETPCAP);
}

static bool drop_capabilities(uid_t user, bool mapped, struct fault *fault) {
  for (unsigned long cap = 0; cap < most_capabilities; cap++)
    if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL) return fail(fault, errno, "drop capability %lu", cap);
  unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                       SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0) return fail(fault, errno, "lock the secure bits");
  if (mapped && (setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0))
    return fail(fault, errno, "become user %u", user);
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {{0}};
  return syscall(SYS_capset, &head, none) == 0 || fail(fault, errno, "drop all capabilities");
}

bool drop_powers(uid_t user, bool mapped, struct fault *fault) {
  if (may_set_capabilities() && !drop_capabilities(user, mapped, fault)) return false;
  if (!no_capability_left(fault)) return false;
  if (getuid() != user || geteuid() != user || getgid() != user) return fail(fault, EPERM, "become user %u", user);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail(fault, errno, "forbid new privileges");
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || fail(fault, errno, "close the process to tracing");
}

/* In a machine of its own a sandbox's root may be the machine's; another user stays who may become root by set-id bits. */
static bool become_user(uid_t user, struct fault *fault) {
  bool done = syscall(SYS_setgroups, 0, NULL) == 0 && setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0;
  return done || fail(fault, errno, "become user %u", user);
}

/* What makes its own sandbox needs powers over its namespaces, and counts its own open files. */
static bool limit_cell(const struct inside *inside, struct fault *fault) {
  if (!limit(RLIMIT_CORE, "core files", 0, fault) || !set_affinity(inside, fault)) return false;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 || fail(fault, errno, "forbid new privileges");
}

bool lockdown(const struct inside *inside, struct fault *fault) {
  if (inside->request->flags & launch_makes_own) return limit_cell(inside, fault);
  if (!limit_process(inside, fault) || !seeded_process(inside, fault)) return false;
  if (inside->request->flags & launch_powers_kept) return become_user((uid_t)inside->request->user, fault);
  if (!drop_powers((uid_t)inside->request->user, !inside->launcher->user_mode, fault)) return false;
  return seccomp_install(fault);
}
