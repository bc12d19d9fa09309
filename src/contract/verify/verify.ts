/** Does a runtime, as its profile shows it, keep a contract? */
import { isoTime } from '../../base/index.ts';
import { type Contract, contractDigest } from '../document/contract.ts';
import { type Level, toolOfLatency } from '../document/terms.ts';
import { unprobed } from '../fields/index.ts';
import { digestOf, type Profile } from '../profile/index.ts';
import { type Certificate, type CertificateBody, certificateFormat, type Part } from './certificate.ts';
import { checkFields } from './fields.ts';
import { checkLatency } from './latency.ts';
import { checkSessions } from './sessions.ts';
import { checkTools } from './tools.ts';
import { overall, worstOf } from './verdicts.ts';

export interface VerifyRequest {
  contract: Contract;
  profile: Profile;
  /** What is not judged, on purpose: the certificate says so, and whoever relies on it has to agree. */
  without?: readonly Part[];
  /** What the certificate is filed under, e.g. `production`. */
  label: string;
  nowMs: number;
  validMs: number;
}

export function verify({ contract, profile, without = [], label, nowMs, validMs }: VerifyRequest): Certificate {
  const isJudged = (part: Part): boolean => !without.includes(part);
  const kept = [
    ...checkFields(contract, profile),
    ...(isJudged('latency') ? checkLatency(contract, profile) : []),
    ...(isJudged('tools') ? checkTools(contract, profile.target.tools ?? null) : []),
  ];
  const sessions = checkSessions(profile);
  const excluded = [
    ...without.flatMap((part) => promisesOf(contract, part).map((name) => `${part}.${name}: left out on purpose`)),
    ...contract.failures.map(({ layer, code }) => `failures.${layer}.${code}: no probe can cause it on purpose`),
    ...toolLatencies(contract).map((name) => `latency.${name}: held and measured by the tool door, not by the runtime`),
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
    // That sandboxes live is no promise of a contract: where nothing else was checked, nothing is known.
    verdict: worstOf([overall(kept), sessions.verdict]),
    checks: [sessions, ...kept],
    excluded,
    ...(without.length > 0 && { without: [...without] }),
    issuedAt: isoTime(nowMs),
    expiresAt: isoTime(nowMs + validMs),
  };
  return { ...body, digest: digestOf(body) };
}

/** Of a part, what is not free, and a capture can show. */
export function promisesOf(contract: Contract, part: Part): string[] {
  return promised(contract[part]).filter((name) => part !== 'latency' || toolOfLatency(name) === null);
}

function toolLatencies({ latency }: Contract): string[] {
  return promised(latency).filter((name) => toolOfLatency(name) !== null);
}

function promised(terms: Readonly<Record<string, { level: Level }>>): string[] {
  return Object.entries(terms)
    .filter(([, { level }]) => level !== 'free')
    .map(([name]) => name);
}
