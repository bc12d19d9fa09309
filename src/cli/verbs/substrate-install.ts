import { kitKinds } from '../../compute/late.ts';
import { type Command, defineCommand } from '../command.ts';
import { installGvisor } from '../install-gvisor.ts';
import { type Installation, installMachines } from '../install-machines.ts';
import { chosen } from '../values.ts';

/** What can be installed, and how. */
const installers = {
  gvisor: installGvisor,
  microvm: installMachines,
  vm: installMachines,
} as const satisfies Record<string, (installation: Installation) => Promise<void>>;
const isolationOf = { gvisor: 'userspace-kernel', microvm: 'microvm', vm: 'vm' } as const;
const names = Object.keys(installers) as (keyof typeof installers)[];

const command: Command = defineCommand({
  name: 'substrate install',
  summary: 'Installs what a way to run sandboxes needs: programs, kernel, template. May be repeated.',
  examples: [
    ['holdfast substrate install gvisor', "runsc: the machine's package, or a newer one by Go where that is too old"],
    ['holdfast substrate install microvm', 'QEMU, a Debian kernel and a Debian template'],
    [
      'holdfast substrate install microvm --kernel own',
      'a kernel built here for machines alone, which starts in half the time',
    ],
  ],
  arguments: { name: { description: names.join(' or ') } },
  options: {
    withoutTemplate: {
      kind: 'flag',
      description: 'for virtual machines: programs and kernel only, no template debian',
    },
    kernel: {
      kind: 'text',
      value: 'KIND',
      description: `for virtual machines: ${kitKinds.join(' or ')}; whichever is there, else debian, if not said`,
    },
  },
  async run({ args, options, context: { output, ...context } }) {
    const name = chosen('name', args.name, names);
    const { withoutTemplate } = options;
    const kernel = options.kernel === undefined ? undefined : chosen('--kernel', options.kernel, kitKinds);
    const say = (line: string): void => void output.hint(line);
    await installers[name]({ say, service: () => context.service(), withoutTemplate, kernel });
    if (options.json) await output.document({ substrate: name, installed: true });
    else await output.line(name);
    await output.hint(`next: holdfast doctor, then holdfast create --isolation ${isolationOf[name]}`);
    return 0;
  },
});
export default command;
