/** Does a runtime, as its profile shows it, keep a contract? */
import { isoTime } from '../../base/index.ts';
import { type Contract, contractDigest } from '../document/contract.ts';
import type { ToolTerm } from '../document/terms.ts';
import { unprobed } from '../fields/index.ts';
import { digestOf, type Profile } from '../profile/index.ts';
import { type Certificate, type CertificateBody, certificateFormat } from './certificate.ts';
import { checkFields } from './fields.ts';
import { checkLatency } from './latency.ts';
import { checkTools } from './tools.ts';
import { overall } from './verdicts.ts';

export interface VerifyRequest {
  contract: Contract;
  profile: Profile;
  /** What the runtime says of its tools; null where it was not asked. */
  tools: Record<string, ToolTerm> | null;
  /** What the certificate is filed under, e.g. `production`. */
  label: string;
  nowMs: number;
  validMs: number;
}

export function verify({ contract, profile, tools, label, nowMs, validMs }: VerifyRequest): Certificate {
  const isTimed = profile.plan.rounds > 0;
  const asked = [...checkFields(contract, profile), ...(isTimed ? checkLatency(contract, profile) : [])];
  // Whoever was not asked for tools is judged by what was asked, and the page says so.
  const checks = tools === null ? asked : [...asked, ...checkTools(contract, tools)];
  const excluded = [
    ...(isTimed ? [] : Object.keys(contract.latency).map((name) => `latency.${name}: the capture had no timed rounds`)),
    ...(tools === null ? Object.keys(contract.tools).map((name) => `tools.${name}: the runtime was not asked`) : []),
    ...contract.failures.map(({ layer, code }) => `failures.${layer}.${code}: no probe can cause it on purpose`),
    ...(contract.output ? ['output: held by the tool door, not by the runtime'] : []),
    ...unprobed.map(({ what, why }) => `${what}: not probed: ${why}`),
  ];
  const body: CertificateBody = {
    format: certificateFormat,
    label,
    contract: { name: contract.contract, digest: contractDigest(contract) },
    profile: { digest: profile.digest, startedAt: profile.startedAt, endedAt: profile.endedAt },
    suite: profile.suite,
    target: profile.target,
    prober: profile.prober,
    verdict: overall(checks),
    checks,
    excluded,
    issuedAt: isoTime(nowMs),
    expiresAt: isoTime(nowMs + validMs),
  };
  return { ...body, digest: digestOf(body) };
}
