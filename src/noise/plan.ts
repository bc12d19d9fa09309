/**
 * A plan made ready for one episode: which of its faults are active, and at which rate each comes. Pure: the same plan and
 * episode give the same answer everywhere.
 *
 * 1. Whether a rollout is a control, and which faults are active in it, are draws of their own (level one); which calls
 *    they hit are others (level two).
 * 2. What a fault of this plan does follows from its own id and rate: another fault that is added or removed moves no draw.
 *    Only faults that name no rate share the dial, and are told apart by it.
 */
import { canonicalDigest, type DrawWords, keyedDraw } from '../base/index.ts';
import type { FaultEpisode, FaultPlan, PlannedFault } from '../schema/index.ts';
import { type Channel, kindFacts } from './kinds.ts';

export interface ReadyFault {
  readonly fault: PlannedFault;
  readonly channel: Channel;
  /** Outside bursts, before its position. */
  readonly rate: number;
}

export interface ReadyPlan {
  readonly plan: FaultPlan;
  readonly episode: FaultEpisode;
  /** sha256 of the plan's canonical JSON, hex. */
  readonly digest: string;
  readonly control: boolean;
  /** Those that are active in this episode, in the plan's order. */
  readonly faults: readonly ReadyFault[];
  /** Words that every draw of this episode begins with. */
  readonly words: DrawWords;
  /** Most injections on each side: they are counted apart, so the plan's budget is split between them. */
  readonly budget: Readonly<Record<Side, number>>;
}

/** Who counts: the daemon what passes the door, the sandbox's gateway what goes over the network. */
export type Side = 'door' | 'network';

export const sideOf = (channel: Channel): Side => (channel === 'call' ? 'door' : 'network');

export const planDigest = (plan: FaultPlan): string => canonicalDigest(plan);

export function readyPlan(plan: FaultPlan, episode: FaultEpisode): ReadyPlan {
  const { task, group, rollout } = episode;
  const own: DrawWords = [task, group, rollout];
  const words = plan.group === 'shared' ? [task, group, '*'] : own;
  const control = keyedDraw(plan.seed, [...own, 'control']).unit < plan.control;
  const rates = ratesOf(plan);
  const active = ({ id, activation = plan.activation }: PlannedFault): boolean =>
    keyedDraw(plan.seed, [...words, 'activation', id]).unit < activation;
  const faults = (control ? [] : plan.faults.filter(active)).map((fault) => ({
    fault,
    channel: kindFacts[fault.kind].channel,
    rate: rates.get(fault.id) ?? 0,
  }));
  return { plan, episode, digest: planDigest(plan), control, words, faults, budget: budgetsOf(plan, faults, words) };
}

/** In the proportion of what can come; who has the rest of the division is a draw. All of it where only one side has faults. */
function budgetsOf({ budget, seed }: FaultPlan, faults: readonly ReadyFault[], words: DrawWords): ReadyPlan['budget'] {
  if (budget === undefined) return { door: Number.POSITIVE_INFINITY, network: Number.POSITIVE_INFINITY };
  const sumOf = (side: Side): number =>
    faults.reduce((sum, { channel, rate }) => sum + (sideOf(channel) === side ? rate : 0), 0);
  const [door, network] = [sumOf('door'), sumOf('network')];
  const exact = network === 0 ? budget : (budget * door) / (door + network);
  const whole = Math.floor(exact);
  const rest = keyedDraw(seed, [...words, 'budget']).unit < exact - whole ? 1 : 0;
  return { door: whole + rest, network: budget - whole - rest };
}

/** The dial is a share of the calls, and of what goes over the network: each is split by itself. */
export function ratesOf({ faults, dial }: Pick<FaultPlan, 'faults' | 'dial'>): Map<string, number> {
  const isCall = ({ kind }: PlannedFault): boolean => kindFacts[kind].channel === 'call';
  const totals = new Map<boolean, number>();
  for (const fault of faults.filter(({ rate }) => rate === undefined)) {
    totals.set(isCall(fault), (totals.get(isCall(fault)) ?? 0) + kindFacts[fault.kind].weight);
  }
  return new Map(
    faults.map((fault) => [
      fault.id,
      fault.rate ?? (dial * kindFacts[fault.kind].weight) / (totals.get(isCall(fault)) ?? 1),
    ]),
  );
}

/** Of an episode's call, counted from 1: how much more or less than elsewhere. Their mean over the horizon is 1. */
export function positionWeight({ position, horizon }: FaultPlan, at: number): number {
  const place = Math.min(1, (at - 0.5) / horizon);
  if (position === 'early') return 2 * (1 - place);
  if (position === 'late') return 2 * place;
  return position === 'middle' ? 6 * place * (1 - place) : 1;
}
