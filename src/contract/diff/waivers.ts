/**
 * Findings that somebody accepted, each with a reason and an end.
 *
 * 1. An expired waiver waives nothing.
 * 2. A waiver that fits no finding is stale, and that is a failure: it would hide the next thing it fits.
 */
import { z } from 'zod';
import { readSource } from '../document/source-file.ts';
import type { Finding } from '../findings/index.ts';

const waiverSchema = z.strictObject({
  /** As `contract diff` prints it. */
  fingerprint: z.string().regex(/^[0-9a-f]{12}$/, 'twelve hexadecimal digits, as contract diff prints them'),
  reason: z.string().min(3).max(1024),
  expires: z.iso.date(),
});
export type Waiver = z.output<typeof waiverSchema>;

const waiversSchema = z.strictObject({ waivers: z.array(waiverSchema).max(1024) });

/** @throws HoldfastError `invalid-argument` with lines */
export function parseWaivers(text: string, file: string): Waiver[] {
  return readSource({
    text,
    file,
    schema: waiversSchema,
    what: 'a file of waivers',
    hint: 'Each waiver is { fingerprint, reason, expires }, in a list called waivers.',
  }).value.waivers;
}

export interface Waived {
  /** Not waived. */
  open: Finding[];
  waived: { finding: Finding; waiver: Waiver }[];
  expired: Waiver[];
  stale: Waiver[];
}

/** @param today as 2026-11-28 */
export function applyWaivers(findings: readonly Finding[], waivers: readonly Waiver[], today: string): Waived {
  const known = new Set(findings.map(({ fingerprint }) => fingerprint));
  const live = new Map(waivers.filter(({ expires }) => expires >= today).map((waiver) => [waiver.fingerprint, waiver]));
  return {
    open: findings.filter(({ fingerprint }) => !live.has(fingerprint)),
    waived: findings.flatMap((finding) => {
      const waiver = live.get(finding.fingerprint);
      return waiver ? [{ finding, waiver }] : [];
    }),
    expired: waivers.filter(({ expires, fingerprint }) => expires < today && known.has(fingerprint)),
    stale: waivers.filter(({ fingerprint }) => !known.has(fingerprint)),
  };
}
