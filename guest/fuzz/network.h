/* The programs that tunnels of a fuzzed agent meet, in a network that nobody else is on. */
#ifndef HOLDFAST_FUZZ_NETWORK_H
#define HOLDFAST_FUZZ_NETWORK_H

/* Once: leaves the machine's network. */
void network_leave(void);
/* For each input: a server at 127.0.0.1:80, and nobody connected yet. */
void network_begin(void);
/* Between the agent's turns: they connect to 127.64.0.1:80 and send to port 53, take what comes, answer, go away. */
void network_step(void);
void network_end(void);

#endif
