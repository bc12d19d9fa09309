/* What programs of a sandbox start with whose chance follows from a seed; launcher/seeded.c says why. Both are inherited, also
 * over an exec, and cannot be taken back where no new privileges are to be had. */
#ifndef HF_SEEDED_H
#define HF_SEEDED_H

#include <stdbool.h>

/* Programs lie at the same addresses, and OpenSSL trusts /dev/urandom. False with errno where this kernel cannot. */
bool hf_seeded_places(void);

/* getrandom answers ENOSYS, everything else is as it was. False with errno. */
bool hf_seeded_calls(void);

#endif
