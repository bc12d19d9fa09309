import type { Profile } from '../../contract/index.ts';
import type { Observed, Seen } from '../../noise/index.ts';
import type { ErrorCode } from '../../schema/error-class.ts';
import type { HoldfastService, PlannedFault } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { loadContract, loadProfile, type Place } from '../contract-files.ts';
import { writeOutput } from '../output-file.ts';
import { wrongValue } from '../values.ts';

const command: Command = defineCommand({
  name: 'faults calibrate',
  summary: 'Writes a fault plan: rates as a profile or recordings of production show them, or else the 5 % dial.',
  examples: [
    ['holdfast faults calibrate -o plan.yaml', 'nothing is known: 5 % of calls meet something'],
    ['holdfast faults calibrate --profile profile.json --factor 2', 'twice what production showed'],
    [
      'holdfast faults calibrate --recording run --net --contract coding-agent',
      'what failed in a run, as the contract words it',
    ],
  ],
  arguments: {},
  options: {
    profile: { kind: 'text', value: 'FILE', description: 'what was observed in production' },
    recording: { kind: 'list', value: 'REF', description: 'of a run in production; may be repeated' },
    factor: { kind: 'number', value: 'K', description: 'multiplies what was observed; 1 if not said' },
    dial: { kind: 'number', value: 'SHARE', description: 'of calls, for what nobody observed; 0.05 if not said' },
    control: { kind: 'number', value: 'SHARE', description: 'of rollouts that meet nothing; 0.5 if not said' },
    seed: { kind: 'text', value: 'SEED', description: '1 if not said' },
    contract: { kind: 'text', value: 'NAME', description: 'leaves out errors that this contract does not know' },
    net: { kind: 'flag', description: 'faults of the network too' },
    output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to write it; stdout if not said' },
  },
  async run({ options, context: { io, output, ...context } }) {
    const noise = await import('../../noise/index.ts');
    const { calibratedPlan, planText } = noise;
    const { faultPlanSchema, parseInput } = await import('../../schema/index.ts');
    const { factor = 1, dial = 0.05, control = 0.5, seed = '1' } = options;
    if (!(factor > 0 && factor <= 1000)) throw wrongValue('--factor', factor, 'a number above 0 and at most 1000');
    if (!(dial >= 0 && dial <= 1)) throw wrongValue('--dial', dial, 'a share from 0 to 1');
    if (!(control >= 0 && control <= 1)) throw wrongValue('--control', control, 'a share from 0 to 1');
    const profile = options.profile === undefined ? null : await loadProfile(options.profile, io);
    const { isKnown, codes } = await knownBy(options.contract, io);
    const recorded =
      options.recording.length === 0
        ? []
        : await seenInRecordings(await context.service(), options.recording, new noise.Observed());
    const whole = calibratedPlan({
      seen: [...(profile ? seenIn(profile, noise) : []), ...recorded],
      codes,
      factor,
      dial,
      control,
      seed: /^-?\d{1,15}$/.test(seed) ? Number(seed) : seed,
      name: `as ${profile?.target.title ?? (options.recording.join(', ') || 'the dial says')}`.slice(0, 128),
      hasNetwork: options.net,
    });
    const parsed = parseInput(faultPlanSchema, whole, 'the plan');
    const plan = { ...whole, faults: whole.faults.filter((_, at) => isKnown(parsed.faults[at])) };
    if (options.json) await output.document(plan);
    else {
      const text = await planText(plan);
      if (options.output === undefined) await output.data(text);
      else await writeOutput(options.output, io, text, { mode: 0o644 });
    }
    const measured = plan.faults.filter(({ rate }) => rate !== undefined).length;
    await output.hint(`${measured} faults as observed, ${plan.faults.length - measured} share the dial of ${dial}`);
    if (control > 0)
      await output.hint(
        `a share of ${control} of the rollouts meets none of them (--control): over all, that much less`,
      );
    if (options.net && options.recording.length === 0)
      await output.hint('those of the network share the dial: only recordings (--recording) show how often it broke');
    return 0;
  },
});
export default command;

interface Known {
  isKnown(fault: PlannedFault | undefined): boolean;
  codes: { code: ErrorCode; rate: number }[];
}

/** A contract's sandboxes refuse a plan that would teach what the contract does not say. */
async function knownBy(name: string | undefined, place: Place): Promise<Known> {
  if (name === undefined) return { isKnown: () => true, codes: [] };
  const { codesOf } = await import('../../tools/index.ts');
  const { errorCodes } = await import('../../schema/index.ts');
  const { value } = await loadContract(name, place);
  const known = new Set<string>(value.failures.map(({ code }) => code));
  const isOurs = (code: ErrorCode): boolean => ['infrastructure', 'bug'].includes(errorCodes[code].fault);
  const codes = Object.keys(errorCodes) as ErrorCode[]; // the list is closed
  return {
    isKnown: (fault) =>
      fault !== undefined &&
      codesOf(fault).every((code) => known.has(code) || ['caller', 'policy'].includes(errorCodes[code].fault)),
    codes: codes.filter(isOurs).flatMap((code) => {
      const rate = Math.max(0, ...value.failures.filter((term) => term.code === code).map((term) => term.rate));
      return rate > 0 ? [{ code, rate }] : [];
    }),
  };
}

/** How each operation of the profile went, over all sessions. Nothing of a profile goes over the network. */
function seenIn({ latency }: Profile, { burstIndex, spreadOf }: typeof import('../../noise/index.ts')): Seen[] {
  const byOperation = new Map<string, { okMs: number[]; outcomes: string[] }>();
  for (const { operation, role, samples } of latency.series) {
    if (role !== 'operation') continue;
    const known = byOperation.get(operation) ?? { okMs: [], outcomes: [] };
    known.okMs.push(...samples.filter(({ outcome }) => outcome === 'ok').map(({ clientMs }) => clientMs));
    known.outcomes.push(...samples.map(({ outcome }) => outcome));
    byOperation.set(operation, known);
  }
  return [...byOperation]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([operation, { okMs, outcomes }]) => {
      // What is timed as filesystem.* is work of a program; files that the runtime itself carries are file.*.
      const about = operation.startsWith('file.') ? 'files' : 'programs';
      const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
      return {
        operation,
        about,
        calls: outcomes.length,
        failures: [
          about === 'files'
            ? { kind: 'tool.error', code: 'deadline-exceeded', count: count('timed-out') }
            : { kind: 'exec.timeout-early', code: null, count: count('timed-out') },
          { kind: 'tool.error', code: null, count: count('error') },
        ],
        ...spreadOf(okMs),
        burstIndex: burstIndex(outcomes.map((outcome) => outcome !== 'ok')),
      };
    });
}

async function seenInRecordings(
  service: Pick<HoldfastService, 'recordingEvents' | 'getRecording'>,
  names: readonly string[],
  observed: Observed,
): Promise<Seen[]> {
  for (const name of names) {
    const { id } = await service.getRecording(name);
    let after = 0;
    for (;;) {
      const { items } = await service.recordingEvents(id, { after, limit: 1000 });
      for (const event of items) observed.take(id, event);
      const last = items.at(-1);
      if (!last) break;
      after = last.sequence;
    }
  }
  return observed.seen();
}
