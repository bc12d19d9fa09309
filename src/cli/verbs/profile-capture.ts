/** Observes a runtime and writes down what was seen. */
import { resolve } from 'node:path';
import { type Command, defineCommand } from '../command.ts';
import { captureLive, planOf } from '../live-profile.ts';
import { liveSandboxOf, liveSandboxOptions } from '../live-sandbox.ts';
import { isReplaced, writeOutput } from '../output-file.ts';

const usualOutput = 'profile.json';

const options = {
  target: {
    kind: 'text',
    value: 'TARGET',
    description:
      "what to observe: holdfast (the default), an isolation, exec:'COMMAND', ssh:HOST, docker:, podman:, runc:, crun:, e2b or daytona",
  },
  output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to write it; profile.json if not said' },
  sessions: { kind: 'whole', value: 'N', description: 'fresh sandboxes; 12 if not said' },
  windows: { kind: 'whole', value: 'N', description: 'stretches of time they are spread over; 2 if not said' },
  windowGap: { kind: 'duration', value: 'TIME', description: 'between two windows; 10m if not said' },
  rounds: { kind: 'whole', value: 'N', description: 'timed rounds per session; 50 if not said, 0 for none' },
  warmups: { kind: 'whole', value: 'N', description: 'rounds before them that are thrown away; 3 if not said' },
  repeats: { kind: 'whole', value: 'N', description: 'passes over all fields per session; 1 if not said' },
  timeout: { kind: 'duration', value: 'TIME', description: 'of one operation; 30s if not said' },
  sessionLimit: { kind: 'duration', value: 'TIME', description: 'of one session; 15m if not said' },
  seed: { kind: 'whole', value: 'N', description: 'of the order of operations within rounds; 1 if not said' },
  ...liveSandboxOptions,
} as const;

const command: Command = defineCommand({
  name: 'profile capture',
  summary: 'Observes any runtime that runs commands and writes down what was seen; repeated after an end, it goes on.',
  examples: [
    ['holdfast profile capture --sessions 1 --windows 1 --rounds 3', 'a short look at a sandbox as `create` makes it'],
    [
      'holdfast profile capture --side training -o training.json',
      'twelve, as the project has them, in two windows of time',
    ],
    ['holdfast profile capture --target exec:sh --sessions 1 --rounds 0 -o here.json', 'this machine'],
  ],
  arguments: {},
  options,
  async run({ options: given, context }) {
    const output = given.output ?? usualOutput;
    // Beside a pipe or a device nothing is kept.
    const besides = (await isReplaced(resolve(context.io.directory, output))) ? output : usualOutput;
    return captureLive(
      {
        target: given.target,
        create: await liveSandboxOf(given, given.target, context),
        plan: planOf(given),
        sessionLimitMs: given.sessionLimit,
        output: besides,
        keep: async (profile) => {
          await writeOutput(output, context.io, `${JSON.stringify(profile)}\n`, { sync: true, mode: 0o644 });
          const { showProfile } = await import('../profile-view.ts');
          await showProfile(profile, context.output, { file: output, brief: true });
          return profile.complete ? 0 : 1;
        },
      },
      context,
    );
  },
});
export default command;
