/* What the relay's parts share: relay.c is the loop, channel.c carries one channel, program.c starts and ends the program. */
#ifndef HOLDFAST_RELAY_INTERNAL_H
#define HOLDFAST_RELAY_INTERNAL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/frame.h"
#include "relay.h"

enum channel_state {
  channel_restarting, /* the next client is taken when RESTART has been answered */
  channel_idle,
  channel_open,
};

struct channel {
  enum channel_state state;
  int listener, client, guest; /* -1: none */
  int client_poll, guest_poll; /* places in the list of one turn */
  struct hf_buffer to_guest, to_client;
  size_t whole;                        /* bytes of whole frames at the front of to_guest */
  unsigned char head[HF_HEADER_BYTES]; /* of the guest's frame that is arriving */
  size_t head_length, body_left;
  bool hunting; /* where a frame of the guest begins is not known yet */
  bool drop; /* the guest's frame that is arriving is for nobody */
  bool lost; /* the guest closed it or broke the protocol: the program has to end */
  bool resting; /* it is to come to rest: no client is taken or read, and the guest is asked whether it has taken everything */
  bool asked, at_rest;
  unsigned question; /* the last one's number */
};

void channel_start(struct channel *channel);
/* Adds at most two descriptors to wait for. */
void channel_prepare(struct channel *channel, struct pollfd *polls, size_t *count);
void channel_ready(struct channel *channel, const struct pollfd *polls);
/* At rest the guest stands between two frames and is sent none, until this is taken back. */
void channel_rest(struct channel *channel, bool resting);
/* The program has ended: takes what it still said. */
void channel_finish(struct channel *channel);
void channel_close(struct channel *channel);

/* Starts the program with the channels' other ends; -1 and errno when it cannot. */
pid_t program_start(const struct relay_options *options, const int *ends, size_t count);
/* Collects whatever ended; true when the program did, and then its exit status as a shell would tell it. */
bool program_ended(pid_t program, int *status);

#endif
