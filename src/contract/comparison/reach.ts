/**
 * The axis of safety: whether an agent can reach more, or may do more, on the second side than on the first. It is apart
 * from skill: what opens may break nothing that was learnt, and still is the first thing somebody has to know.
 *
 * 1. Each field says which of its words open something, in the words that its probe answers with; a word nobody knows opens.
 * 2. What opens is compared one by one: one address more that answers is more, whatever happened to the others.
 */
import type { FieldTerm } from '../document/terms.ts';
import type { Observation } from '../profile/index.ts';

/** What one reading, or one member of a set, opens. */
type Opens = (text: string) => readonly string[];

const everything = 'everything';
const unless =
  (...closed: readonly string[]): Opens =>
  (text) =>
    closed.includes(text) ? [] : [everything];
const only =
  (...open: readonly string[]): Opens =>
  (text) =>
    open.includes(text) ? [everything] : [];

const denied = ['refused', 'no route', 'not permitted', 'no answer', 'fails'];
/** Groups that are as good as root, or that reach a device or another's secrets. */
const powerful = [
  'root',
  'sudo',
  'wheel',
  'admin',
  'adm',
  'disk',
  'shadow',
  'kvm',
  'docker',
  'podman',
  'lxd',
  'libvirt',
];

const openings: Readonly<Record<string, Opens>> = {
  'network.reach-address': unless(...denied),
  'network.reach-private': unless(...denied),
  'network.reach-metadata': unless(...denied),
  'network.metadata-addresses': (text) => {
    const [, address = text, answer = ''] = /^(\S+) (.*)$/.exec(text) ?? [];
    return denied.includes(answer) ? [] : [address];
  },
  'network.reach-https': (text) => (/ leaves with 0$/.test(text) ? [everything] : []),
  'network.datagrams': unless(...denied),
  'network.name-lookup': unless('does not resolve'),
  'network.default-route': unless('no'),
  'network.ipv6': unless('absent', 'loopback only', 'no address'),
  'network.resolvers': unless('0, none'),
  'network.interfaces': (text) => (text === 'loopback' ? [] : [text]),
  'network.low-port': unless('no', 'taken', 'unknown'),
  'network.raw-socket': unless('no', 'unknown'),
  'identity.user': only('root'),
  'identity.uid': only('0'),
  'identity.gid': only('0'),
  'identity.groups': (text) => (powerful.includes(text) ? [text] : []),
  'identity.capabilities': capabilitiesOf,
  'identity.capability-bound': capabilitiesOf,
  'identity.no-new-privileges': unless('1', 'yes'),
  'identity.seccomp': unless('1', '2'),
  'identity.sudo': unless('absent', 'no'),
  'identity.mode-bits': unless('respected'),
};

export const reachFields: readonly string[] = Object.keys(openings);

/** A mask as the kernel prints it: what each bit is counts by itself. */
function capabilitiesOf(text: string): readonly string[] {
  if (!/^[0-9a-f]{1,16}$/i.test(text)) return [everything];
  const mask = BigInt(`0x${text}`);
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (mask >> BigInt(bit)) & 1n)
    .map((bit) => `capability ${bit}`);
}

/** What a side may show: texts, or members; null for anything at all. */
export type Shown = readonly string[] | null;

export function isWider(id: string, from: Shown, to: Shown): boolean {
  const opens = openings[id];
  if (opens === undefined || from === null) return false;
  const before = new Set(from.flatMap(opens));
  if (before.has(everything)) return false;
  return to === null || to.flatMap(opens).some((one) => !before.has(one));
}

export function shownBy(observation: Observation): Shown {
  switch (observation.kind) {
    case 'value':
      return [observation.value];
    case 'set':
      return observation.members;
    case 'list':
      return observation.items;
    case 'template':
      return [observation.template];
    case 'unstable':
    case 'could-not-measure':
      return null;
  }
}

/** All that a term allows. */
export function allowedBy(term: FieldTerm): Shown {
  if (term.value !== undefined) return [term.value];
  if (term.template !== undefined) return [term.template];
  return term.oneOf ?? term.members ?? term.items ?? term.only ?? null;
}
