/** What was done to a recorded sandbox as a whole between its steps, done again: it went back, started anew, got another network. */
import { asHoldfastError, type EventOf, type Network, networkSchema } from '../schema/index.ts';

export interface ControlsPlace {
  /** @throws HoldfastError `snapshot-not-found` */
  rollback(snapshot: string): Promise<void>;
  /** Its processes end, its files stay. */
  startAnew(): Promise<void>;
  /** What it may reach from now on, as far as a replay lets it. */
  changeNetwork(network: Network): Promise<void>;
}

/** Why it cannot be done again. */
export interface Lost {
  expected: string;
  actual: string;
}

/** Kinds of events that are done again; others between steps change nothing that a program sees. */
export const controls: ReadonlySet<string> = new Set(['sandbox-rolled-back', 'sandbox-resumed', 'network-changed']);

/** Null when it was done, or nothing was to be done. */
export async function controlAgain(place: ControlsPlace, { what, facts }: EventOf<'lifecycle'>): Promise<Lost | null> {
  if (what === 'sandbox-rolled-back') return rollback(place, facts['snapshot']);
  // One that kept its memory went on where it stood.
  if (what === 'sandbox-resumed' && facts['memory'] === false) await place.startAnew();
  return what === 'network-changed' ? changeNetwork(place, facts['policy']) : null;
}

async function rollback(place: ControlsPlace, snapshot: unknown): Promise<Lost | null> {
  try {
    await place.rollback(String(snapshot));
    return null;
  } catch (error) {
    const { code, message } = asHoldfastError(error);
    if (code !== 'snapshot-not-found') throw error;
    return { expected: `a rollback to ${String(snapshot)}`, actual: message };
  }
}

async function changeNetwork(place: ControlsPlace, policy: unknown): Promise<Lost | null> {
  const parsed = networkSchema.safeParse(policy);
  if (!parsed.success) return { expected: 'another network policy from here on', actual: 'it was not recorded which' };
  await place.changeNetwork(parsed.data);
  return null;
}
