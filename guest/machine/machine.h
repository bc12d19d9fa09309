/* The first process of a machine: the kernel starts this binary as /init, and it serves the launcher's protocol on a serial
 * port of the machine for the one sandbox in it (guest/LAUNCHER.md, Inside a machine).
 *
 * init.c     mounts, modules, home, then the launcher's loop; the machine's end
 * devices.c  disks by serial, ports by name
 * vsock.c    both where a machine has neither serials nor ports
 * renew.c    what a machine restored from memory must be given anew; settle.c what can be done for that ahead
 * stand.c    its sandbox stands still, also while it is saved, and goes on
 *
 * 1. Everything here ends in bounded time: a device that does not come is reported to whoever configures the machine, a port
 *    that does not come ends it.
 * 2. The machine ends with its sandbox, with its launcher, and with any panic of its kernel.
 */
#ifndef HOLDFAST_MACHINE_H
#define HOLDFAST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../launcher/internal.h"

#define MACHINE_HOME "/rw"
#define MACHINE_BASE MACHINE_HOME "/layers/base"

/* Process 1. Does not return. */
int machine_main(int argc, char **argv);

/* ---- devices.c ---- */

/* The path of the disk with this serial number; false when there is none. */
bool disk_find(const char *serial, char *path, size_t room);
/* The port with this name, open and with somebody at its other end, or -1 after `ms`. */
int port_find(const char *name, int ms, struct fault *fault);

/* ---- vsock.c ---- */

/* The kernel's command line names vsock ports. */
bool vsock_wanted(void);
/* Listens on them, and gives the agent's channels to `machine`; the first process's own, or -1. */
int vsock_channels(struct machine *machine, struct fault *fault);
/* The path of the disk the command line names as `base`; false while there is none. */
bool disk_named(char *path, size_t room);

/* ---- renew.c ---- */

/* Gives /rw room for `bytes` more than it holds now. */
bool machine_disk(uint64_t bytes, struct fault *fault);
uint64_t machine_lend(uint8_t operation);
void machine_take_back(uint8_t operation, uint64_t left);
bool machine_renew(struct launcher *launcher, const struct request *request, struct fault *fault);

/* ---- stand.c ---- */

/* FREEZE's: when the channels next come to rest, not now. */
enum { stand_at_rest = 1 };

bool machine_stand(struct launcher *launcher, const struct request *request, bool still, struct fault *fault);
bool machine_at_rest(struct launcher *launcher);
bool machine_go_on(struct launcher *launcher, struct fault *fault);
/* A file of the sandbox's control group, below launcher->groups.v2.fd. */
void machine_group(const struct launcher *launcher, const char *file, char path[max_name + 32]);
bool machine_group_set(const struct launcher *launcher, const char *file, const char *text, struct fault *fault);

/* ---- settle.c ---- */

enum { run_machine_id, run_hostname, run_hosts, run_meminfo, run_generation, run_random, run_uuid };
enum { renew_request = 2 };

bool machine_settle(struct launcher *launcher, struct fault *fault);
/* Covers /proc/meminfo in a sandbox that was launched without a memory limit. */
bool settle_meminfo(struct launcher *launcher, struct fault *fault);
/* Sends one request, which is freed, and reads its answer: true when that is OK and comes within `ms`. */
bool agent_ask(int fd, struct hf_buffer *question, uint32_t id, unsigned ms);

/* ---- init.c ---- */

_Noreturn void leave_machine(int status);
/* On the kernel's console. */
void machine_say(const char *text);

#endif
