/* The system calls a sandbox has: an allow-list. A call on the list of refused ones answers EPERM, any other ENOSYS, as an
 * older kernel would. The program is built once, as a binary search over ranges of numbers, so that it is short, quick to
 * install, and the kernel can mark most calls as always allowed.
 *
 * 1. Calls of another architecture, and x32, kill the process.
 * 2. Sockets, and pairs of them: unix, IPv4, IPv6 and routing netlink only; vsock and the kernel's crypto sockets are not
 *    bound to a network namespace. Of IPv4 and IPv6 the protocols TCP, UDP and ICMP; another would load its module.
 * 3. clone3 hides its flags from a filter. On a host it stays open for the agent, which refuses it to all it starts; in a machine
 *    nobody has it. Whoever got past that would still find user namespaces forbidden by the sandbox's own limit of 0 (view.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"
#include "seccomp.h"

enum { most_steps = 1024, x32_bit = 0x40000000 };

#if defined(__x86_64__)
enum { native = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { native = AUDIT_ARCH_AARCH64 };
#endif

static struct sock_filter steps[most_steps];
static unsigned short step_count;
static unsigned char actions[highest_call + 2];

static void step(uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
  steps[step_count++] = (struct sock_filter){code, yes, no, k};
}

static void answer(uint32_t value) { step(BPF_RET | BPF_K, value, 0, 0); }
static void load(size_t offset) { step(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
/* The low half of an argument: what the kernel itself reads of an int. */
static void load_argument(int number) { load(offsetof(struct seccomp_data, args) + 8 * (size_t)number); }

static const uint32_t protocols[] = {0, 1, 6, 17, 58}; /* any, ICMP, TCP, UDP, ICMPv6 */
static const uint32_t terminal_calls[] = {0x5412, 0x541C, 0x5423}; /* TIOCSTI, TIOCLINUX, TIOCSETD */
static const uint32_t personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff};

static void one_of(const uint32_t *values, size_t count, uint32_t then) {
  for (size_t i = 0; i < count; i++) {
    step(BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 1);
    answer(then);
  }
}

static void refuse(int error) { answer(SECCOMP_RET_ERRNO | (uint32_t)error); }

static void emit_socket(void) {
  load_argument(0);
  step(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1); /* AF_UNIX */
  answer(SECCOMP_RET_ALLOW);
  step(BPF_JMP | BPF_JEQ | BPF_K, 2, 3, 0);  /* AF_INET */
  step(BPF_JMP | BPF_JEQ | BPF_K, 10, 2, 0); /* AF_INET6 */
  step(BPF_JMP | BPF_JEQ | BPF_K, 16, 3 + 2 * sizeof protocols / sizeof *protocols, 0); /* AF_NETLINK */
  refuse(EAFNOSUPPORT);
  load_argument(2);
  one_of(protocols, sizeof protocols / sizeof *protocols, SECCOMP_RET_ALLOW);
  refuse(EPROTONOSUPPORT);
  load_argument(2);
  step(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1); /* NETLINK_ROUTE */
  answer(SECCOMP_RET_ALLOW);
  refuse(EPROTONOSUPPORT);
}

static void emit_action(enum call_action action) {
  switch (action) {
    case call_allowed: answer(SECCOMP_RET_ALLOW); return;
    case call_refused: refuse(EPERM); return;
    case call_socket: emit_socket(); return;
    case call_clone:
      load_argument(0);
      step(BPF_JMP | BPF_JSET | BPF_K, 0x7E020000, 0, 1); /* any CLONE_NEW* */
      refuse(EPERM);
      answer(SECCOMP_RET_ALLOW);
      return;
    case call_ioctl:
      load_argument(1);
      one_of(terminal_calls, sizeof terminal_calls / sizeof *terminal_calls, SECCOMP_RET_ERRNO | EPERM);
      answer(SECCOMP_RET_ALLOW);
      return;
    case call_personality:
      load_argument(0);
      one_of(personalities, sizeof personalities / sizeof *personalities, SECCOMP_RET_ALLOW);
      refuse(EPERM);
      return;
    default: refuse(ENOSYS);
  }
}

/* Emits the search over the ranges first..last, each beginning at starts[i]. A far half is reached by an absolute jump. */
static void emit_search(const unsigned *starts, size_t first, size_t last) {
  if (first == last) {
    emit_action((enum call_action)actions[starts[first]]);
    return;
  }
  size_t middle = (first + last + 1) / 2;
  step(BPF_JMP | BPF_JGE | BPF_K, starts[middle], 0, 1);
  unsigned short jump = step_count;
  step(BPF_JMP | BPF_JA, 0, 0, 0);
  emit_search(starts, first, middle - 1);
  steps[jump].k = (uint32_t)(step_count - jump - 1);
  emit_search(starts, middle, last);
}

void seccomp_build(unsigned without) {
  static unsigned starts[highest_call + 2];
  size_t ranges = 0;
  for (size_t i = 0; i < allowed_count; i++) actions[allowed_calls[i]] = call_allowed;
  for (size_t i = 0; i < refused_count; i++) actions[refused_calls[i]] = call_refused;
  actions[SYS_socket] = call_socket;
  actions[SYS_socketpair] = call_socket;
  actions[SYS_clone] = call_clone;
  actions[SYS_ioctl] = call_ioctl;
  actions[SYS_personality] = call_personality;
  if (without & without_getrandom) actions[SYS_getrandom] = call_unknown;
  if (without & without_clone3) actions[nr_clone3] = call_unknown;
  for (unsigned nr = 0; nr < sizeof actions; nr++)
    if (nr == 0 || actions[nr] != actions[nr - 1]) starts[ranges++] = nr;
  step_count = 0;
  load(offsetof(struct seccomp_data, arch));
  step(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)native, 1, 0);
  answer(SECCOMP_RET_KILL_PROCESS);
  load(offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  step(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1);
  answer(SECCOMP_RET_KILL_PROCESS);
#endif
  emit_search(starts, 0, ranges - 1);
}

bool seccomp_install(struct fault *fault) {
  struct sock_fprog program = {.len = step_count, .filter = steps};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return true;
  return fail(fault, errno, "install the seccomp filter");
}

int seccomp_descriptor(void) {
  int fd = (int)syscall(SYS_memfd_create, "filter", 0);
  size_t length = step_count * sizeof *steps;
  if (fd >= 0 && write(fd, steps, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}
