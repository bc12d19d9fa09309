import { writeFileAtomic } from '../../base/index.ts';
import type { Profile } from '../../contract/index.ts';
import type { Seen } from '../../noise/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import type { PlannedFault } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { loadContract, loadProfile, type Place } from '../contract-files.ts';

const command: Command = defineCommand({
  name: 'faults calibrate',
  summary: 'Writes a fault plan: rates as a production profile shows them, or else the 5 % dial.',
  examples: [
    ['holdfast faults calibrate -o plan.yaml', 'nothing is known: 5 % of calls meet something'],
    ['holdfast faults calibrate --profile profile.json --factor 2', 'twice what production showed'],
    ['holdfast faults calibrate --contract coding-agent', 'only errors that the contract knows'],
  ],
  arguments: {},
  options: {
    profile: { kind: 'text', value: 'FILE', description: 'what was observed in production' },
    factor: { kind: 'number', value: 'K', description: 'multiplies what was observed; 1 if not said' },
    dial: { kind: 'number', value: 'SHARE', description: 'of calls, for what nobody observed; 0.05 if not said' },
    seed: { kind: 'text', value: 'SEED', description: '1 if not said' },
    contract: { kind: 'text', value: 'NAME', description: 'leaves out errors that this contract does not know' },
    net: { kind: 'flag', description: 'faults of the network too' },
    output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to write it; stdout if not said' },
  },
  async run({ options, context: { io, output } }) {
    const { calibratedPlan, planText } = await import('../../noise/index.ts');
    const { faultPlanSchema, parseInput } = await import('../../schema/index.ts');
    const { factor = 1, dial = 0.05, seed = '1' } = options;
    if (!(factor > 0 && factor <= 1000)) throw wrong('--factor', 'above 0 and at most 1000');
    if (!(dial >= 0 && dial <= 1)) throw wrong('--dial', 'a share from 0 to 1');
    const profile = options.profile === undefined ? null : await loadProfile(options.profile, io);
    const isKnown = await knownBy(options.contract, io);
    const whole = calibratedPlan({
      seen: profile ? seenIn(profile) : [],
      factor,
      dial,
      seed: /^-?\d{1,15}$/.test(seed) ? Number(seed) : seed,
      name: profile ? `as ${profile.target.title}`.slice(0, 128) : 'the dial',
      hasNetwork: options.net,
    });
    const parsed = parseInput(faultPlanSchema, whole, 'the plan');
    const plan = { ...whole, faults: whole.faults.filter((_, at) => isKnown(parsed.faults[at])) };
    if (options.json) await output.document(plan);
    else {
      const text = planText(plan);
      if (options.output === undefined) await output.data(text);
      else await writeFileAtomic(options.output, text, { mode: 0o644 });
    }
    const measured = plan.faults.filter(({ rate }) => rate !== undefined).length;
    await output.hint(`${measured} faults as observed, ${plan.faults.length - measured} share the dial of ${dial}`);
    return 0;
  },
});
export default command;

const wrong = (flag: string, wanted: string): HoldfastError =>
  new HoldfastError('invalid-argument', `${flag} takes a number ${wanted}`);

/** A contract's sandboxes refuse a plan that would teach what the contract does not say. */
async function knownBy(name: string | undefined, place: Place): Promise<(fault: PlannedFault | undefined) => boolean> {
  if (name === undefined) return () => true;
  const { codesOf } = await import('../../tools/index.ts');
  const { errorCodes } = await import('../../schema/index.ts');
  const { value } = await loadContract(name, place);
  const known = new Set<string>(value.failures.map(({ code }) => code));
  return (fault) =>
    fault !== undefined &&
    codesOf(fault).every((code) => known.has(code) || ['caller', 'policy'].includes(errorCodes[code].fault));
}

/** How each operation of the profile went, over all sessions. */
function seenIn({ latency }: Profile): Seen[] {
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
      const sorted = [...okMs].sort((one, other) => one - other);
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
      return {
        operation,
        about: /^net|http|dns/.test(operation) ? 'network' : /^file|fs/.test(operation) ? 'files' : 'programs',
        calls: outcomes.length,
        timedOut: outcomes.filter((outcome) => outcome === 'timed-out').length,
        failed: outcomes.filter((outcome) => outcome === 'error').length,
        medianMs: at(0.5),
        p99Ms: at(0.99),
        burstIndex: burstIndexOf(outcomes.map((outcome) => outcome !== 'ok')),
      };
    });
}

/** The chance of one right after another, over the chance of one at all; null when there are too few to say. */
function burstIndexOf(failed: readonly boolean[]): number | null {
  const count = failed.filter(Boolean).length;
  const followed = failed.slice(0, -1).filter(Boolean).length;
  if (followed < 5 || count === failed.length) return null;
  const pairs = failed.filter((now, at) => now && failed[at - 1] === true).length;
  return pairs / followed / (count / failed.length);
}
