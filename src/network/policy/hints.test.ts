/** A hint is typed into the policy as it stands: following hints must end in what was asked for. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Decision, type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import type { RequestQuestion } from '../types.ts';
import { compilePolicy } from './compile.ts';

type Rules = NonNullable<NetworkPolicyInput['allow']>;

const rule = fc.record({
  host: fc.constantFrom('a.example.com', '*.example.com', '10.0.0.1'),
  protocol: fc.constantFrom('https' as const, 'http' as const),
  ports: fc.subarray([80, 443], { minLength: 1 }),
  methods: fc.subarray(['GET', 'HEAD'], { minLength: 1 }),
  paths: fc.subarray(['/a', '/b/*'], { minLength: 1 }),
});
const question: fc.Arbitrary<RequestQuestion> = fc.record({
  scheme: fc.constantFrom('https' as const, 'http' as const),
  host: fc.constantFrom('a.example.com', 'other.example.org', '10.0.0.1', '2001:db8::1'),
  port: fc.constantFrom(80, 443, 8443),
  method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
  target: fc.constantFrom(
    '/',
    '/a?b',
    '/b/c',
    '/c/%2a',
    '/d*',
    '/npm/@a%2fb',
    '/e%20f',
    `/${'g'.repeat(300)}`,
    `/h/${'i'.repeat(300)}/j`,
  ),
});

it('says what to type, and that allows it', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), question, (rules, asked) => {
      let allow: Rules = rules;
      for (let steps = 0; steps < 6; steps++) {
        const { allowed, decision } = compilePolicy(networkPolicySchema.parse({ allow })).request(asked);
        if (allowed) return;
        allow = follow(allow, decision);
      }
      throw new Error(`still refused: ${JSON.stringify(allow)}`);
    }),
    { numRuns: 1000 },
  );
});

it('offers the refused address, unless nothing may open it', () => {
  const policy = compilePolicy(networkPolicySchema.parse({ allow: [{ host: 'a.example.com' }] }));
  const verdict = policy.connect({ host: 'a.example.com', port: 443 }, 'tls');
  if (verdict.action !== 'tunnel') throw new Error('a tunnel is expected');
  const hint = (address: string): string | null =>
    policy.address(address, { host: 'a.example.com', port: 443 }, verdict.grant).hint;
  expect(hint('10.0.0.1')).toMatch(/addresses: \["10\.0\.0\.1\/32"\]$/);
  expect(hint('fd00:ec2::254')).toMatch(/addresses: \["fd00:ec2::254\/128"\]$/);
  expect(hint('224.0.0.1')).toBeNull();
});

function follow(allow: Rules, { hint }: Decision): Rules {
  const added = /^Add to the policy's allow list: (.*)$/.exec(hint ?? '')?.[1];
  if (added !== undefined) return [...allow, parse(added)];
  const [, index, change] = /^Say in allow\[(\d+)\] \(.*\): (\w+: \[.*\])$/.exec(hint ?? '') ?? [];
  if (index !== undefined && change !== undefined) {
    return allow.map((each, at) => (at === Number(index) ? { ...each, ...parse(change) } : each));
  }
  const loosened = Number(/^Leave out methods in allow\[(\d+)\]/.exec(hint ?? '')?.[1]);
  return allow.map((each, at) => (at === loosened ? withoutMethods(each) : each));
}

function withoutMethods({ methods, ...rest }: Rules[number]): Rules[number] {
  return rest;
}
