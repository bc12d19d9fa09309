/* libFuzzer for a target in TypeScript: a Node beside it (runner.ts) takes each input, and answers which edges it passed.
 *
 * To the child: length (4 bytes), input. From it: once, the number of edges (4 bytes); then, for each input, a byte that is
 * 0 when all was well, and one counter for each edge. All numbers in this machine's order. What a failed input did stands
 * on stderr by then. FUZZ_NODE, FUZZ_RUNNER and FUZZ_TARGET say what is started. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The edges are the child's, not this file's. */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)

enum { most_edges = 1 << 16, child_reads = 3, child_writes = 4 };

/* Both are libFuzzer's; it pairs each counter with an address, and two words stand for one. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end);

static uint8_t counters[most_edges];
static uintptr_t places[most_edges][2];
static uint32_t edges;
static int to_child, from_child;

static void fail(const char *what) {
  fprintf(stderr, "fuzz driver: %s: %s\n", what, strerror(errno));
  abort();
}

static void give(const void *bytes, size_t length) {
  for (const char *at = bytes; length > 0;) {
    ssize_t put = write(to_child, at, length);
    if (put < 0 && errno != EINTR) fail("the target has ended");
    if (put > 0) at += put, length -= (size_t)put;
  }
}

static void take(void *bytes, size_t length) {
  for (char *at = bytes; length > 0;) {
    ssize_t got = read(from_child, at, length);
    if (got == 0 || (got < 0 && errno != EINTR)) fail("the target has ended");
    if (got > 0) at += got, length -= (size_t)got;
  }
}

static void start(void) {
  const char *node = getenv("FUZZ_NODE"), *runner = getenv("FUZZ_RUNNER"), *target = getenv("FUZZ_TARGET");
  int in[2], out[2];
  if (!node || !runner || !target || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) fail("FUZZ_NODE and the others");
  pid_t parent = getpid(), child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    /* The ends may have the very numbers they are to get. */
    int reads = fcntl(in[0], F_DUPFD_CLOEXEC, 10), writes = fcntl(out[1], F_DUPFD_CLOEXEC, 10);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(reads, child_reads) < 0 || dup2(writes, child_writes) < 0) _exit(1);
    execl(node, node, "--expose-gc", "--disable-warning=ExperimentalWarning", "--enable-experimental-regexp-engine",
          "--max-old-space-size=512", runner, target, NULL);
    _exit(1);
  }
  close(in[0]);
  close(out[1]);
  to_child = in[1];
  from_child = out[0];
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  signal(SIGPIPE, SIG_IGN);
  start();
  take(&edges, sizeof edges);
  if (edges == 0 || edges > most_edges) fail("the number of edges");
  for (uint32_t i = 0; i < edges; i++) places[i][0] = (uintptr_t)&counters[i];
  __sanitizer_cov_8bit_counters_init(counters, counters + edges);
  __sanitizer_cov_pcs_init(places[0], places[edges]);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint32_t length = (uint32_t)size;
  uint8_t failed;
  give(&length, sizeof length);
  give(data, size);
  take(&failed, sizeof failed);
  take(counters, edges);
  if (failed) abort();
  return 0;
}

#pragma clang attribute pop
