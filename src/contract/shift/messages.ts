/**
 * What the two runtimes print when something fails: masked messages, by operation and by how it ended. Where the message
 * is always the same it is a field and compared as one; here are those that vary from reading to reading. Of so few that even
 * wholly different ones could be chance, nothing is said.
 */
import { levelWeights } from '../comparison/levels.ts';
import { listed } from '../comparison/observed.ts';
import { type Finding, finding } from '../findings/index.ts';
import type { Message, Profile } from '../profile/index.ts';
import { areApart, overlap, wilson } from '../statistics/proportions.ts';
import { type Part, type UsageOf, usageWeight } from './parts.ts';

/** @param compared operations that were compared as fields already */
export function compareMessages(
  first: Profile,
  second: Profile,
  compared: ReadonlySet<string>,
  usageOf: UsageOf,
): Part[] {
  const [left, right] = [byOperation(first), byOperation(second)];
  const both = [...left.keys()].filter((operation) => right.has(operation) && !compared.has(operation)).sort();
  return both.flatMap((operation) => {
    const [one, other] = [left.get(operation) ?? [], right.get(operation) ?? []];
    return canDiffer(one, other) ? [partOf(operation, one, other, usageOf)] : [];
  });
}

function canDiffer(first: readonly Message[], second: readonly Message[]): boolean {
  const [left, right] = [first, second].map((messages) => messages.reduce((sum, { times }) => sum + times, 0));
  if (left === undefined || right === undefined) return false;
  return areApart(wilson(left, left), wilson(0, right)) && areApart(wilson(right, right), wilson(0, left));
}

function byOperation({ messages }: Profile): Map<string, Message[]> {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    groups.set(message.operation, [...(groups.get(message.operation) ?? []), message]);
  }
  return groups;
}

function partOf(operation: string, first: Message[], second: Message[], usageOf: UsageOf): Part {
  const what = `messages.${operation}`;
  const usage = usageOf(what);
  const [left, right] = [weightsOf(first), weightsOf(second)];
  const [gone, fresh] = [more(left, right), more(right, left)];
  const unseen = fresh.filter((key) => !left.has(key)).reduce((sum, key) => sum + (right.get(key) ?? 0), 0);
  const findings = gone.length + fresh.length === 0 ? [] : [messageFinding({ what, usage, gone, fresh })];
  return {
    what,
    weight: levelWeights.promise * usageWeight(usage),
    distance: findings.length === 0 ? 0 : 1 - overlap(left, right),
    unseen: unseen / Math.max(1, total(right)),
    findings,
  };
}

function messageFinding(facts: { what: string; usage: number | null; gone: string[]; fresh: string[] }): Finding {
  const { what, usage, gone, fresh } = facts;
  return finding({
    severity: fresh.length > 0 ? 'major' : 'minor',
    field: what,
    rule: 'observed-message',
    from: listed(gone) || 'rarer',
    to: listed(fresh) || 'rarer',
    usage,
    consequence:
      fresh.length > 0
        ? 'a reaction learnt to the text no longer fires; this one training showed seldom or never'
        : 'a message of training hardly ever comes',
  });
}

function weightsOf(messages: readonly Message[]): Map<string, number> {
  return new Map(messages.map(({ exitClass, template, times }) => [`[${exitClass}] ${template}`, times]));
}

/** Those that come more often in the one than in the other, beyond what counting leaves open. */
function more(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): string[] {
  const [of, ofOther] = [total(one), total(other)];
  return [...one]
    .filter(([key, times]) => {
      const counterpart = other.get(key) ?? 0;
      const isMore = times / of > counterpart / ofOther;
      return isMore && areApart(wilson(times, of), wilson(counterpart, ofOther));
    })
    .map(([key]) => key)
    .sort();
}

function total(weights: ReadonlyMap<string, number>): number {
  return [...weights.values()].reduce((sum, times) => sum + times, 0);
}
