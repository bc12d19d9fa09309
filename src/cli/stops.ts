/** Agents that are stopped, for a person. */
import { HoldfastError } from '../schema/error-class.ts';
import type { AgentStop, CancelledSessions } from '../schema/index.ts';

/** One agent, or every one. */
export function whom(agent: string | undefined, all: boolean, verb: string): { agent?: string } {
  if (all === (agent !== undefined)) {
    throw new HoldfastError('invalid-argument', `agents ${verb} needs an agent, or --all`, {
      hint: `For example: holdfast agents ${verb} clerk`,
    });
  }
  return agent === undefined ? {} : { agent };
}

/** @param tenant whose, where that was said */
export const stopLine = ({ agent, everyTenant }: AgentStop, tenant?: string): string =>
  `${agent ?? 'all agents'}${everyTenant ? ' of every tenant' : tenant === undefined ? '' : ` of ${tenant}`}`;

/** What the switch came to: one that could not be logged ends nothing, and cuts off all the same. */
export const endedLine = ({ cancelled, paused }: CancelledSessions, within = ''): string =>
  `${cancelled} sessions ended${within}${paused === 0 ? '' : `, ${paused} cut off and paused: the audit log cannot be written`}`;
