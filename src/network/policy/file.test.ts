import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HoldfastError,
  type NetworkPolicyInput,
  type NetworkQuestion,
  networkPolicySchema,
} from '../../schema/index.ts';
import { compilePolicy } from './compile.ts';
import { explainPolicy } from './explain.ts';
import { parsePolicyFile } from './file.ts';
import { why } from './why.ts';

const good = `version: 1
# What the build needs.
allow:
  - host: api.example.com
    methods: [GET]
    paths: [/v1/**]

  - host: "*.example.org"
deny:
  - host: bad.example.org
`;

function problemOf(text: string): string {
  try {
    parsePolicyFile(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'invalid-argument') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a policy file', () => {
  it('is read with the lines of its rules', () => {
    const policy = parsePolicyFile(good, 'policy.yaml');
    expect(policy.source).toEqual({ file: 'policy.yaml', allow: [4, 8], deny: [10] });
    const compiled = compilePolicy(policy);
    expect(compiled.name('bad.example.org').rule).toMatchObject({ list: 'deny', index: 0, line: 10 });
    expect(compiled.name('a.example.org').rule).toMatchObject({ list: 'allow', index: 1, line: 8 });
  });

  it('may be JSON, indented with tabs or spaces', () => {
    for (const indent of ['\t', 2]) {
      const text = JSON.stringify({ allow: [{ host: 'a.example.com' }, { host: 'b.example.com' }] }, null, indent);
      expect(parsePolicyFile(text, 'policy.json').source?.allow).toEqual([3, 6]);
    }
  });

  it('lets nothing out when it is empty', () => {
    expect(parsePolicyFile('', 'policy.yaml')).toMatchObject({ presets: [], allow: [], deny: [] });
    expect(parsePolicyFile('# nothing\n', 'policy.yaml').allow).toEqual([]);
  });

  it.each([
    ['alow: []', 'policy.yaml:1:1: alow: there is no alow. Did you mean allow?'],
    ['allow:\n  - hots: a.example.com', 'policy.yaml:2:5: allow[0].hots: there is no hots. Did you mean host?'],
    [
      'allow:\n  - host: a.example.com\n    methods: [get]',
      'policy.yaml:3:15: allow[0].methods[0]: "get" does not fit. A list of upper-case methods, e.g. [GET, HEAD].',
    ],
    [
      'allow:\n  - host: a.example.com\n    protocol: udp',
      'policy.yaml:3:15: allow[0].protocol: "udp" does not fit. One of https, http, tcp.',
    ],
    ['allow:\n  - ports: [80]', 'policy.yaml:2:5: allow[0].host: is missing. A name such as'],
    ['allow:\n  - host: a.example.com\n    ports: [0]', 'policy.yaml:3:13: allow[0].ports[0]: 0 does not fit.'],
    ['allow:\n  - host: 10.1', 'policy.yaml:2:11: allow[0].host: 10.1 does not fit.'],
    ['allow:\n  - host: "10.1"', 'policy.yaml:2:11: allow[0].host: "10.1": a host that ends in a number'],
    ['allow:\n  - host: [a.example.com, "*"]', 'policy.yaml:2:27: allow[0].host[1]: "*": every host is no policy'],
    [
      'deny:\n  - host: "*"\n    paths: [/a/../b]',
      'policy.yaml:3:13: deny[0].paths[0]: "/a/../b": it has a dot segment',
    ],
    ['presets: [npn]', 'policy.yaml:1:11: presets[0]: "npn" does not fit. A list of presets'],
    ['version: 2', 'policy.yaml:1:10: version: 2 does not fit.'],
    ['allow: {}', 'policy.yaml:1:8: allow: {} does not fit.'],
    ['- host: a', 'policy.yaml:1:1: '],
    ['allow: [', 'policy.yaml:1:'],
    ['allow: []\nallow: []', 'policy.yaml:2:1: Map keys must be unique'],
    ['allow: []\n---\nallow: []', 'policy.yaml:2:1: '],
    ['source: { file: a, allow: [], deny: [] }', 'policy.yaml:1:1: source: there is no source.'],
    ['limits: {}', 'policy.yaml:1:1: limits: there is no limits. What may stand here: version, presets'],
    ['tape: { mode: replay, tape: a, rule: {} }', 'policy.yaml:1:32: tape.rule: there is no rule. Did you mean rules?'],
    [
      'tape: { mode: replay, tape: a, rules: { hosts: [{ host: a.example.com }, { host: b.example.com, target: "(?!a)b" }] } }',
      'policy.yaml:1:105: tape.rules.hosts[1].target: the expression "(?!a)b" does not run in linear time. Write it without',
    ],
    [
      'tape: { mode: replay, tape: a, rules: { hosts: [{ host: a.example.com, replace: [{ pattern: "(a)\\\\1", with: "" }] }] } }',
      'tape.rules.hosts[0].replace[0].pattern: the expression',
    ],
    ['tape: { mode: replay, tape: a, refreshdates: true }', 'Did you mean refreshDates?'],
    [
      'tape: { mode: replay, tape: a, rules: { hosts: [{ host: a.example.com, ignored: {} }] } }',
      'tape.rules.hosts[0].ignored: there is no ignored. Did you mean ignore?',
    ],
    ['a: &a [*a, *a]', 'policy.yaml:1:'],
  ])('says what is wrong with %j', (text, message) => {
    expect(problemOf(text)).toContain(message);
  });

  it('says everything at once, in the order of the lines', () => {
    const text = problemOf(
      'deny:\n  - host: "*"\n    port: 1\nallow:\n  - host: a.example.com\n    mediate: yes please',
    );
    expect(text.split('\n').map((line) => line.split(': ')[0])).toEqual(['policy.yaml:3:5', 'policy.yaml:6:14']);
  });

  it('is refused where aliases multiply', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let depth = 1; depth < 12; depth++) {
      lines.push(`a${depth}: &a${depth} [${Array.from({ length: 10 }, () => `*a${depth - 1}`).join(',')}]`);
    }
    expect(problemOf(lines.join('\n'))).toContain('policy.yaml:1:1: ');
  });
});

