/* A sandbox whose chance follows from a seed: what its programs draw from the kernel is the same each time.
 *
 * 1. /dev/random and /dev/urandom are a file of bytes that follow from the seed (view.c). Whoever opens it reads from its
 *    beginning, so that what one program draws does not depend on what others drew before; it ends after 1 MiB.
 * 2. getrandom answers ENOSYS, as an older kernel would (seccomp.c; ../common/seeded.c where a sandbox has no such filter): whoever
 *    asks it reads the file then.
 * 3. Programs lie at the same addresses each time. Only the 16 bytes that every exec is handed (AT_RANDOM) stay the kernel's.
 * 4. OpenSSL trusts /dev/urandom, where getrandom is missing from a kernel that should have it, only if somebody has seen it
 *    seeded: it looks for a segment of shared memory with the key 114 (OPENSSL_RAND_SEED_DEVRANDOM_SHM_ID). There is one.
 * 5. /proc/sys/kernel/random/uuid is a file with one UUID that follows from the seed: whoever opens it begins anew there too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../common/seeded.h"
#include "../layers/sha256.h"
#include "inside.h"

enum { seeded_bytes = 1 << 20, chunk_bytes = 1 << 16, digest_bytes = 32, least_seed = 16, most_seed = 4096 };

/* SHA-256 of the seed and a counter. */
static void next_chunk(const struct seed *seed, uint64_t *number, unsigned char *chunk) {
  for (size_t at = 0; at < chunk_bytes; at += digest_bytes, ++*number) {
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, seed->bytes, seed->length);
    sha256_add(&hash, number, sizeof *number);
    sha256_end(&hash, chunk + at);
  }
}

bool seeded_check(const struct seed *seed, struct fault *fault) {
  if (seed->length >= least_seed && seed->length <= most_seed) return true;
  return fail(fault, EINVAL, "entropy of %zu bytes: %d to %d", seed->length, least_seed, most_seed);
}

bool seeded_write(int file, const struct seed *seed, struct fault *fault) {
  static unsigned char chunk[chunk_bytes];
  uint64_t number = 0;
  for (size_t done = 0; done < seeded_bytes; done += sizeof chunk) {
    next_chunk(seed, &number, chunk);
    if (write(file, chunk, sizeof chunk) != (ssize_t)sizeof chunk) return fail(fault, errno, "write /run/holdfast/random");
  }
  return true;
}

/* Version 4, as the kernel's are. */
void seeded_uuid(const struct seed *seed, char *text, size_t room) {
  static const char purpose[] = "uuid";
  unsigned char u[digest_bytes];
  struct sha256 hash;
  sha256_begin(&hash);
  sha256_add(&hash, seed->bytes, seed->length);
  sha256_add(&hash, purpose, sizeof purpose);
  sha256_end(&hash, u);
  u[6] = (u[6] & 0x0f) | 0x40;
  u[8] = (u[8] & 0x3f) | 0x80;
  snprintf(text, room, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\n", u[0], u[1], u[2], u[3], u[4],
           u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

bool seeded_process(const struct inside *inside, struct fault *fault) {
  const struct request *request = inside->request;
  if (!request->entropy.length) return true;
  if (!hf_seeded_places()) return fail(fault, errno, "fix the addresses of programs, and tell OpenSSL that there is chance");
  /* The machine's own powers come without the sandbox's filter. */
  if (request->flags & launch_powers_kept) return hf_seeded_calls() || fail(fault, errno, "close getrandom");
  seccomp_build(without_getrandom | (inside->launcher->machine ? without_clone3 : 0));
  return true;
}
