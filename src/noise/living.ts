/** What the keeper knows of one sandbox while its episode goes on. */
import type { PlannedFault } from '../schema/index.ts';
import type { FaultRecord } from '../state/index.ts';
import { Episode, type EpisodeState } from './episode.ts';
import { Later } from './later.ts';
import { readyPlan } from './plan.ts';

export interface Living {
  readonly episode: Episode;
  readonly record: FaultRecord;
  /** Calls that are under way: what lasts is not ended beneath them. */
  underway: number;
  /** What calls answered last, the latest ones; null where no fault of the plan would tell it again. */
  readonly earlier: Map<string, unknown> | null;
  readonly later: Later;
  /** How long what is done to it at once may take. */
  readonly actTimeoutMs: number;
}

const actTimeoutMs = 120_000;

export function livingOf(record: FaultRecord): Living {
  const ready = readyPlan(record.given.plan, record.given.episode);
  const faults = ready.faults.map(({ fault }) => fault);
  return {
    episode: new Episode(ready, stateOf(record) ?? undefined),
    record,
    underway: 0,
    earlier: faults.some(({ kind }) => kind === 'tool.stale') ? new Map<string, unknown>() : null,
    later: new Later(),
    actTimeoutMs: actTimeoutMs + Math.max(0, ...faults.map(waitOf)),
  };
}

/** What passes takes as long as the plan says. */
function waitOf(fault: PlannedFault): number {
  if (fault.kind === 'lifecycle.suspend-gap') return fault.gapMs;
  return fault.kind === 'lifecycle.reap-notice' ? fault.noticeMs : 0;
}

/** Only the keeper wrote it. */
export const stateOf = ({ state }: FaultRecord): EpisodeState | null => state as EpisodeState | null;
