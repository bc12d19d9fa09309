/**
 * A certificate: which runtime was found to keep which contract, by which probes, until when. The raw samples are the
 * profile beside it, held to it by its digest.
 *
 * 1. A certificate whose digest differs is not read.
 * 2. It ends: after its time, and with what it was issued for; standing.ts says what of that is looked at.
 */
import { z } from 'zod';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf, proberSchema, profileBodySchema, targetDescriptionSchema } from '../profile/index.ts';
import { verdicts } from './verdicts.ts';

export const certificateFormat = 'holdfast-certificate/1';
export const dayMs: number = 24 * 3_600_000;
export const usualValidDays = 30;

/** What a contract promises beside its fields, and a capture may do without. */
export const certificateParts = ['latency', 'tools'] as const;
export type Part = (typeof certificateParts)[number];

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const time = z.iso.datetime();

const bodySchema = z.strictObject({
  format: z.literal(certificateFormat),
  label: z.string().max(128),
  contract: z.strictObject({ name: z.string().max(128), digest }),
  profile: z.strictObject({ digest, startedAt: time, endedAt: time }),
  suite: profileBodySchema.shape.suite,
  target: targetDescriptionSchema,
  prober: proberSchema,
  verdict: z.enum(verdicts),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      level: z.enum(['promise', 'range']),
      verdict: z.enum(verdicts),
      wanted: z.string(),
      got: z.string(),
      note: z.string(),
    }),
  ),
  /** Promises that no check covers, each with the reason. */
  excluded: z.array(z.string()),
  /** What was left out on purpose though it could have been judged. */
  without: z.array(z.enum(certificateParts)).optional(),
  issuedAt: time,
  expiresAt: time,
});
export type CertificateBody = z.output<typeof bodySchema>;

const certificateSchema = bodySchema.extend({ digest });
export type Certificate = z.output<typeof certificateSchema>;

/** @throws HoldfastError `invalid-argument` */
export function parseCertificate(text: string, origin: string): Certificate {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(origin, 'it is not JSON');
  }
  const parsed = certificateSchema.safeParse(value);
  if (!parsed.success) throw refusal(origin, parsed.error.issues[0]?.message ?? 'it has another shape');
  const { digest: said, ...body } = parsed.data;
  if (digestOf(body) !== said) throw refusal(origin, 'its digest does not match: it was changed or damaged');
  return parsed.data;
}

function refusal(origin: string, reason: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${origin} is not a certificate: ${reason}`, {
    hint: 'A certificate is what `holdfast contract verify` writes.',
  });
}
