/** What the two runtimes print when something fails: masked messages, by operation and by how it ended. */
import { levelWeights } from '../comparison/levels.ts';
import { listed } from '../comparison/observed.ts';
import { finding } from '../findings/index.ts';
import type { Message, Profile } from '../profile/index.ts';
import { overlap } from '../statistics/proportions.ts';
import { type Part, type UsageOf, usageWeight } from './parts.ts';

export function compareMessages(first: Profile, second: Profile, usageOf: UsageOf): Part[] {
  const [left, right] = [byOperation(first), byOperation(second)];
  const both = [...left.keys()].filter((operation) => right.has(operation)).sort();
  return both.map((operation) => partOf(operation, left.get(operation) ?? [], right.get(operation) ?? [], usageOf));
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
  const distance = 1 - overlap(left, right);
  const [gone, fresh] = [only(left, right), only(right, left)];
  const total = [...right.values()].reduce((sum, times) => sum + times, 0);
  const unseen = fresh.reduce((sum, key) => sum + (right.get(key) ?? 0), 0) / Math.max(1, total);
  const isPlain = fresh.length === 0 && gone.length === 0;
  return {
    what,
    weight: levelWeights.promise * usageWeight(usage),
    // Only how often each is printed moved: chance, or a matter of rates.
    distance: isPlain ? 0 : distance,
    unseen,
    findings: isPlain
      ? []
      : [
          finding({
            severity: fresh.length > 0 ? 'major' : 'minor',
            field: what,
            rule: 'observed-message',
            from: listed(gone) || 'absent',
            to: listed(fresh) || 'absent',
            usage,
            consequence:
              fresh.length > 0
                ? 'a reaction learnt to the text no longer fires, and the new text was never seen in training'
                : 'a message that training showed does not appear',
          }),
        ],
  };
}

function weightsOf(messages: readonly Message[]): Map<string, number> {
  return new Map(messages.map(({ exitClass, template, times }) => [`[${exitClass}] ${template}`, times]));
}

function only(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): string[] {
  return [...one.keys()].filter((key) => !other.has(key)).sort();
}
