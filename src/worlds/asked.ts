/** What a sandbox of a world asked the network for, and how its tape and its zone answered. */
import { systemClock } from '../base/index.ts';
import type { HoldfastService, TapePlay } from '../schema/index.ts';

/** Flows are told in batches, a twentieth of a second apart. */
const toldAfterMs = 120;

export interface Asked {
  /** What left although it is not from the tape: host and port of each. */
  live: string[];
  /** Hosts that are none of the world: each once, in alphabetical order. */
  strangers: string[];
}

/** What the tape has answered to a sandbox so far; null without one. */
export async function playOf(service: HoldfastService, sandbox: string): Promise<TapePlay | null> {
  const plays = (await service.listTapes()).flatMap((tape) => tape.plays);
  return plays.find((play) => play.sandbox === sandbox) ?? null;
}

export async function askedBy(service: HoldfastService, sandbox: string): Promise<Asked> {
  await systemClock.sleep(toldAfterMs);
  const live: string[] = [];
  const strangers = new Set<string>();
  for await (const { kind, host, port, decision, tape } of service.networkFlows(sandbox)) {
    if (decision.allowed && kind !== 'dns' && tape === null) live.push(`${host}:${port}`);
    if (!decision.allowed && decision.code === 'no-rule') strangers.add(host);
  }
  return { live, strangers: [...strangers].sort() };
}
