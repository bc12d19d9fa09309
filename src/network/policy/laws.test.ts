/** What holds for every policy and every question. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import type { CompiledPolicy, RequestQuestion } from '../types.ts';
import { compilePolicy } from './compile.ts';
import { explainPolicy } from './explain.ts';

type Rules = NonNullable<NetworkPolicyInput['allow']>;
type Denies = NonNullable<NetworkPolicyInput['deny']>;

const names = ['example.com', 'a.example.com', 'b.a.example.com', 'other.org', '10.0.0.1', '2001:db8::1'];
const anyHost = fc.constantFrom(...names, 'A.example.com', 'a.example.com.', 'x\0.example.com', 'nowhere.net');
const rulePattern = fc.constantFrom(...names, '*.example.com', '*.a.example.com');
const methods = fc.option(fc.subarray(['GET', 'POST', 'HEAD'], { minLength: 1 }), { nil: undefined });
const paths = fc.option(fc.subarray(['/', '/a', '/a/*', '/a/**', '/**', '/**/b', '/x*'], { minLength: 1 }), {
  nil: undefined,
});
const ports = fc.option(fc.subarray([80, 443, 8080], { minLength: 1 }), { nil: undefined });
const hosts = fc.oneof(rulePattern, fc.array(rulePattern, { minLength: 1, maxLength: 3 }));

const web = fc.record({
  host: hosts,
  protocol: fc.constantFrom('https' as const, 'http' as const),
  ports,
  methods,
  paths,
  mediate: fc.boolean(),
});
const bytes = fc.record({
  host: hosts,
  protocol: fc.constant('tcp' as const),
  ports: fc.subarray([80, 443, 8080], { minLength: 1 }),
});
const allow: fc.Arbitrary<Rules> = fc.array(fc.oneof(web, bytes).map(withoutUndefined), { maxLength: 5 });
const deny: fc.Arbitrary<Denies> = fc.array(
  fc.record({ host: fc.oneof(hosts, fc.constantFrom('*', '*.com')), ports, methods, paths }).map(withoutUndefined),
  { maxLength: 3 },
);
const tape = fc.constantFrom(undefined, { mode: 'record' as const }, { mode: 'replay' as const, tape: 'tape_1' });

const question: fc.Arbitrary<RequestQuestion> = fc.record({
  scheme: fc.constantFrom('https' as const, 'http' as const),
  host: anyHost,
  port: fc.constantFrom(80, 443, 8080, 1),
  method: fc.constantFrom('GET', 'POST', 'get', 'PURGE'),
  target: fc.constantFrom('/', '/a', '/A/b', '/a/b/c', '/a/../b', '/a%2fb', '//a', '/a;b', '*', '/xy?/../', '/%00'),
});
const runs = { numRuns: 1000 };

