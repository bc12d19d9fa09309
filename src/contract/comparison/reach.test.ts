import { describe, expect, it } from 'vitest';
import { fieldOf } from '../fields/index.ts';
import { isWider, reachFields, type Shown } from './reach.ts';

const none = '0000000000000000';
const raw = '0000000000002000';
const administrator = '0000000000200000';

const cases: [field: string, from: Shown, to: Shown, wider: boolean][] = [
  ['network.reach-metadata', ['no route'], ['connects'], true],
  ['network.reach-metadata', ['connects'], ['no route'], false],
  ['network.reach-metadata', ['no route'], ['refused'], false],
  ['network.reach-metadata', ['no route'], ['no route', 'connects'], true],
  ['network.reach-metadata', ['no route'], null, true],
  ['network.reach-metadata', ['no route', 'connects'], null, false],
  ['network.reach-metadata', null, ['connects'], false],
  ['network.metadata-addresses', ['a no route', 'b no route'], ['a no route', 'b connects'], true],
  ['network.metadata-addresses', ['a connects', 'b no route'], ['a no route', 'b connects'], true],
  ['network.metadata-addresses', ['a connects', 'b no route'], ['a no answer', 'b refused'], false],
  ['network.metadata-addresses', ['a no route'], null, true],
  ['network.reach-https', ['curl leaves with 6'], ['curl leaves with 0'], true],
  ['network.reach-https', ['wget leaves with 0'], ['curl leaves with 0'], false],
  ['network.datagrams', ['no route'], ['is sent'], true],
  ['network.name-lookup', ['does not resolve'], ['resolves'], true],
  ['network.interfaces', ['loopback'], ['ethernet', 'loopback'], true],
  ['network.interfaces', ['ethernet', 'loopback'], ['loopback'], false],
  ['network.certificates', ['none'], ['/etc/ssl/cert.pem: many'], false],
  ['network.loopback-server', ['fails'], ['works'], false],
  ['identity.no-new-privileges', ['1'], ['0'], true],
  ['identity.no-new-privileges', ['yes'], ['no'], true],
  ['identity.no-new-privileges', ['0'], ['1'], false],
  ['identity.user', ['agent'], ['root'], true],
  ['identity.user', ['agent'], ['coder'], false],
  ['identity.user', ['agent', 'root'], ['root'], false],
  ['identity.uid', ['1000'], ['0'], true],
  ['identity.groups', ['agent'], ['agent', 'docker'], true],
  ['identity.groups', ['agent'], ['agent', 'audio'], false],
  ['identity.capabilities', [none], [administrator], true],
  ['identity.capabilities', [administrator], [none], false],
  ['identity.capabilities', [administrator], [raw], true],
  ['identity.capability-bound', [none], ['all of them'], true],
  ['identity.seccomp', ['2'], ['0'], true],
  ['identity.sudo', ['absent'], ['yes'], true],
  ['identity.mode-bits', ['respected'], ['bypassed'], true],
  ['exec.streams', ['apart'], ['mixed'], false],
];

describe('what an agent can reach, or may do', () => {
  it.each(cases)('of %s from %j to %j is more: %s', (field, from, to, wider) => {
    expect(isWider(field, from, to)).toBe(wider);
  });

  it('is told by fields that there are', () => {
    expect(reachFields.filter((id) => fieldOf(id) === null)).toEqual([]);
  });
});
