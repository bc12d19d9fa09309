/* The launcher: makes sandboxes and answers guest/LAUNCHER.md on a socket. */
#ifndef HOLDFAST_LAUNCHER_H
#define HOLDFAST_LAUNCHER_H

/* `launcher` subcommand: serves file descriptor 0 until it ends. Also re-entered by itself, see configure.c. */
int launcher_main(int argc, char **argv);

#endif