describe('for every policy and question', () => {
  it('a deny rule beats every allow rule', () => {
    fc.assert(
      fc.property(allow, deny, question, (rules, denies, asked) => {
        const [alone, first] = [compiled(rules, []), denies[0]];
        fc.pre(first !== undefined);
        const wide = compiled(
          [
            { host: names.concat('*.example.com', 'nowhere.net'), ports: [1, 80, 443, 8080] },
            { host: names.concat('*.example.com', 'nowhere.net'), protocol: 'http', ports: [1, 80, 443, 8080] },
          ],
          denies,
        );
        // Where everything else is allowed, only the deny rules refuse: whatever they refuse there is refused here too.
        if (!wide.request(asked).allowed) expect(compiled(rules, denies).request(asked).allowed).toBe(false);
        else expect(compiled(rules, denies).request(asked).allowed).toBe(alone.request(asked).allowed);
      }),
      runs,
    );
  });

  it('an allowed request may connect, its name exists, and its port is listened at', () => {
    fc.assert(
      fc.property(allow, deny, tape, question, (rules, denies, taped, asked) => {
        const policy = compiled(rules, denies, taped);
        if (!policy.request(asked).allowed) return;
        expect(policy.connect(asked, asked.scheme === 'https' ? 'tls' : 'http').action).not.toBe('deny');
        expect(policy.name(asked.host).allowed).toBe(true);
        expect(policy.ports(asked.host)).toContain(asked.port);
      }),
      runs,
    );
  });

  it('what passes unseen is what every request would be allowed', () => {
    fc.assert(
      fc.property(allow, deny, tape, question, (rules, denies, taped, asked) => {
        const policy = compiled(rules, denies, taped);
        if (policy.connect(asked, asked.scheme === 'https' ? 'tls' : 'http').action !== 'tunnel') return;
        expect(policy.request(asked).allowed).toBe(true);
      }),
      runs,
    );
  });

  it('with one allow rule less, nothing more is allowed', () => {
    fc.assert(
      fc.property(allow, deny, tape, question, fc.nat(), (rules, denies, taped, asked, pick) => {
        fc.pre(rules.length > 0);
        const fewer = rules.toSpliced(pick % rules.length, 1);
        expectNoMore(compiled(fewer, denies, taped), compiled(rules, denies, taped), asked);
      }),
      runs,
    );
  });

  it('with one deny rule more, nothing more is allowed', () => {
    fc.assert(
      fc.property(allow, deny, deny, tape, question, (rules, denies, more, taped, asked) => {
        expectNoMore(compiled(rules, [...denies, ...more], taped), compiled(rules, denies, taped), asked);
      }),
      runs,
    );
  });

  it('what is said of a rule is how its connections are carried', () => {
    // Few places, so that rules meet there.
    const host = fc.constantFrom('a.example.com', 'b.a.example.com', '*.example.com', '*.a.example.com');
    const near = { host, ports: fc.constantFrom<number[] | undefined>(undefined, [443], [80, 443]) };
    const secure = { ...near, protocol: fc.constant('https' as const) };
    const wide = fc.record({ ...near, protocol: fc.constantFrom('https' as const, 'http' as const) });
    const narrow = fc.record({ ...secure, paths: fc.constant<string[]>(['/a']) });
    const unseen = fc.record({
      host,
      protocol: fc.constant('tcp' as const),
      ports: fc.constantFrom<number[]>([443], [80, 443]),
    });
    const some: fc.Arbitrary<Rules> = fc.array(fc.oneof(wide, narrow, unseen).map(withoutUndefined), { maxLength: 4 });
    const partly: fc.Arbitrary<Denies> = fc.array(fc.record({ host, paths: fc.constant<string[]>(['/b']) }), {
      maxLength: 1,
    });
    const of = { https: ['tls'], http: ['http'], tcp: ['tls', 'http', 'other'] } as const;
    const places = ['a.example.com', 'b.a.example.com', 'c.example.com'].flatMap((name) =>
      [80, 443].map((port) => ({ host: name, port })),
    );
    fc.assert(
      fc.property(some, partly, tape, (rules, denies, taped) => {
        const policy = compiled(rules, denies, taped);
        const said = explainPolicy({ allow: rules, deny: denies, ...(taped ? { tape: taped } : {}) }).rules;
        for (const [index, rule] of rules.entries()) {
          const { carried, exceptions } = said[index] ?? { carried: null, exceptions: [] };
          const alone = compiled([rule], []);
          for (const at of exceptions.length === 0 ? places : []) {
            for (const first of of[rule.protocol ?? 'https']) {
              const { action } = policy.connect(at, first);
              if (alone.connect(at, first).action !== 'deny' && action !== 'deny') expect(action).toBe(carried);
            }
          }
        }
      }),
      runs,
    );
  });

  it('an empty policy refuses everything', () => {
    fc.assert(
      fc.property(deny, question, (denies, asked) => {
        const policy = compiled([], denies);
        expect(policy.request(asked).allowed).toBe(false);
        expect(policy.connect(asked, 'other').action).toBe('deny');
        expect(policy.name(asked.host).allowed).toBe(false);
      }),
      runs,
    );
  });
});

function expectNoMore(narrow: CompiledPolicy, wide: CompiledPolicy, asked: RequestQuestion): void {
  if (narrow.request(asked).allowed) expect(wide.request(asked).allowed).toBe(true);
  if (narrow.name(asked.host).allowed) expect(wide.name(asked.host).allowed).toBe(true);
  expect(wide.ports(asked.host)).toEqual(expect.arrayContaining([...narrow.ports(asked.host)]));
  for (const first of ['tls', 'http', 'other'] as const) {
    if (narrow.connect(asked, first).action !== 'deny') expect(wide.connect(asked, first).action).not.toBe('deny');
  }
}

function compiled(allowed: Rules, denied: Denies, taped?: NetworkPolicyInput['tape']): CompiledPolicy {
  return compilePolicy(networkPolicySchema.parse({ allow: allowed, deny: denied, ...(taped ? { tape: taped } : {}) }));
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
