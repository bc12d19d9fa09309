/* Takes every power from the pump before it hears a byte from inside.
 *
 * 1. Afterwards it moves bytes between descriptors it has or is given, and can do nothing else: it opens, connects, starts and
 *    signals nothing. Any other call ends it.
 * 2. The kernel ends it with the gateway. That is asked for last, because a change of credentials takes it back, and
 *    looked at once more, because the gateway may have been quicker.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#if defined(__x86_64__)
enum { native = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { native = AUDIT_ARCH_AARCH64 };
#endif

/* Two sockets and two pipes each, and what it has for itself. */
enum { most_descriptors = 6 * most_pairs + 32 };

static const unsigned short allowed[] = {
    SYS_splice, SYS_recvmsg, SYS_sendto, SYS_epoll_pwait, SYS_epoll_ctl, SYS_close, SYS_shutdown, SYS_getsockopt,
    SYS_setsockopt, SYS_pipe2, SYS_clock_gettime, SYS_setitimer, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit_group,
#if defined(__x86_64__)
    SYS_epoll_wait,
#endif
};
enum { allowed_count = sizeof allowed / sizeof *allowed };

static bool filter_calls(void) {
  static struct sock_filter steps[2 * allowed_count + 8];
  unsigned short count = 0;
  steps[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
  steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)native, 1, 0);
  steps[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  steps[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < allowed_count; i++) {
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
    steps[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  steps[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  struct sock_fprog program = {.len = count, .filter = steps};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool limit(int resource, rlim_t value) {
  struct rlimit bound = {.rlim_cur = value, .rlim_max = value};
  return setrlimit((unsigned)resource, &bound) == 0;
}

static bool drop_capabilities(void) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {{0}};
  return syscall(SYS_capset, &head, none) == 0;
}

bool confine(pid_t gateway) {
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, most_descriptors) || !drop_capabilities()) return false;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return false;
  if (prctl(PR_SET_NAME, "pump") < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return false;
  if (getppid() != gateway) return errno = ESRCH, false;
  return filter_calls();
}
