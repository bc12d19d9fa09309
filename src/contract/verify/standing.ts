/**
 * Whether a certificate still speaks of what there is now.
 *
 * 1. Its time, its probes and what lies beside it are always looked at.
 * 2. Kernel, version and image only where the certificate was issued on this machine, as far as the machine's own marks
 *    tell: of another one nothing is known here.
 */
import { contractDigest } from '../document/contract.ts';
import type { Prober } from '../profile/index.ts';
import type { Certificate, Part } from './certificate.ts';
import type { Bundle } from './gate.ts';
import { promisesOf } from './verify.ts';

/** What there is now. */
export interface Now {
  nowMs: number;
  /** Digest of the probes of this version. */
  suite: string;
  /** This machine; null where nobody looked. */
  prober: Prober | null;
  /** What runs here, and what its sandboxes are made of; null where none runs. */
  daemon: { version: string; templates: readonly { name: string; digest: string }[] } | null;
}

/** @param without what may be left out */
export function reasonsAgainst(side: string, bundle: Bundle, now: Now, without: readonly Part[]): string[] {
  return [
    ...verdictOf(bundle),
    ...leftOut(bundle, without),
    ...endOf(bundle.certificate, now),
    ...strangers(bundle),
    ...(isOfHere(bundle.certificate, now) ? changesHere(bundle.certificate, now) : []),
  ].map((reason) => `the certificate of ${side} ${reason}`);
}

function verdictOf({ certificate: { verdict, checks } }: Bundle): string[] {
  if (verdict === 'pass') return [];
  const bad = checks.filter((check) => check.verdict === verdict).map(({ id }) => id);
  const some = `${bad.slice(0, 5).join(', ')}${bad.length > 5 ? ` and ${bad.length - 5} more` : ''}`;
  return [`says ${verdict}: ${some || 'nothing was checked'}`];
}

function leftOut({ certificate, contract }: Bundle, without: readonly Part[]): string[] {
  return (certificate.without ?? [])
    .filter((part) => !without.includes(part) && promisesOf(contract, part).length > 0)
    .map(
      (part) => `leaves out ${part}, ${promisesOf(contract, part).length} promised; --without ${part} ships without`,
    );
}

function endOf({ expiresAt, suite }: Certificate, now: Now): string[] {
  const reasons: string[] = [];
  if (Date.parse(expiresAt) <= now.nowMs) reasons.push(`expired on ${expiresAt.slice(0, 10)}`);
  if (suite.digest !== now.suite)
    reasons.push(`rests on other probes (${short(suite.digest)}) than this version has (${short(now.suite)})`);
  return reasons;
}

function strangers({ certificate, contract, profile }: Bundle): string[] {
  const reasons: string[] = [];
  if (contractDigest(contract) !== certificate.contract.digest)
    reasons.push('is of another contract than lies beside it');
  if (profile.digest !== certificate.profile.digest) reasons.push('is of another profile than lies beside it');
  return reasons;
}

/** Of runtimes on the prober's own machine. */
const local = ['holdfast', 'exec', 'container', 'oci'];

function isOfHere({ target, prober }: Certificate, { prober: here }: Now): boolean {
  if (here === null || !local.includes(target.kind)) return false;
  const marks = ({ platform, cpu, cpus }: Prober): string => [platform, cpu, cpus].join('\u0000');
  return marks(here) === marks(prober) && isAbout(here.memoryBytes, prober.memoryBytes);
}

/** What a kernel keeps of the memory for itself is another part with every kernel. */
const isAbout = (one: number, other: number): boolean => Math.abs(one - other) <= Math.max(one, other) / 8;

function changesHere({ target, prober }: Certificate, { prober: here, daemon }: Now): string[] {
  const gone: string[] = [];
  const changes: [what: string, then: string | undefined, now: string | undefined][] = [
    ['kernel', prober.kernel, here?.kernel],
  ];
  if (target.kind === 'holdfast') {
    const { version, template, digest } = target.facts;
    const image = daemon?.templates.find(({ name }) => name === template)?.digest;
    changes.push(['version', version, daemon?.version], ['template', digest, image]);
    if (daemon !== null && digest !== undefined && image === undefined)
      gone.push(`was issued with the template ${template}, which is not here any more`);
  }
  const others = changes.flatMap(([what, then, now]) =>
    then === undefined || now === undefined || then === now
      ? []
      : [`was issued with another ${what} (${short(then)}) than is here now (${short(now)})`],
  );
  return [...others, ...gone];
}

const short = (text: string): string => (text.length > 24 ? text.slice(0, 19) : text);
