/* RENEW: what a machine restored from memory must be given anew, because every machine restored from the same memory has the
 * same. Clock and entropy are the kernel's, names and limits the sandbox's, incarnation and lease its agent's.
 *
 * 1. The entropy goes in before anything else that could draw from the pool.
 * 2. What was saved with its programs was saved while they stood still (stand.c). They go on when all of it is in force but what the agent,
 *    which stood still with them, is told; the hooks that it runs for that may speak to them.
 * 3. OK means that all of it is in force. A failure leaves the rest undone and says which step it was: the machine is not to
 *    be used.
 * 4. A restored machine has run none of its code yet, and each first time is slow where the processor is emulated. So
 *    whatever can be found and opened ahead is, when the sandbox is launched (settle.c); what is the same already is left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "../launcher/inside.h"
#include "machine.h"

/* The agent's hooks have 15 s. */
enum { least_entropy = 64, most_entropy = 4096, renewed_ms = 20000 };

/* ---- the kernel's ---- */

static bool renew_entropy(const struct request *request, struct fault *fault) {
  static struct {
    struct rand_pool_info head;
    unsigned char bytes[most_entropy];
  } pool;
  if (request->entropy.length < least_entropy || request->entropy.length > most_entropy)
    return fail(fault, EINVAL, "entropy of %zu bytes: %d to %d", request->entropy.length, least_entropy, most_entropy);
  pool.head.entropy_count = (int)request->entropy.length * 8;
  pool.head.buf_size = (int)request->entropy.length;
  memcpy(pool.bytes, request->entropy.bytes, request->entropy.length);
  int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  bool done = fd >= 0 && ioctl(fd, RNDADDENTROPY, &pool) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
  if (!done) fail(fault, errno, "reseed the kernel's random numbers");
  if (fd >= 0) close(fd);
  explicit_bzero(&pool, sizeof pool);
  return done;
}

static bool renew_clock(uint64_t ns, struct fault *fault) {
  struct timespec now = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
  if (ns == 0) return fail(fault, EINVAL, "clockNs is needed");
  return clock_settime(CLOCK_REALTIME, &now) == 0 || fail(fault, errno, "set the clock");
}

/* ---- the sandbox's ---- */

/* A disk is as large as it is: what is more than the limit is taken by a file that nobody else sees, and takes no room outside
 * because nothing is written to it. */
static const char ballast[] = MACHINE_HOME "/ballast";

/* Copies for the host, layers it brings and what it deletes: the operations that change the room and are not the sandbox's. */
static bool is_for_the_host(uint8_t operation) {
  return operation == HF_SNAPSHOT || operation == HF_LAYER_TAKE || operation == HF_LAYER_DELETE;
}

enum { look_us = 10000, still_looks = 10, most_looks = 200 };

static uint64_t left_over(int fd) {
  struct statvfs room;
  return fstatvfs(fd, &room) == 0 ? (uint64_t)room.f_bavail * room.f_frsize : 0;
}

