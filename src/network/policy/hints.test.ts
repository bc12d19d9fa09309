/** A hint is typed into the policy as it stands: following it must end in what was asked for, at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Decision, type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import type { CompiledPolicy, RequestQuestion } from '../types.ts';
import { compilePolicy } from './compile.ts';
import { why } from './why.ts';

interface Rules {
  allow: NonNullable<NetworkPolicyInput['allow']>;
  deny: NonNullable<NetworkPolicyInput['deny']>;
}
type Ask = (policy: CompiledPolicy) => Decision;

const host = fc.constantFrom('a.example.com', '*.example.com', '10.0.0.1');
const web = fc.record({
  host,
  protocol: fc.constantFrom('https' as const, 'http' as const),
  ports: fc.subarray([80, 443], { minLength: 1 }),
  methods: fc.option(fc.subarray(['GET', 'HEAD'], { minLength: 1 }), { nil: undefined }),
  paths: fc.option(fc.subarray(['/a', '/b/*'], { minLength: 1 }), { nil: undefined }),
});
const bytes = fc.record({
  host,
  protocol: fc.constant('tcp' as const),
  ports: fc.subarray([22, 443], { minLength: 1 }),
});
const allow = fc.array(fc.oneof(web, bytes), { maxLength: 3 }).map((rules) => rules.map(withoutUndefined));
const deny = fc
  .array(
    fc.record({
      host: fc.constantFrom('*', 'a.example.com', '*.example.com'),
      methods: fc.option(fc.constant<string[]>(['POST']), { nil: undefined }),
      paths: fc.option(fc.constant<string[]>(['/b/**']), { nil: undefined }),
    }),
    { maxLength: 2 },
  )
  .map((rules) => rules.map(withoutUndefined));
const place = {
  host: fc.constantFrom('a.example.com', 'other.example.org', '10.0.0.1', '2600::1'),
  port: fc.constantFrom(22, 80, 443, 8443),
};
const question: fc.Arbitrary<RequestQuestion> = fc.record({
  ...place,
  scheme: fc.constantFrom('https' as const, 'http' as const),
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
const url = ({ scheme, host: name, port, target }: RequestQuestion): string =>
  `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}${target}`;

/** What can be asked of a policy, each with the questions that it is asked by. */
const asks: Record<string, fc.Arbitrary<Ask>> = {
  'a request': question.map((asked) => (policy) => policy.request(asked).decision),
  'bytes of any kind': fc.record(place).map((to) => (policy) => policy.connect(to, 'other').decision),
  'a tunnel for TLS': fc.record(place).map((to) => (policy) => policy.connect(to, 'tls').decision),
  'net why of a URL': question.map(
    (asked) => (policy) => why(policy, { url: url(asked), method: asked.method }).decision,
  ),
  'net why of a place': fc.record(place).map((to) => (policy) => {
    const { host: name, port } = to;
    return why(policy, { url: `${name.includes(':') ? `[${name}]` : name}:${port}` }).decision;
  }),
};

describe('a hint', () => {
  it.each(Object.entries(asks))('says what to type, once, and that allows %s', (_, ask) => {
    fc.assert(
      fc.property(allow, ask, (rules, asked) => {
        const before = asked(compiled({ allow: rules, deny: [] }));
        if (before.allowed) return;
        const followed = follow({ allow: rules, deny: [] }, before);
        expect(asked(compiled(followed)), JSON.stringify([rules, before.hint, followed])).toMatchObject({
          allowed: true,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it.each(Object.entries(asks))('says it once more for each deny rule: %s', (_, ask) => {
    fc.assert(
      fc.property(allow, deny, ask, (rules, denies, asked) => {
        let both: Rules = { allow: rules, deny: denies };
        for (let steps = 0; steps < denies.length + 1; steps++) {
          const decision = asked(compiled(both));
          if (decision.allowed) return;
          both = follow(both, decision);
        }
        expect(asked(compiled(both)), JSON.stringify(both)).toMatchObject({ allowed: true });
      }),
      { numRuns: 1000 },
    );
  });

  it('offers the refused address, unless nothing may open it', () => {
    const policy = compiled({ allow: [{ host: 'a.example.com' }], deny: [] });
    const verdict = policy.connect({ host: 'a.example.com', port: 443 }, 'tls');
    if (verdict.action !== 'tunnel') throw new Error('a tunnel is expected');
    const hint = (address: string): string | null =>
      policy.address(address, { host: 'a.example.com', port: 443 }, verdict.grant).hint;
    expect(hint('10.0.0.1')).toMatch(/addresses: \["10\.0\.0\.1\/32"\]$/);
    expect(hint('fd00:ec2::254')).toMatch(/addresses: \["fd00:ec2::254\/128"\]$/);
    expect(hint('224.0.0.1')).toBeNull();
    expect(why(policy, { url: '224.0.0.1:80' }).decision).toMatchObject({ code: 'no-rule', hint: null });
  });

  it('says the method and the path in one change, also where lists are long', () => {
    const asked = { scheme: 'https', host: 'a.example.com', port: 443, method: 'POST', target: '/v2/x' } as const;
    const rule = { host: 'a.example.com', methods: ['GET'], paths: ['/v1/**'] };
    const hint = (more: Partial<typeof rule>, method = 'POST'): string | null =>
      compiled({ allow: [{ ...rule, ...more }], deny: [] }).request({ ...asked, method }).decision.hint;
    expect(hint({})).toMatch(
      /^Say in allow\[0\] \(.*\): methods: \["GET", "POST"\], paths: \["\/v1\/\*\*", "\/v2\/x"\]$/,
    );
    const many = Array.from({ length: 20 }, (_, at) => `/p${at}`);
    expect(hint({ paths: many })).toMatch(
      /^Add to the methods and paths of allow\[0\] \(.*\): \["POST"\] and \["\/v2\/x"\]$/,
    );
    expect(hint({}, 'M-SEARCH')).toMatch(
      /^Leave out methods in allow\[0\].*\. Say in allow\[0\] \(.*\): paths: \[.*\]$/,
    );
  });
});

const compiled = (rules: Rules): CompiledPolicy => compilePolicy(networkPolicySchema.parse(rules));

function follow({ allow: rules, deny: denies }: Rules, { hint }: Decision): Rules {
  const text = hint ?? '';
  const removed = /^Remove or narrow deny\[(\d+)\]/.exec(text)?.[1];
  if (removed !== undefined) return { allow: rules, deny: denies.filter((_, at) => at !== Number(removed)) };
  const added = /^Add to the policy's allow list: (.*)$/.exec(text)?.[1];
  if (added !== undefined) return { allow: [...rules, parse(added)], deny: denies };
  const changed = rules.map((rule, at) =>
    text.startsWith(`Leave out methods in allow[${at}]`) ? withoutMethods(rule) : rule,
  );
  const [, index, change] =
    /(?:^|\. )(?:Say|If the sandbox may reach it, say) in allow\[(\d+)\] \(.*\): (\w+: \[.*\])$/i.exec(text) ?? [];
  return {
    allow: changed.map((rule, at) => (at === Number(index) && change ? { ...rule, ...parse(`{ ${change} }`) } : rule)),
    deny: denies,
  };
}

function withoutMethods({ methods, ...rest }: Rules['allow'][number]): Rules['allow'][number] {
  return rest;
}

function withoutUndefined<T extends object>(rule: T): T {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as T;
}
