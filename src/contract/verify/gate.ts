/**
 * May an agent that was trained in the one runtime go to the other? Answered from what was certified, not from hope.
 *
 * 1. Every reason against is said, not only the first.
 */
import { isoTime } from '../../base/index.ts';
import { diffContracts } from '../diff/diff.ts';
import type { Waiver } from '../diff/waivers.ts';
import type { Contract } from '../document/contract.ts';
import { lineOf } from '../findings/index.ts';
import type { Profile } from '../profile/index.ts';
import { comparedWords, scoreWords } from '../report/words.ts';
import type { UsageOf } from '../shift/parts.ts';
import { shiftOf } from '../shift/shift.ts';
import type { Grade, Shift } from '../shift/types.ts';
import type { Certificate, Part } from './certificate.ts';
import { type Now, reasonsAgainst } from './standing.ts';

export interface Bundle {
  certificate: Certificate;
  contract: Contract;
  profile: Profile;
}

export interface GateRequest {
  train: Bundle;
  production: Bundle;
  now: Now;
  /** What certificates may have left out. */
  without?: readonly Part[];
  /** The worst grade of the shift that may ship. */
  worstGrade: Grade;
  waivers?: readonly Waiver[];
  usageOf?: UsageOf;
}

export interface Gate {
  format: 'holdfast-gate/1';
  ship: boolean;
  /** Against. */
  reasons: string[];
  /** For. */
  evidence: string[];
  /** Parts that were left out of a certificate, and are agreed to. */
  without: Part[];
  /** The whole comparison it rests on. */
  shift: Shift;
}

export function mayShip(request: GateRequest): Gate {
  const { train, production, now, without = [], worstGrade, waivers = [], usageOf } = request;
  const today = isoTime(now.nowMs).slice(0, 10);
  const reasons = [
    ...reasonsAgainst('training', train, now, without),
    ...reasonsAgainst('production', production, now, without),
  ];
  const diff = diffContracts(train.contract, production.contract, { today, waivers, ...(usageOf ? { usageOf } : {}) });
  for (const finding of diff.open) if (finding.severity === 'major') reasons.push(lineOf(finding));
  for (const { fingerprint } of diff.stale) reasons.push(`the waiver ${fingerprint} fits nothing any more; remove it`);
  const shift = shiftOf(train.profile, production.profile, {
    contract: train.contract,
    ...(usageOf ? { usageOf } : {}),
  });
  const { grade } = shift;
  if (grade === null) reasons.push(`too little could be compared for a grade: ${comparedWords(shift)}`);
  else if (grade > worstGrade) {
    const top = shift.findings[0];
    reasons.push(`the shift has grade ${grade}, worse than ${worstGrade}${top ? `; first of all ${lineOf(top)}` : ''}`);
  }
  const agreed = without.filter((part) =>
    [train, production].some(({ certificate }) => certificate.without?.includes(part)),
  );
  return {
    format: 'holdfast-gate/1',
    ship: reasons.length === 0,
    reasons,
    evidence: [
      describe('training', train),
      describe('production', production),
      `${diff.equal ? 'the contracts promise the same' : `the contracts differ in ${diff.findings.length} points`}`,
      `shift ${scoreWords(shift)}, ${comparedWords(shift)}, ${grade === null ? 'no grade' : `grade ${grade}`}`,
      ...agreed.map((part) => `${part} was left out of a certificate, as agreed to`),
    ],
    without: agreed,
    shift,
  };
}

function describe(side: string, { certificate: { contract, target, verdict, expiresAt } }: Bundle): string {
  return `${side}: ${contract.name} on ${target.title}: ${verdict}, until ${expiresAt.slice(0, 10)}`;
}