/* Where there is a ballast, it makes way meanwhile. */
uint64_t machine_lend(uint8_t operation) {
  int fd = is_for_the_host(operation) ? open(ballast, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
  uint64_t left = fd < 0 ? 0 : left_over(fd);
  if (fd >= 0 && operation != HF_LAYER_DELETE && ftruncate(fd, 0) < 0) machine_say("the ballast does not make way");
  if (fd >= 0) close(fd);
  return left;
}

/* What is deleted takes room until the last root that knew it is gone, which may be a moment later. */
static uint64_t settled_room(int fd) {
  uint64_t room = left_over(fd);
  for (int turn = 0, still = 0; turn < most_looks && still < still_looks; turn++) {
    usleep(look_us);
    uint64_t now = left_over(fd);
    still = now == room ? still + 1 : 0;
    room = now;
  }
  return room;
}

void machine_take_back(uint8_t operation, uint64_t left) {
  int fd = is_for_the_host(operation) ? open(ballast, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
  struct stat there;
  if (fd < 0) return;
  uint64_t now = operation == HF_LAYER_DELETE ? settled_room(fd) : left_over(fd);
  if (now > left && fstat(fd, &there) == 0 && fallocate(fd, 0, there.st_size, (off_t)(now - left)) < 0)
    machine_say("the ballast does not come back");
  close(fd);
}

static bool fill_up(uint64_t bytes, struct fault *fault) {
  struct statvfs room;
  int fd = open(ballast, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, 0) < 0 || fstatvfs(fd, &room) < 0) return fail(fault, errno, "open %s", ballast);
  uint64_t there = (uint64_t)room.f_bavail * room.f_frsize;
  if (there < bytes) {
    close(fd);
    return fail(fault, ENOSPC, "diskBytes %llu: the disk has room for %llu", (unsigned long long)bytes, (unsigned long long)there);
  }
  bool done = there == bytes || fallocate(fd, 0, 0, (off_t)(there - bytes)) == 0;
  if (!done) fail(fault, errno, "take the room beyond diskBytes %llu", (unsigned long long)bytes);
  close(fd);
  return done;
}

bool machine_disk(uint64_t bytes, struct fault *fault) {
  struct statvfs room;
  char options[64];
  if (statvfs(MACHINE_HOME, &room) < 0) return fail(fault, errno, "look at " MACHINE_HOME);
  uint64_t used = (uint64_t)(room.f_blocks - room.f_bfree) * room.f_frsize;
  snprintf(options, sizeof options, "size=%llu", (unsigned long long)(used + bytes));
  if (mount(NULL, MACHINE_HOME, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options) == 0) return true;
  if (errno == EINVAL) return fill_up(bytes, fault);
  return fail(fault, errno, "give " MACHINE_HOME " the size %llu", (unsigned long long)bytes);
}

static void limit_files(pid_t pid, char state, void *context) {
  (void)state;
  const struct rlimit *bound = context;
  prlimit(pid, RLIMIT_NOFILE, bound, NULL); /* one that has ended meanwhile needs none */
}

static bool agent_is_alone(const struct launcher *launcher) {
  char path[max_name + 32], text[16] = "";
  machine_group(launcher, "pids.current", path);
  int fd = openat(launcher->groups.v2.fd, path, O_RDONLY | O_CLOEXEC);
  bool alone = fd >= 0 && read(fd, text, sizeof text - 1) > 0 && strcmp(text, "1\n") == 0;
  if (fd >= 0) close(fd);
  return alone;
}

/* Looking for others takes a look at every process of the machine. */
static bool renew_files(const struct launcher *launcher, uint64_t most, struct fault *fault) {
  struct rlimit files = {.rlim_cur = most, .rlim_max = most};
  if (prlimit(launcher->resident.pid, RLIMIT_NOFILE, &files, NULL) < 0)
    return fail(fault, errno, "set the limit on open files to %llu", (unsigned long long)most);
  if (!agent_is_alone(launcher)) process_walk(launcher->resident.pid, limit_files, &files);
  return true;
}

/* Nobody inside can change a limit, unless powers were kept. */
static bool renew_limits(struct launcher *launcher, const struct limits *to, struct fault *fault) {
  struct resident *resident = &launcher->resident;
  struct limits was = resident->powers_kept ? (struct limits){0} : resident->limits;
  char text[64];
  snprintf(text, sizeof text, "%llu", (unsigned long long)(to->processes + 1)); /* the agent's own */
  if (to->processes && to->processes != was.processes && !machine_group_set(launcher, "pids.max", text, fault)) return false;
  snprintf(text, sizeof text, "%llu", (unsigned long long)to->memory_bytes);
  if (to->memory_bytes && to->memory_bytes != was.memory_bytes && !machine_group_set(launcher, "memory.max", text, fault)) return false;
  snprintf(text, sizeof text, "%llu 100000", (unsigned long long)to->cpu_millis * 100);
  if (to->cpu_millis && to->cpu_millis != was.cpu_millis && !machine_group_set(launcher, "cpu.max", text, fault)) return false;
  if (to->disk_bytes && to->disk_bytes != was.disk_bytes && !machine_disk(to->disk_bytes, fault)) return false;
  if (to->open_files && to->open_files != was.open_files && !renew_files(launcher, to->open_files, fault)) return false;
  resident->limits = *to;
  return true;
}

/* Over what is there: most of these texts are as long as the one before. */
static bool rewrite(struct resident *resident, int file, const char *name, const char *text, struct fault *fault) {
  size_t length = strlen(text), before = resident->run_bytes[file];
  bool done = pwrite(resident->run[file], text, length, 0) == (ssize_t)length;
  if (done && length < before) done = ftruncate(resident->run[file], (off_t)length) == 0;
  if (!done) return fail(fault, errno, "rewrite /run/holdfast/%s", name);
  resident->run_bytes[file] = length;
  return true;
}

static bool set_hostname(const struct resident *resident, const char *name, struct fault *fault) {
  if (setns(resident->uts, CLONE_NEWUTS) < 0) return fail(fault, errno, "enter the sandbox's UTS namespace");
  bool done = sethostname(name, strlen(name)) == 0;
  if (!done) fail(fault, errno, "set the host name %s", name);
  if (setns(resident->own_uts, CLONE_NEWUTS) < 0) leave_machine(71);
  return done;
}

static bool check_names(const struct request *request, struct fault *fault) {
  if (!name_valid(request->hostname) || strlen(request->hostname) > 64) return fail(fault, EINVAL, "hostname is missing or unusable");
  if (request->machine_id && strlen(request->machine_id) == 32 && strspn(request->machine_id, "0123456789abcdef") == 32) return true;
  return fail(fault, EINVAL, "machineId must be 32 hex characters");
}

static bool renew_names(struct resident *resident, const struct request *request, struct fault *fault) {
  char text[512];
  if (!set_hostname(resident, request->hostname, fault)) return false;
  snprintf(text, sizeof text, "%s\n", request->machine_id);
  if (!rewrite(resident, run_machine_id, "machine-id", text, fault)) return false;
  snprintf(text, sizeof text, "%s\n", request->hostname);
  if (!rewrite(resident, run_hostname, "hostname", text, fault)) return false;
  view_hosts(request->hostname, text, sizeof text);
  return rewrite(resident, run_hosts, "hosts", text, fault);
}

/* A sandbox that was launched with a place for it draws from its own seed from now on; another one has none. */
static bool renew_random(struct resident *resident, const struct request *request, struct fault *fault) {
  int file = resident->run[run_random];
  if (file < 0 && !request->seed.length) return true;
  if (file < 0) return fail(fault, ENOTSUP, "this sandbox was launched without a seed");
  if (!seeded_check(&request->seed, fault)) return false;
  if (lseek(file, 0, SEEK_SET) < 0) return fail(fault, errno, "rewrite /run/holdfast/random");
  if (!seeded_write(file, &request->seed, fault)) return false;
  char uuid[64];
  seeded_uuid(&request->seed, uuid, sizeof uuid);
  return rewrite(resident, run_uuid, "uuid", uuid, fault);
}

/* After everything it announces. Who watches the file is woken now, or by the thaw that follows; the agent's hooks run behind it. */
static bool renew_generation(struct resident *resident, const struct request *request, struct fault *fault) {
  char text[512];
  if (!request->incarnation || !request->generation) return fail(fault, EINVAL, "incarnation and generation are needed");
  view_generation(request->generation, text, sizeof text);
  return rewrite(resident, run_generation, "generation", text, fault);
}

/* A machine's memory is more than what its sandbox may use. */
static bool renew_meminfo(struct launcher *launcher, uint64_t bytes, struct fault *fault) {
  struct resident *resident = &launcher->resident;
  char text[512];
  if (!bytes || (resident->run[run_meminfo] < 0 && !settle_meminfo(launcher, fault))) return !bytes;
  view_meminfo(bytes, text, sizeof text);
  return rewrite(resident, run_meminfo, "meminfo", text, fault);
}

/* ---- its agent's ---- */

static bool renew_agent(const struct resident *resident, const struct request *request, struct fault *fault) {
  struct hf_buffer out = {0};
  size_t mark = hf_frame_begin(&out, HF_RENEW, renew_request);
  hf_put_string(&out, HF_TAG_INCARNATION, request->incarnation);
  hf_put_string(&out, HF_TAG_GENERATION, request->generation);
  hf_put_int(&out, HF_TAG_LEASE_MS, request->lease_ms);
  hf_frame_end(&out, mark);
  bool done = agent_ask(resident->agent, &out, renew_request, renewed_ms);
  return done || fail(fault, EPROTO, "the agent did not take its new incarnation, or could not run its hooks");
}

bool machine_renew(struct launcher *launcher, const struct request *request, struct fault *fault) {
  struct resident *resident = &launcher->resident;
  /* Of one that lives, and is nobody else's: the clock alone. */
  if (!request->entropy.length && !request->incarnation) return renew_clock(request->clock_ns, fault);
  if (!renew_entropy(request, fault) || !renew_clock(request->clock_ns, fault)) return false;
  if (resident->pid <= 0) return true;
  if (!resident->settled) return fail(fault, EBUSY, "the sandbox is still being launched");
  return check_names(request, fault) && renew_limits(launcher, &request->limits, fault) &&
         renew_meminfo(launcher, request->limits.memory_bytes, fault) && renew_random(resident, request, fault) &&
         renew_names(resident, request, fault) && renew_generation(resident, request, fault) &&
         (!resident->stands || machine_go_on(launcher, fault)) && renew_agent(resident, request, fault);
}
