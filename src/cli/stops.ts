/** Agents that are stopped, for a person. */
import { HoldfastError } from '../schema/error-class.ts';
import type { AgentStop } from '../schema/index.ts';

/** One agent, or every one. */
export function whom(agent: string | undefined, all: boolean, verb: string): { agent?: string } {
  if (all === (agent !== undefined)) {
    throw new HoldfastError('invalid-argument', `agents ${verb} needs an agent, or --all`, {
      hint: `For example: holdfast agents ${verb} clerk`,
    });
  }
  return agent === undefined ? {} : { agent };
}

export const stopLine = ({ agent, everyTenant }: AgentStop): string =>
  `${agent ?? 'all agents'}${everyTenant ? ' of every tenant' : ''}`;
