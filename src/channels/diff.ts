/**
 * What changed from one set of channels to another, and whether more may come or go by them. Every field is looked at: what
 * is not understood as more or less is said to have changed.
 */
import { canonicalJson } from '../base/index.ts';
import { type Channel, dataClasses, type Risk, risks } from '../schema/index.ts';

export interface ChannelChange {
  /** `tenant/name`, or the name alone for the owner's. */
  channel: string;
  kind: 'widened' | 'narrowed' | 'changed';
  text: string;
}

/** In the order of their names. */
export function diffChannels(before: readonly Channel[], after: readonly Channel[]): ChannelChange[] {
  const keys = [...new Set([...before, ...after].map(keyOf))].sort();
  return keys.flatMap((key) => {
    const [old, young] = [before, after].map((channels) => channels.find((channel) => keyOf(channel) === key));
    if (!young) return [{ channel: key, kind: 'narrowed' as const, text: `the channel ${key} is gone` }];
    if (!old) return [{ channel: key, kind: 'widened' as const, text: `the channel ${key} is new: ${placeOf(young)}` }];
    return diffOne(key, old, young);
  });
}

const keyOf = ({ tenant, name }: Channel): string => (tenant === 'default' ? name : `${tenant}/${name}`);
const placeOf = ({ kind, agent }: Channel): string => `people of ${kind} talk with ${agent}`;

function diffOne(key: string, old: Channel, young: Channel): ChannelChange[] {
  const changes: ChannelChange[] = [];
  const told = (kind: ChannelChange['kind'], text: string): void => {
    changes.push({ channel: key, kind, text: `${key}: ${text}` });
  };
  const ranked = <T>(order: readonly T[], was: T, is: T, text: string): void => {
    if (was === is) return;
    told(order.indexOf(is) > order.indexOf(was) ? 'widened' : 'narrowed', `${text} ${was} → ${is}`);
  };
  const listed = (was: readonly string[], is: readonly string[], text: string): void => {
    for (const item of is) if (!was.includes(item)) told('widened', `${item} may now ${text}`);
    for (const item of was) if (!is.includes(item)) told('narrowed', `${item} may no longer ${text}`);
  };
  // Whoever writes there reaches somebody else.
  if (old.kind !== young.kind || old.agent !== young.agent) told('widened', placeOf(young));
  ranked<Risk>(risks, old.most.unlinked, young.most.unlinked, 'at most, from addresses that nobody vouches for,');
  ranked<Risk>(risks, old.most.linked, young.most.linked, 'at most, from linked addresses,');
  ranked(dataClasses, old.carries, young.carries, 'may carry what is');
  ranked(['nothing', ...dataClasses], old.follows, young.follows, 'of what was said elsewhere it knows');
  if (old.linking !== young.linking) {
    told(young.linking ? 'widened' : 'narrowed', `addresses may ${young.linking ? 'now' : 'no longer'} be linked`);
  }
  listed(old.approvers, young.approvers, 'approve from there');
  listed(originsOf(old), originsOf(young), 'use it');
  const [was, is]: Record<string, unknown>[] = [{ ...old }, { ...young }];
  for (const field of new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])) {
    const isSame = canonicalJson(was?.[field] ?? null) === canonicalJson(is?.[field] ?? null);
    if (!isSame && !understood.has(field)) told('changed', `${field} changed`);
  }
  return changes;
}

const understood: ReadonlySet<string> = new Set([
  'kind',
  'agent',
  'most',
  'carries',
  'follows',
  'linking',
  'approvers',
  'origins',
]);

const originsOf = (channel: Channel): readonly string[] => (channel.kind === 'web' ? channel.origins : []);
