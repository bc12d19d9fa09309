/* The relay: holds a sandbox's listening sockets, starts its program and carries frames between whoever is connected and
 * the program's channels. guest/LAUNCHER.md has what it does; docs/design/machines.md why. */
#ifndef HOLDFAST_RELAY_H
#define HOLDFAST_RELAY_H

#include <stdbool.h>
#include <stddef.h>

/* What a relay is called whose channels have come to rest, see relay.c. */
#define RELAY_AT_REST "holdfast-rest"

enum { relay_channels = 8, relay_files = 16, relay_channel_at = 8, relay_file_at = 16 };

struct relay_options {
  int listeners[relay_channels]; /* one channel each, but as many as `clients` for the first, the agent's */
  size_t listener_count;
  size_t clients; /* at once at the first; 0 is 1 */
  int files[relay_files]; /* handed to the program as descriptors 16, 17, ... */
  size_t file_count;
  const char *program;            /* NULL: argv[0] is its path */
  char *const *again;             /* argv of later starts; NULL: the same */
  char *const *argv, *const *env; /* env NULL: this process's own */
  bool on_standard;              /* the first two channels are the program's standard input and output too */
  bool may_restart;              /* by SIGUSR1 and SIGUSR2, see relay.c */
  /* Called once, when the first channel's guest has answered for the first time. */
  void (*ready)(void *context);
  void *context;
};

struct relay;

/* Starts the program, each channel's end of it as descriptor 8, 9, ...; NULL with errno when it cannot be executed. The
 * descriptors in `options` are the relay's from then on. */
struct relay *relay_start(const struct relay_options *options);
/* Carries frames until the program has ended; its exit status, or 128 and the number of the signal that ended it. */
int relay_run(struct relay *relay);

/* Channels without a program to start: of each listener one, which may be named more than once. The other ends are in `ends`;
 * a process of its own carries, until the first of them is closed. */
bool relay_carry(const int *listeners, size_t count, int *ends);

/* `relay` subcommand: options from the command line. */
int relay_main(int argc, char **argv);

#endif
