/* RENEW: this agent was one of many until now, because the memory it lives in was restored, perhaps more than once.
 *
 * 1. Its incarnation and lease are its own when this is answered, and a port in the middle of a frame looks for the next client.
 * 2. So are programs that drew random numbers before: what lies in /etc/holdfast/renewed.d is run, in the order of its names, and
 *    waited for. It has so long; what it said and how it ended is kept like that of any process. Which begins and which failed is on
 *    its stderr: whoever sent RENEW reads there what became of them (src/compute/hooks.ts).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { hooks_ms = 15000 };

static const char hooks_place[] = "/etc/holdfast/renewed.d";
static const char hooks_script[] =
    "status=0; for hook in /etc/holdfast/renewed.d/*; do [ -x \"$hook\" ] || continue; echo \"$hook begins\" >&2; "
    "\"$hook\" || { status=$?; echo \"$hook ended with status $status\" >&2; }; done; exit $status";

static bool hooks_there(struct agent *agent) {
  int fd = path_open(agent, hooks_place, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

/* Its name is not in use: whatever numbers were, processes of an earlier restore are there too. */
static void name_hooks(struct agent *agent, char name[max_id_bytes]) {
  uint64_t number = agent->sequence;
  do snprintf(name, max_id_bytes, "renewed-%llu", (unsigned long long)++number);
  while (process_find(agent, name));
}

static void run_hooks(struct connection *c, uint32_t id, const char *word) {
  char name[max_id_bytes], generation[sizeof c->agent->incarnation + 32], message[160];
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char *argv[] = {"/bin/sh", "-c", (char *)hooks_script, NULL}, *env[] = {path, generation, NULL};
  struct fields f = {.argv = argv, .argc = 3, .env = env, .envc = 2};
  int error;
  name_hooks(c->agent, name);
  snprintf(generation, sizeof generation, "HOLDFAST_GENERATION=%s", word);
  f.strings[HF_TAG_PROCESS_ID] = name;
  f.strings[HF_TAG_CWD] = "/";
  f.ints[HF_TAG_TIMEOUT_MS] = hooks_ms;
  f.present = UINT64_C(1) << HF_TAG_PROCESS_ID | UINT64_C(1) << HF_TAG_CWD | UINT64_C(1) << HF_TAG_TIMEOUT_MS;
  struct process *p = process_begin(c->agent, &f, message, sizeof message, &error);
  if (p) life_await(c, id, p);
  else answer_error(c, id, error, message);
}

/* Process deadlines go by the monotonic clock, which went on from where it stood, or was held by STILL. */
void agent_renew(struct connection *c, uint32_t id, struct fields *f) {
  struct agent *agent = c->agent;
  if (!has(f, HF_TAG_INCARNATION) || !has(f, HF_TAG_GENERATION) || !has(f, HF_TAG_LEASE_MS))
    return answer_error(c, id, EINVAL, "RENEW needs incarnation, generation and leaseMs");
  uint64_t lease = f->ints[HF_TAG_LEASE_MS];
  const char *incarnation = f->strings[HF_TAG_INCARNATION];
  if (lease > UINT32_MAX) return answer_error(c, id, EINVAL, "leaseMs is at most 2^32 - 1");
  const char *generation = f->strings[HF_TAG_GENERATION];
  if (strlen(incarnation) >= sizeof agent->incarnation || strlen(generation) >= sizeof agent->incarnation)
    return answer_error(c, id, EINVAL, "incarnation and generation are at most 128 bytes");
  life_go_on(agent);
  strcpy(agent->incarnation, incarnation);
  agent->started_wall = clock_ms(CLOCK_REALTIME);
  agent->lease_at = lease ? agent->now + lease : NO_DEADLINE;
  if (hooks_there(agent)) run_hooks(c, id, generation);
  else answer_ok(c, id);
  ports_realign(agent, c);
}
