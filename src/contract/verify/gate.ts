/**
 * May an agent that was trained in the one runtime go to the other? Answered from what was certified, not from hope.
 *
 * 1. Every reason against is said, not only the first.
 */
import { isoTime } from '../../base/index.ts';
import { diffContracts } from '../diff/diff.ts';
import type { Waiver } from '../diff/waivers.ts';
import { type Contract, contractDigest } from '../document/contract.ts';
import { lineOf } from '../findings/index.ts';
import type { Profile } from '../profile/index.ts';
import type { UsageOf } from '../shift/parts.ts';
import { shiftOf } from '../shift/shift.ts';
import type { Grade, Shift } from '../shift/types.ts';
import type { Certificate } from './certificate.ts';

export interface Bundle {
  certificate: Certificate;
  contract: Contract;
  profile: Profile;
}

export interface GateRequest {
  train: Bundle;
  production: Bundle;
  nowMs: number;
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
  shift: Pick<Shift, 'score' | 'interval' | 'grade' | 'supportGap'>;
}

/** The answer, and the comparison it rests on: what a page shows. */
export interface Shipping {
  request: GateRequest;
  gate: Gate;
  shift: Shift;
}

export function mayShip(request: GateRequest): Shipping {
  const { train, production, nowMs, worstGrade, waivers = [], usageOf } = request;
  const today = isoTime(nowMs).slice(0, 10);
  const reasons = [...reasonsAgainst('training', train, nowMs), ...reasonsAgainst('production', production, nowMs)];
  const diff = diffContracts(train.contract, production.contract, { today, waivers, ...(usageOf ? { usageOf } : {}) });
  for (const finding of diff.open) if (finding.severity === 'major') reasons.push(lineOf(finding));
  for (const { fingerprint } of diff.stale) reasons.push(`the waiver ${fingerprint} fits nothing any more; remove it`);
  const shift = shiftOf(train.profile, production.profile, {
    contract: train.contract,
    ...(usageOf ? { usageOf } : {}),
  });
  if (shift.grade > worstGrade) {
    const top = shift.findings[0];
    reasons.push(
      `the shift has grade ${shift.grade}, worse than ${worstGrade}${top ? `; first of all ${lineOf(top)}` : ''}`,
    );
  }
  const { score, interval, grade, supportGap } = shift;
  const gate: Gate = {
    format: 'holdfast-gate/1',
    ship: reasons.length === 0,
    reasons,
    evidence: [
      describe('training', train),
      describe('production', production),
      `${diff.equal ? 'the contracts promise the same' : `the contracts differ in ${diff.findings.length} points`}`,
      `shift ${score.toFixed(1)} (${interval.low.toFixed(1)} to ${interval.high.toFixed(1)}), grade ${grade}`,
    ],
    shift: { score, interval, grade, supportGap },
  };
  return { request, gate, shift };
}

function reasonsAgainst(side: string, { certificate, contract, profile }: Bundle, nowMs: number): string[] {
  const { verdict, checks, expiresAt } = certificate;
  const bad = checks.filter((check) => check.verdict === verdict).map(({ id }) => id);
  const reasons: string[] = [];
  if (verdict !== 'pass') {
    const some = `${bad.slice(0, 5).join(', ')}${bad.length > 5 ? ` and ${bad.length - 5} more` : ''}`;
    reasons.push(`the certificate of ${side} says ${verdict}: ${some || 'nothing was checked'}`);
  }
  if (Date.parse(expiresAt) <= nowMs) reasons.push(`the certificate of ${side} expired on ${expiresAt.slice(0, 10)}`);
  if (contractDigest(contract) !== certificate.contract.digest)
    reasons.push(`the contract beside the certificate of ${side} is not the one that was certified`);
  if (profile.digest !== certificate.profile.digest)
    reasons.push(`the profile beside the certificate of ${side} is not the one that was certified`);
  return reasons;
}

function describe(side: string, { certificate: { contract, target, verdict, expiresAt } }: Bundle): string {
  return `${side}: ${contract.name} on ${target.title}: ${verdict}, until ${expiresAt.slice(0, 10)}`;
}
