/** The tools of a contract against what a runtime says it has: an agent trained under the contract must find all of it. */

import { judgeWith } from '../diff/judge.ts';
import { diffTools } from '../diff/tools.ts';
import type { Contract } from '../document/contract.ts';
import type { ToolTerm } from '../document/terms.ts';
import type { Check } from './verdicts.ts';

/** @param offered null where the runtime was not asked */
export function checkTools(contract: Contract, offered: Record<string, ToolTerm> | null): Check[] {
  return Object.entries(contract.tools).flatMap(([name, term]): Check[] => {
    const { level } = term;
    if (level === 'free') return [];
    const check = { id: `tools.${name}`, level, wanted: 'as described' };
    if (offered === null)
      return [
        { ...check, verdict: 'insufficient-data', got: 'not asked', note: 'the target said nothing of its tools' },
      ];
    const judge = judgeWith(() => null);
    const there = offered[name];
    // What a runtime says of its tools has no level: that is the contract's.
    const tools = there ? { [name]: { ...there, level } } : {};
    diffTools({ ...contract, tools: { [name]: term } }, { ...contract, tools }, judge);
    const broken = judge.findings.filter(({ severity }) => severity === 'major');
    if (broken.length === 0) return [{ ...check, verdict: 'pass', got: 'as described', note: '' }];
    return broken.map(({ field, from, to, consequence }) => ({
      id: field,
      level,
      verdict: 'fail',
      wanted: from,
      got: to,
      note: consequence,
    }));
  });
}
