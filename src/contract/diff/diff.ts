/**
 * Two contracts, from training's to production's: what can stop working, one line each.
 *
 * MAJOR: a policy that relied on a promise of the first can stop working. MINOR: more than before. PATCH: tighter, or words.
 */
import { type Contract, contractDigest, type Version, versionOf } from '../document/contract.ts';
import { countOf, type Finding, inOrder } from '../findings/index.ts';
import type { UsageOf } from '../shift/parts.ts';
import { diffFailures, diffLatency, diffOutput } from './behaviour.ts';
import { diffFields } from './fields.ts';
import { judgeWith } from './judge.ts';
import { diffPromisedSchemas, diffTools } from './tools.ts';
import { applyWaivers, type Waived, type Waiver } from './waivers.ts';

export type Bump = 'none' | 'patch' | 'minor' | 'major';

export interface ContractDiff extends Waived {
  format: 'holdfast-contract-diff/1';
  first: { contract: string; digest: string };
  second: { contract: string; digest: string };
  findings: Finding[];
  /** Whether an agent trained under the first may run under the second: no open MAJOR. Decides. */
  safe: boolean;
  /** Whether they promise the same. Informs. */
  equal: boolean;
  /** The step of the version that the changes ask for, and the one that was made; null where the names differ. */
  bump: { needed: Bump; made: Bump | null; enough: boolean };
  /** `safe`, no waiver is stale, and the version's step is large enough. */
  passed: boolean;
}

export interface DiffOptions {
  waivers?: readonly Waiver[];
  /** As 2026-11-28. */
  today: string;
  usageOf?: UsageOf;
}

export function diffContracts(first: Contract, second: Contract, options: DiffOptions): ContractDiff {
  const { waivers = [], today, usageOf = () => null } = options;
  const judge = judgeWith(usageOf);
  diffFields(first, second, today, judge);
  diffTools(first, second, judge);
  diffPromisedSchemas(first, second, judge);
  diffLatency(first, second, judge);
  diffFailures(first, second, judge);
  diffOutput(first, second, judge);
  if (first.summary !== second.summary) {
    const [from, to] = [first.summary, second.summary];
    judge.say({ severity: 'patch', field: 'summary', rule: 'text', from, to, consequence: 'words only' });
  }
  const findings = inOrder(judge.findings);
  const waived = applyWaivers(findings, waivers, today);
  const bump = bumpOf(versionOf(first), versionOf(second), findings);
  const safe = countOf(waived.open, 'major') === 0;
  return {
    format: 'holdfast-contract-diff/1',
    first: { contract: first.contract, digest: contractDigest(first) },
    second: { contract: second.contract, digest: contractDigest(second) },
    findings,
    ...waived,
    safe,
    equal: findings.length === 0,
    bump,
    passed: safe && waived.stale.length === 0 && bump.enough,
  };
}

const steps: readonly Bump[] = ['none', 'patch', 'minor', 'major'];

function bumpOf(before: Version, after: Version, findings: readonly Finding[]): ContractDiff['bump'] {
  const needed = (['major', 'minor', 'patch'] as const).find((severity) => countOf(findings, severity) > 0) ?? 'none';
  if (before.name !== after.name) return { needed, made: null, enough: true };
  const step = (['major', 'minor', 'patch'] as const).find((name) => after[name] !== before[name]);
  // A lower number is no step at all.
  const made: Bump = step !== undefined && after[step] > before[step] ? step : 'none';
  return { needed, made, enough: steps.indexOf(made) >= steps.indexOf(needed) };
}
