/* One static binary, several jobs: `agent` inside a sandbox, `relay`, `bridge` and `pump` around one, `launcher` and `layers` on the host,
 * and the first process of a machine, which the kernel starts as `/init` with arguments of its own. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "common/protocol.h"

/* Parts that are not linked into this binary are told so. */
__attribute__((weak)) int launcher_main(int argc, char **argv);
__attribute__((weak)) int layers_main(int argc, char **argv);
__attribute__((weak)) int machine_main(int argc, char **argv);
__attribute__((weak)) int relay_main(int argc, char **argv);
__attribute__((weak)) int bridge_main(int argc, char **argv);
__attribute__((weak)) int pump_main(int argc, char **argv);
__attribute__((weak)) int clock_main(int argc, char **argv);
__attribute__((weak)) int mapped_main(int argc, char **argv);

static int version_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  printf("holdfast-guest protocol %d\n", HF_VERSION);
  return 0;
}

int main(int argc, char **argv) {
  static int (*const mains[])(int, char **) = {agent_main,  launcher_main, layers_main, relay_main,
                                               bridge_main, pump_main,     clock_main,  mapped_main, version_main};
  static const char *const names[] = {"agent", "launcher", "layers", "relay", "bridge", "pump", "clock", "mapped", "version"};
  if (machine_main && getpid() == 1 && argc > 0 && strcmp(argv[0], "/init") == 0) return machine_main(argc, argv);
  for (size_t i = 0; argc > 1 && i < sizeof names / sizeof *names; i++) {
    if (strcmp(argv[1], names[i]) != 0) continue;
    if (mains[i]) return mains[i](argc - 1, argv + 1);
    fprintf(stderr, "holdfast-guest: this binary was built without '%s'\n", argv[1]);
    return 70;
  }
  fprintf(stderr, "usage: holdfast-guest agent|launcher|layers|relay|bridge|pump|clock|mapped|version [options]\n");
  return 64;
}
