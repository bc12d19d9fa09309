/** Legal holds: whom they are on, and what stays for them. */
import { HoldfastError } from '../schema/index.ts';
import type { LegalHoldRecord, SessionRecord, Store } from '../state/index.ts';

type Held = Pick<Store, 'legalHolds' | 'sessions'>;

export function holdOnPerson(
  { legalHolds }: Pick<Held, 'legalHolds'>,
  tenant: string,
  person: string,
): LegalHoldRecord | null {
  return legalHolds.list(tenant).find((each) => each.person === null || each.person === person) ?? null;
}

/** On whom a session works for, or on anybody whom its log, or that of one below it, names. */
export function holdOnSession(
  { legalHolds, sessions }: Held,
  { tenant, person }: Pick<SessionRecord, 'tenant' | 'person'>,
  ids: readonly string[],
): LegalHoldRecord | null {
  const isOn = (held: string): boolean => held === person || ids.some((id) => sessions.mentions(id, held));
  return legalHolds.list(tenant).find((each) => each.person === null || isOn(each.person)) ?? null;
}

export function heldBy({ id, tenant, person, reason }: LegalHoldRecord): HoldfastError {
  const whom = person === null ? `everybody of ${tenant}` : person;
  return new HoldfastError('forbidden', `a legal hold is on ${whom}: ${reason}`, {
    hint: `holdfast audit hold --release ${id} ends it, for who may.`,
    details: { hold: id, reason },
  });
}
