/**
 * A plan from what production showed: how often each call timed out or failed, and with what; how late it was. Where nothing
 * is known, the dial says how much goes wrong, and the weights of the kinds say what.
 *
 * 1. The mean rate of a fault over its calls is the share that was seen, times the factor, whatever the bursts.
 * 2. Operations of one sort are met in the proportion in which they were called: their rates add up to that of the sort.
 */
import { canonicalDigest } from '../base/index.ts';
import type { ErrorCode, FaultPlanInput, PlannedFault } from '../schema/index.ts';
import { faultKinds, faultPlanFormat } from '../schema/index.ts';
import { kindFacts } from './kinds.ts';

/** What was seen of one operation, whoever saw it. */
export interface Seen {
  operation: string;
  /** Programs that are run, files that are worked with, calls of whatever tools `names` says, or the network. */
  about: 'programs' | 'files' | 'tools' | 'network';
  /** The very calls; absent, all that are about the same. */
  names?: readonly string[];
  calls: number;
  failures: readonly SeenFailure[];
  /** Of those that went well. */
  medianMs: number;
  p99Ms: number;
  /** How much more likely a failure is right after another one; null where there are too few. */
  burstIndex: number | null;
}

export interface SeenFailure {
  /** As which it is met again. */
  kind: PlannedFault['kind'];
  /** For `tool.error`: null where whoever saw it does not know. */
  code: ErrorCode | null;
  count: number;
}

export interface Calibration {
  seen: readonly Seen[];
  /** How often a contract lets each error come: failures without a known code are told apart by it. */
  codes: readonly { code: ErrorCode; rate: number }[];
  /** Multiplies what was seen: 1 is production itself, 2 a late curriculum. */
  factor: number;
  /** For what nobody has seen. */
  dial: number;
  /** Share of the rollouts that meet nothing: production, to learn beside. */
  control: number;
  seed: number | string;
  name: string;
  /** The plan may name faults of the network. */
  hasNetwork: boolean;
}

type Given = FaultPlanInput['faults'][number];

export function calibratedPlan({
  seen,
  codes,
  factor,
  dial,
  control,
  seed,
  name,
  hasNetwork,
}: Calibration): FaultPlanInput {
  const concerned = seen.filter(({ about }) => hasNetwork || about !== 'network');
  const mean = concerned.flatMap((one) => faultsOf(one, { factor, codes, share: shareOf(one, concerned) }));
  const known = new Set(mean.map(({ kind }) => kind));
  const bursts = concerned.flatMap(({ burstIndex }) => burstIndex ?? []);
  const index = bursts.length === 0 ? 1 : bursts.reduce((sum, one) => sum + one, 0) / bursts.length;
  const burst = index > 1.5 ? burstOf(index, Math.max(0, ...mean.map(({ rate = 0 }) => rate))) : null;
  const others = usualKinds(hasNetwork).filter((kind) => !known.has(kind));
  return {
    format: faultPlanFormat,
    name,
    seed,
    dial,
    control,
    ...(burst ? { dependencies: { production: burst.dependency } } : {}),
    faults: [
      ...mean.map((fault) =>
        burst ? { ...fault, dependency: 'production', rate: rounded((fault.rate ?? 0) / burst.meanFactor) } : fault,
      ),
      // What nobody can have seen, such as lost acknowledgements, shares the dial.
      // Each has what its kind wants: no kind wants more.
      ...others.map((kind) => ({ id: kind.replace('.', '-'), kind }) as Given),
    ],
  };
}

/** Of all calls that meet the same faults; in the network, lookups and connections are counted each by themselves. */
function shareOf({ calls, about, names = [] }: Seen, all: readonly Seen[]): number {
  if (about === 'network') return 1;
  const same = all.filter((one) => one.about === about && (one.names ?? []).join() === names.join());
  return (
    calls /
    Math.max(
      1,
      same.reduce((sum, one) => sum + one.calls, 0),
    )
  );
}

const rounded = (value: number): number => Number(value.toPrecision(4));
const callsAbout = {
  programs: ['shell', 'exec', 'start-process'],
  files: ['files', 'write-file'],
  tools: undefined,
  network: undefined,
} as const;

