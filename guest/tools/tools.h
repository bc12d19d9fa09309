/* Small jobs of the host that need C and no launcher. */
#ifndef HOLDFAST_TOOLS_H
#define HOLDFAST_TOOLS_H

int clock_main(int argc, char **argv);
int mapped_main(int argc, char **argv);

#endif
