/**
 * A plan from what production showed: how often each call timed out or failed, and with what; how late it was. Where nothing
 * is known, the dial says how much goes wrong, and the weights of the kinds say what.
 */
import { stringify } from 'yaml';
import type { FaultPlanInput, PlannedFault } from '../schema/index.ts';
import { faultKinds, faultPlanFormat } from '../schema/index.ts';
import { kindFacts } from './kinds.ts';

/** What was seen of one operation, whoever saw it. */
export interface Seen {
  operation: string;
  /** Programs that are run, files that are worked with, or connections. */
  about: 'programs' | 'files' | 'network';
  calls: number;
  timedOut: number;
  failed: number;
  /** Of those that went well. */
  medianMs: number;
  p99Ms: number;
  /** How much more likely a failure is right after another one; null where there are too few. */
  burstIndex: number | null;
}

export interface Calibration {
  seen: readonly Seen[];
  /** Multiplies what was seen: 1 is production itself, 2 a late curriculum. */
  factor: number;
  /** For what nobody has seen. */
  dial: number;
  seed: number | string;
  name: string;
  /** The plan may name faults of the network. */
  hasNetwork: boolean;
}

type Given = FaultPlanInput['faults'][number];

export function calibratedPlan({ seen, factor, dial, seed, name, hasNetwork }: Calibration): FaultPlanInput {
  const faults = seen.flatMap((one) => faultsOf(one, factor));
  const known = new Set(faults.map(({ kind }) => kind));
  const bursts = seen.flatMap(({ burstIndex }) => burstIndex ?? []);
  const index = bursts.length === 0 ? 1 : bursts.reduce((sum, one) => sum + one, 0) / bursts.length;
  const others = usualKinds(hasNetwork).filter((kind) => !known.has(kind));
  return {
    format: faultPlanFormat,
    name,
    seed,
    dial,
    control: 0.5,
    ...(index > 1.5 ? { dependencies: { production: burstOf(index) } } : {}),
    faults: [
      ...faults.map((fault) => (index > 1.5 ? { ...fault, dependency: 'production' } : fault)),
      // What a profile cannot show, such as lost acknowledgements, shares the dial.
      // Each has what its kind wants: no kind wants more.
      ...others.map((kind) => ({ id: kind.replace('.', '-'), kind }) as Given),
    ],
  };
}

/** Seldom enough that the chances of one call may be added. */
function faultsOf({ operation, about, calls, timedOut, failed, medianMs, p99Ms }: Seen, factor: number): Given[] {
  const id = operation
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  const rate = (count: number): number => Math.min(1, Number(((count / Math.max(1, calls)) * factor).toPrecision(3)));
  const late = p99Ms > 3 * medianMs && medianMs > 0;
  if (about === 'network') {
    return [
      ...(timedOut > 0 ? [{ id: `${id}-silent`, kind: 'network.drop', rate: rate(timedOut) } as const] : []),
      ...(failed > 0 ? [{ id: `${id}-failed`, kind: 'network.reset', rate: rate(failed) } as const] : []),
    ];
  }
  const calledAs = about === 'files' ? ['files', 'write-file'] : ['shell', 'exec', 'start-process'];
  return [
    ...(timedOut > 0 && about === 'programs'
      ? [{ id: `${id}-timeout`, kind: 'exec.timeout-early', rate: rate(timedOut), calls: calledAs } as const]
      : []),
    ...(failed > 0 ? [{ id: `${id}-failed`, kind: 'tool.error', rate: rate(failed), calls: calledAs } as const] : []),
    ...(late
      ? [
          {
            id: `${id}-late`,
            kind: about === 'files' ? 'filesystem.slow' : 'exec.slow-start',
            // Beyond the median by more than anybody waits for: one in a hundred, as the quantile says.
            rate: Math.min(1, 0.01 * factor),
            delay: { medianMs: round(p99Ms - medianMs), p99Ms: round(3 * (p99Ms - medianMs)) },
            calls: calledAs,
          } as const,
        ]
      : []),
  ];
}

const round = (ms: number): number => Math.max(1, Number(ms.toPrecision(2)));

/** The mean stays what it was; failures keep together as they were seen to. */
function burstOf(index: number): { enter: number; leave: number; factor: number } {
  return { enter: 0.02, leave: 0.2, factor: Math.min(20, Number((index * 2).toPrecision(2))) };
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
export const planText = (plan: FaultPlanInput): string => stringify(plan, { lineWidth: 0 });