/** Seldom enough that the chances of one call may be added. */
function faultsOf(
  { operation, about, names = callsAbout[about], calls, failures, medianMs, p99Ms }: Seen,
  { factor, codes, share }: Pick<Calibration, 'factor' | 'codes'> & { share: number },
): Given[] {
  const rateOf = (seldom: number): number => rounded(Math.min(1, seldom * share * factor));
  const where = names === undefined ? {} : { calls: [...names] };
  const failing = failures.flatMap(({ kind, code, count }): Given[] => {
    const rate = count / Math.max(1, calls);
    if (count <= 0) return [];
    // Each of these kinds has what it wants, and those of the network take no calls.
    if (kind !== 'tool.error') return [{ id: idOf(operation, kind), kind, rate: rateOf(rate), ...where } as Given];
    return coded(code, codes).map((one) => ({
      id: idOf(operation, one.code ?? kind),
      kind,
      rate: rateOf(rate * one.share),
      ...(one.code === null ? {} : { code: one.code }),
      ...where,
    }));
  });
  if (!(medianMs > 0 && p99Ms > 3 * medianMs) || about === 'tools') return failing;
  const late = {
    id: idOf(operation, 'late'),
    // Beyond the median by more than anybody waits for: one in a hundred, as the quantile says.
    rate: rateOf(0.01),
    delay: { medianMs: roundedMs(p99Ms - medianMs), p99Ms: roundedMs(3 * (p99Ms - medianMs)) },
  };
  if (about === 'network') return [...failing, { ...late, kind: 'network.latency' }];
  return [...failing, { ...late, kind: about === 'files' ? 'filesystem.slow' : 'exec.slow-start', ...where }];
}

/** One whose code nobody knows is one of those that the contract lets come, in its proportions. */
function coded(code: ErrorCode | null, codes: Calibration['codes']): { code: ErrorCode | null; share: number }[] {
  const sum = codes.reduce((total, { rate }) => total + rate, 0);
  if (code !== null || sum === 0) return [{ code, share: 1 }];
  return codes.map((one) => ({ code: one.code, share: one.rate / sum }));
}

/** Names of operations and hosts are other people's: what does not fit is told apart by its digest. */
function idOf(operation: string, what: string): string {
  const words = `${operation}-${what}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const plain = /^[a-z]/.test(words) ? words : `x-${words}`;
  return plain.length <= 64 ? plain : `${plain.slice(0, 55)}-${canonicalDigest([operation, what]).slice(0, 8)}`;
}

const roundedMs = (ms: number): number => Math.max(1, Number(ms.toPrecision(2)));

/** Chance of a burst ending, at each call. */
const leave = 0.2;

/**
 * Failures keep together as they were seen to, and the mean stays what it was.
 *
 * In a share s of the calls a burst lasts, its state at two calls in a row correlates by r = 1 - enter - leave, and rates are
 * multiplied by f there. Then the mean is m = 1 + s (f - 1) times the rate outside, and the chance of a failure right after
 * another one is 1 + (f - 1)² s (1 - s) r / m² times that of one at all: the index, which gives f.
 * @param highest of all mean rates: none is to come above 1 in a burst
 */
function burstOf(
  index: number,
  highest: number,
): { dependency: { enter: number; leave: number; factor: number }; meanFactor: number } {
  // Bursts that are seldom enough to keep failures together by that much, and twice as much.
  const enter = rounded(leave * Math.min(0.1, 0.4 / (index - 1)));
  const share = enter / (enter + leave);
  const together = Math.sqrt(index - 1);
  const wanted = 1 + together / (Math.sqrt(share * (1 - share) * (1 - enter - leave)) - share * together);
  const most = highest > share ? (1 - share) / (highest - share) : Number.POSITIVE_INFINITY;
  const factor = Number(Math.max(1, Math.min(wanted, most, 1000)).toPrecision(3));
  return { dependency: { enter, leave, factor }, meanFactor: 1 + share * (factor - 1) };
}

const atDoor: ReadonlySet<PlannedFault['kind']> = new Set(
  faultKinds.filter((kind) => kind.startsWith('tool.') || kind.startsWith('exec.')),
);

/** Those that every sandbox can meet. */
function usualKinds(hasNetwork: boolean): PlannedFault['kind'][] {
  return faultKinds.filter(
    (kind) => atDoor.has(kind) || (hasNetwork && ['lookup', 'connection'].includes(kindFacts[kind].channel)),
  );
}

/** As people read and change it. */
export async function planText(plan: FaultPlanInput): Promise<string> {
  // No start of a daemon pays for it.
  const { stringify } = await import('yaml');
  return stringify(plan, { lineWidth: 0 });
}
