/* SWAP and SNAPSHOT. */
#include <errno.h>

#include "internal.h"

bool swap(struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  (void)launcher, (void)request, (void)out;
  return fail(fault, ENOSYS, "swap");
}

bool snapshot(struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  (void)launcher, (void)request, (void)out;
  return fail(fault, ENOSYS, "snapshot");
}
