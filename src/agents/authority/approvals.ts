/** Rules of approval along a chain of agents: whoever works for another needs at least what that one would need. */
import type { AgentManifest } from '../../schema/index.ts';

export type ApprovalTerms = Pick<AgentManifest['approvals'][number], 'quorum' | 'fourEyes' | 'withinMs'>;

/** The strictest of what all rules of these agents want for a tool. Null: none names it. */
export function termsFor(agents: readonly Pick<AgentManifest, 'approvals'>[], tool: string): ApprovalTerms | null {
  const rules = agents.flatMap(({ approvals }) => approvals).filter(({ tools }) => tools.includes(tool));
  if (rules.length === 0) return null;
  return {
    quorum: Math.max(...rules.map(({ quorum }) => quorum)),
    fourEyes: rules.some(({ fourEyes }) => fourEyes),
    withinMs: Math.min(...rules.map(({ withinMs }) => withinMs)),
  };
}

export function isAsStrict(mine: ApprovalTerms | null, theirs: ApprovalTerms): boolean {
  if (mine === null) return false;
  return mine.quorum >= theirs.quorum && (mine.fourEyes || !theirs.fourEyes) && mine.withinMs <= theirs.withinMs;
}
