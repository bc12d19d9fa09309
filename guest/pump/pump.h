/* The pump: moves the bytes of one sandbox's large tunnels, between the sandbox's sockets and those that the gateway has
 * dialled, without looking at one. guest/LAUNCHER.md, The pump, has what it is told and what it says. */
#ifndef HOLDFAST_PUMP_H
#define HOLDFAST_PUMP_H

/* `pump` subcommand: started by the gateway only, for one sandbox. */
int pump_main(int argc, char **argv);

#endif
