/** A profile's digest, made and checked. */
import { canonicalDigest } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { type Profile, type ProfileBody, profileFormat, profileSchema } from './profile.ts';

export function digestOf(value: unknown): string {
  return `sha256:${canonicalDigest(value)}`;
}

export function sealProfile(body: ProfileBody): Profile {
  return { ...body, digest: digestOf(body) };
}

/**
 * @param origin what to call it in an error, e.g. the file's path
 * @throws HoldfastError `invalid-argument` that says what is wrong with it
 */
export function parseProfile(text: string, origin: string): Profile {
  const parsed = profileSchema.safeParse(jsonOf(text, origin));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw refusal(origin, `${first?.path.join('.') || 'it'}: ${first?.message ?? 'it has another shape'}`);
  }
  const { digest, ...body } = parsed.data;
  if (digestOf(body) !== digest) throw refusal(origin, 'its digest does not match: it was changed or damaged');
  return parsed.data;
}

function jsonOf(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal(origin, `it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}

function refusal(origin: string, reason: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${origin} is not a profile: ${reason}`, {
    hint: `A profile is what \`holdfast profile capture\` writes, of the format ${profileFormat}.`,
  });
}