describe('any bytes at all', () => {
  it('are a policy, or refused with a place in the file', () => {
    const word = fc.constantFrom(
      'allow',
      'deny',
      'host',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '[',
      ']',
      '{',
      '}',
      '*',
      '&a ',
      '*a',
      '"',
      'a.example.com',
      '443',
    );
    const broken = fc
      .tuple(fc.nat(good.length), fc.string({ maxLength: 4 }))
      .map(([cut, put]) => good.slice(0, cut) + put + good.slice(cut + 1));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          broken,
          fc.array(word).map((all) => all.join('')),
        ),
        (text) => {
          expect(problemOf(text)).toMatch(/^accepted$|^policy\.yaml:\d+:\d+: /);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a policy in words', () => {
  it('says what may be reached, and how', () => {
    const { lines, warnings } = explainPolicy(parsePolicyFile(good, 'policy.yaml'));
    expect(lines).toEqual([
      'line 4: allow https api.example.com GET /v1/** port 443: read by the gateway for methods, paths',
      'line 8: allow https *.example.org port 443: passes unseen',
      'line 10: deny bad.example.org: beats every allow rule',
    ]);
    expect(warnings).toEqual([]);
    expect(explainPolicy({}).lines).toEqual(['nothing may be reached']);
    expect(explainPolicy({ presets: ['npm'] }).unexpanded).toEqual(['npm']);
  });

  it.each([
    [{ allow: [{ host: 'a.example.com' }], deny: [{ host: '*.example.com' }] }, /allows nothing: deny\[0\]/],
    [{ allow: [{ host: '*.example.com' }, { host: 'a.example.com' }] }, /allow\[1\].* adds nothing to allow\[0\]/],
    [{ allow: [{ host: 'a.example.com' }, { host: 'a.example.com' }] }, /adds nothing/],
    [{ allow: [{ host: 'a.example.com', protocol: 'tcp' as const, ports: [443] }] }, /https is meant/],
    [{ allow: [{ host: 'a.example.com', addresses: ['10.0.0.0/8'] }] }, /opens 10\.0\.0\.0\/8/],
    [{ allow: [{ host: 'a.example.com', paths: ['/a'] }, { host: '*.example.com' }] }, /allow\[1\].* leaves out/],
    [{ secrets: [{ secret: 'token', environment: 'TOKEN' }] }, /no rule places the secret token/],
  ])('warns of what is odd in %j', (input, warning) => {
    const { warnings } = explainPolicy(input);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(warning);
  });

  it('says which deny rule makes a host be read', () => {
    const { rules } = explainPolicy({ allow: [{ host: 'a.example.com' }], deny: [{ host: '*', paths: ['/x'] }] });
    expect(rules[0]).toMatchObject({ carried: 'mediate', because: ['deny[0] (deny * /x)'] });
  });

  it.each<[string, NetworkPolicyInput, string]>([
    [
      'bytes, while a tape records',
      { allow: [{ host: 'a.example.com', protocol: 'tcp', ports: [22] }], tape: { mode: 'record' } },
      'allow tcp a.example.com port 22: passes unseen, but TLS and HTTP are read for the tape',
    ],
    [
      'bytes, while one is played',
      { allow: [{ host: 'a.example.com', protocol: 'tcp', ports: [22] }], tape: { mode: 'replay', tape: 'tap-1' } },
      'allow tcp a.example.com port 22: read by the gateway for the tape, but what is neither TLS nor HTTP is refused',
    ],
    [
      'a rule beside one with paths',
      { allow: [{ host: 'a.example.com' }, { host: 'a.example.com', paths: ['/v1/**'] }] },
      'allow https a.example.com port 443: read by the gateway for allow[1] (allow https a.example.com /v1/**)',
    ],
    [
      'a wide rule with a narrow one below',
      { allow: [{ host: '*.example.com' }, { host: 'a.example.com', paths: ['/v1/**'] }] },
      'allow https *.example.com port 443: passes unseen, but read where allow[1] (allow https a.example.com /v1/**) applies, too',
    ],
    [
      'bytes beside a rule with paths',
      {
        allow: [
          { host: 'a.example.com', protocol: 'tcp', ports: [443] },
          { host: 'a.example.com', paths: ['/v1'] },
        ],
      },
      'allow tcp a.example.com port 443: passes unseen, but TLS is read where allow[1] (allow https a.example.com /v1) applies, too',
    ],
  ])('says how it is carried: %s', (_name, input, line) => {
    expect(explainPolicy(input).lines[0]).toBe(line);
  });
});

describe('a question about a policy', () => {
  const policy = compilePolicy(
    networkPolicySchema.parse({
      allow: [
        { host: 'api.example.com', paths: ['/v1/**'] },
        { host: 'open.example.com' },
        { host: 'db.example.com', protocol: 'tcp', ports: [5432] },
        { host: ['2001:db8::1', '2600::1'], ports: [8443] },
      ],
    }),
  );

  it.each<[NetworkQuestion, string, string | null]>([
    [{ url: 'https://api.example.com/v1/a' }, 'allowed', 'mediate'],
    [{ url: 'HTTPS://API.example.com:443/v1/a?b#/../c' }, 'allowed', 'mediate'],
    [{ url: 'https://api.example.com/v2' }, 'path-not-allowed', null],
    [{ url: 'https://api.example.com' }, 'path-not-allowed', null],
    [{ url: 'https://api.example.com/v1/../v2' }, 'path-malformed', null],
    [{ url: 'https://open.example.com#@evil.com/' }, 'allowed', 'tunnel'],
    [{ url: 'https://open.example.com/', method: 'DELETE' }, 'allowed', 'tunnel'],
    [{ url: 'http://open.example.com/' }, 'port-not-allowed', null],
    [{ url: 'db.example.com:5432' }, 'allowed', 'tunnel'],
    [{ url: 'open.example.com:443' }, 'protocol-not-allowed', null],
    [{ url: 'https://[2001:DB8::1]:8443/' }, 'address-refused', null],
    [{ url: 'https://[2600:0::1]:8443/' }, 'allowed', 'tunnel'],
    [{ url: 'https://user@open.example.com/' }, 'host-malformed', null],
    [{ url: 'https://user:word@open.example.com/' }, 'host-malformed', null],
    [{ url: 'https://open.example.com%00.evil.com/' }, 'host-malformed', null],
    [{ url: 'https://evil.com\\.open.example.com/' }, 'host-malformed', null],
  ])('%j: %s', (question, code, carried) => {
    const answer = why(policy, question);
    expect([answer.decision.code, answer.carried]).toEqual([code, carried]);
  });

  it('says what is known only when something is sent', () => {
    const later = (url: string, more: NetworkPolicyInput = {}): string | null =>
      why(compilePolicy(networkPolicySchema.parse({ ...policy.policy, ...more })), { url }).later;
    expect(later('https://open.example.com/')).toBe(
      'Checked when it is sent: the addresses of the name: those that lead inwards are refused unless the rule opens them.',
    );
    expect(later('https://[2600::1]:8443/')).toBe('Checked when it is sent: that the address is none of this machine.');
    expect(later('https://none.example.com/')).toBeNull();
    const limited = { allow: [{ host: 'open.example.com', paths: ['/**'], limits: { bytesUp: 1 } }] };
    const secrets = [{ secret: 'token', environment: 'TOKEN' }];
    expect(later('https://open.example.com/', { ...limited, secrets })).toMatch(
      /; the rule's limits; where secrets stand in the request\.$/,
    );
    const played = { tape: { mode: 'replay' as const, tape: 'tap-1' } };
    expect(later('https://open.example.com/', played)).toMatch(/^Whether the tape tap-1 has an answer/);
    expect(later('https://none.example.com/', played)).toBeNull();
  });

  it.each([
    '',
    'open.example.com',
    'ftp://open.example.com/',
    'open.example.com:0',
    'open.example.com:99999',
    'a:1/b',
    '/a',
    'https://',
  ])('is not understood: %j', (url) => {
    expect(() => why(policy, { url })).toThrow(/neither a URL nor HOST:PORT/);
  });
});
