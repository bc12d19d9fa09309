/* Takes every power from the pump before it hears a byte from inside.
 *
 * 1. Afterwards it moves bytes between descriptors it has or is given, and can do nothing else: it opens, connects, starts and
 *    signals nothing, sends to no address, and sets nothing but how a socket ends. Any other call ends it.
 * 2. The kernel ends it with the gateway. That is asked for last, because a change of credentials takes it back, and
 *    looked at once more, because the gateway may have been quicker.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

/* Half an argument and what it must be: of numbers that are no longer the other half says nothing. */
struct half {
  unsigned short at;
  uint32_t value;
};
enum { most_halves = 3 };

#define LOW(argument) (offsetof(struct seccomp_data, args) + 8 * (argument) + (__BYTE_ORDER == __LITTLE_ENDIAN ? 0 : 4))
#define HIGH(argument) (LOW(argument) ^ 4)

static const struct call {
  unsigned short number, halves_count;
  struct half halves[most_halves];
} allowed[] = {
    {SYS_sendto, 3, {{LOW(4), 0}, {HIGH(4), 0}, {LOW(5), 0}}},
    {SYS_write, 2, {{LOW(2), 1}, {HIGH(2), 0}}},
    {SYS_setsockopt, 2, {{LOW(1), SOL_SOCKET}, {LOW(2), SO_LINGER}}},
    {SYS_getsockopt, 1, {{LOW(1), SOL_SOCKET}}},
    {SYS_fcntl, 1, {{LOW(1), F_GETPIPE_SZ}}},
    {.number = SYS_splice}, {.number = SYS_recvmsg}, {.number = SYS_recvfrom}, {.number = SYS_epoll_pwait},
    {.number = SYS_epoll_ctl}, {.number = SYS_close}, {.number = SYS_shutdown}, {.number = SYS_pipe2},
    {.number = SYS_clock_gettime}, {.number = SYS_setitimer}, {.number = SYS_rt_sigreturn},
    {.number = SYS_restart_syscall}, {.number = SYS_exit_group},
#if defined(__x86_64__)
    {.number = SYS_epoll_wait},
#endif
};
enum { allowed_count = sizeof allowed / sizeof *allowed };

#define LOAD(from) (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from)
#define SKIP_UNLESS(is, steps) (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, is, 0, steps)
#define RETURN(what) (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)

static bool filter_calls(void) {
  static struct sock_filter steps[allowed_count * (3 + 3 * most_halves) + 5];
  unsigned short count = 0;
  steps[count++] = LOAD(offsetof(struct seccomp_data, arch));
  steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)native, 1, 0);
  steps[count++] = RETURN(SECCOMP_RET_KILL_PROCESS);
  steps[count++] = LOAD(offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < allowed_count; i++) {
    const struct call *call = &allowed[i];
    steps[count++] = SKIP_UNLESS(call->number, (unsigned char)(1 + 3 * call->halves_count));
    for (size_t at = 0; at < call->halves_count; at++) {
      steps[count++] = LOAD(call->halves[at].at);
      steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->halves[at].value, 1, 0);
      steps[count++] = RETURN(SECCOMP_RET_KILL_PROCESS);
    }
    steps[count++] = RETURN(SECCOMP_RET_ALLOW);
  }
  steps[count++] = RETURN(SECCOMP_RET_KILL_PROCESS);
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
