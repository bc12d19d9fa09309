/** Observes a runtime and writes down what was seen. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rm, systemClock, systemRandom, writeFileAtomic } from '../../base/index.ts';
import type { CaptureProgress, CaptureRequest, Plan } from '../../contract/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { networkInputOf, networkOptions } from '../network-options.ts';
import { ownVersion } from '../own-version.ts';
import { Progress } from '../progress.ts';
import { createInputOf, defined, sandboxOptions } from '../sandbox-options.ts';

const { name: _, ...boxOptions } = sandboxOptions;
const options = {
  target: {
    kind: 'text',
    value: 'TARGET',
    description:
      "what to observe: holdfast (the default), an isolation, exec:'COMMAND', ssh:HOST, docker:, podman:, runc:, crun:, e2b or daytona",
  },
  output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to write it; profile.json if not said' },
  sessions: { kind: 'number', value: 'N', description: 'fresh sandboxes; 12 if not said' },
  windows: { kind: 'number', value: 'N', description: 'stretches of time they are spread over; 2 if not said' },
  windowGap: { kind: 'duration', value: 'TIME', description: 'between two windows; 10m if not said' },
  rounds: { kind: 'number', value: 'N', description: 'timed rounds per session; 50 if not said, 0 for none' },
  warmups: { kind: 'number', value: 'N', description: 'rounds before them that are thrown away; 3 if not said' },
  repeats: { kind: 'number', value: 'N', description: 'passes over all fields per session; 1 if not said' },
  timeout: { kind: 'duration', value: 'TIME', description: 'of one operation; 30s if not said' },
  sessionLimit: { kind: 'duration', value: 'TIME', description: 'of one session; 15m if not said' },
  seed: { kind: 'number', value: 'N', description: 'of the order of operations within rounds; 1 if not said' },
  ...boxOptions,
  ...networkOptions,
} as const;

const command: Command = defineCommand({
  name: 'profile capture',
  summary: 'Observes any runtime that runs commands and writes down what was seen; repeated after an end, it goes on.',
  examples: [
    ['holdfast profile capture --sessions 1 --windows 1 --rounds 3', 'a short look at a sandbox as `create` makes it'],
    ['holdfast profile capture --template debian -o debian.json', 'twelve sandboxes in two windows of time'],
    ['holdfast profile capture --target exec:sh --sessions 1 --rounds 0 -o here.json', 'this machine'],
  ],
  arguments: {},
  options,
  async run({ options: given, context }) {
    const plan = planOf(given);
    const network = await networkInputOf(given);
    const { captureProfile, forgetPartial, hostLoad, proberOf, targetOf } = await import('../../contract/index.ts');
    using interrupts = new Interrupts(context.io);
    const output = given.output ?? 'profile.json';
    const directory = await mkdtemp(join(tmpdir(), 'hfp-'));
    try {
      const target = await targetOf(given.target ?? 'holdfast', {
        clock: systemClock,
        random: systemRandom,
        service: () => context.service(),
        create: { ...createInputOf({ ...given, name: undefined }), ...defined('network', network) },
        directory,
        workingDirectory: context.io.directory,
      });
      await using progress = new Progress(context.io, context.output);
      const request: CaptureRequest = {
        target,
        plan,
        prober: proberOf(ownVersion()),
        output,
        sessionLimitMs: given.sessionLimit ?? 15 * 60_000,
        clock: systemClock,
        random: systemRandom,
        load: hostLoad,
        signal: interrupts.signal,
        onProgress: (at) => showProgress(progress, at),
      };
      const profile = await captureProfile(request);
      await writeFileAtomic(output, `${JSON.stringify(profile)}\n`, { sync: true, mode: 0o644 });
      await forgetPartial(request, profile);
      await progress[Symbol.asyncDispose]();
      const { showProfile } = await import('../profile-view.ts');
      await showProfile(profile, context.output, { file: output, brief: true });
      return profile.complete ? 0 : 1;
    } catch (error) {
      if (interrupts.status === null) throw error;
      await tellHowToGoOn(context, output);
      return interrupts.status;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
});
export default command;

interface PlanOptions {
  sessions: number | undefined;
  windows: number | undefined;
  windowGap: number | undefined;
  rounds: number | undefined;
  warmups: number | undefined;
  repeats: number | undefined;
  timeout: number | undefined;
  seed: number | undefined;
}

function planOf(given: PlanOptions): Plan {
  const sessions = whole('--sessions', given.sessions ?? 12, 1, 1000);
  const rounds = whole('--rounds', given.rounds ?? 50, 0, 10_000);
  return {
    sessions,
    windows: whole('--windows', given.windows ?? Math.min(2, sessions), 1, sessions),
    windowGapMs: given.windowGap ?? 600_000,
    rounds,
    warmups: whole('--warmups', given.warmups ?? (rounds === 0 ? 0 : 3), 0, 1000),
    repeats: whole('--repeats', given.repeats ?? 1, 0, 100),
    timeoutMs: whole('--timeout', given.timeout ?? 30_000, 1000, 3_600_000),
    seed: whole('--seed', given.seed ?? 1, 0, 2 ** 31),
  };
}

function whole(flag: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new HoldfastError('invalid-argument', `${flag} does not take ${value}`, {
    hint: `It takes a whole number from ${least} to ${most}.`,
    details: { flag, value },
  });
}

function showProgress(progress: Progress, { session, sessions, step, note }: CaptureProgress): void {
  if (note !== null) progress.note(note);
  else progress.show('session', { done: session, of: sessions, step });
}

async function tellHowToGoOn({ output }: Context, file: string): Promise<void> {
  await output.say(`holdfast: interrupted; the same command goes on from the sessions kept in ${file}.part`);
}
