import { describe, expect, it } from 'vitest';
import { decisionCodes, type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import type { CompiledPolicy, Grant, RequestQuestion } from '../types.ts';
import { compilePolicy } from './compile.ts';
import { complies } from './complies.ts';

function compiled(input: NetworkPolicyInput): CompiledPolicy {
  return compilePolicy(networkPolicySchema.parse(input));
}

function get(url: string, method = 'GET'): RequestQuestion {
  const [, scheme = '', host = '', port, target = ''] = /^(https?):\/\/([^:/]+)(?::(\d+))?(.*)$/.exec(url) ?? [];
  return {
    scheme: scheme === 'http' ? 'http' : 'https',
    host,
    port: Number(port ?? (scheme === 'http' ? 80 : 443)),
    method,
    target,
  };
}

const host = 'api.example.com';
const at = { host, port: 443 };
const credential = { secret: 'token', position: { kind: 'header', name: 'authorization' } } as const;

describe('a policy', () => {
  it('has this list of codes', () => {
    expect(decisionCodes).toEqual([
      'allowed',
      'no-rule',
      'denied-by-rule',
      'host-malformed',
      'port-not-allowed',
      'protocol-not-allowed',
      'method-not-allowed',
      'path-not-allowed',
      'path-malformed',
      'name-mismatch',
      'address-refused',
      'address-not-allowed',
      'byte-limit',
      'rate-limit',
      'secret-misplaced',
      'tape-miss',
      'policy-changed',
    ]);
  });

  it('without rules lets nothing out', () => {
    const policy = compiled({});
    expect(policy.name(host)).toMatchObject({ allowed: false, code: 'no-rule' });
    expect(policy.ports(host)).toEqual([]);
    for (const first of ['tls', 'http', 'other'] as const) {
      expect(policy.connect(at, first)).toMatchObject({ action: 'deny', decision: { code: 'no-rule' } });
    }
    expect(policy.request(get(`https://${host}/`))).toMatchObject({ allowed: false, decision: { code: 'no-rule' } });
  });

  it('takes an exact name and a suffix for different hosts', () => {
    const exact = compiled({ allow: [{ host: 'example.com' }] });
    const below = compiled({ allow: [{ host: '*.Example.com.' }] });
    const asked = ['example.com', 'a.example.com', 'a.b.example.com', 'badexample.com', 'example.com.evil.org', 'com'];
    expect(asked.filter((name) => exact.name(name).allowed)).toEqual(['example.com']);
    expect(asked.filter((name) => below.name(name).allowed)).toEqual(['a.example.com', 'a.b.example.com']);
  });

  it.each([
    'API.example.com',
    'api.example.com.',
    'a\0.example.com',
    'evil.com\0.example.com',
    '127.1',
    'a..example.com',
  ])('refuses %j, which is not the one spelling, whatever its rules say', (spelling) => {
    const policy = compiled({ allow: [{ host: ['api.example.com', '*.example.com'] }] });
    const decision = { allowed: false, code: 'host-malformed' };
    expect(policy.name(spelling)).toMatchObject(decision);
    expect(policy.ports(spelling)).toEqual([]);
    expect(policy.connect({ host: spelling, port: 443 }, 'tls')).toMatchObject({ action: 'deny', decision });
    expect(policy.request({ ...get(`https://${host}/`), host: spelling })).toMatchObject({ allowed: false, decision });
  });

  it('tunnels what nobody needs to read, and mediates the rest', () => {
    const how = (input: NetworkPolicyInput, first: 'tls' | 'http' | 'other', port = 443): string => {
      const verdict = compiled(input).connect({ host, port }, first);
      return verdict.action === 'deny' ? verdict.decision.code : `${verdict.action} ${verdict.protocol}`;
    };
    expect(how({ allow: [{ host }] }, 'tls')).toBe('tunnel https');
    expect(how({ allow: [{ host }] }, 'http')).toBe('protocol-not-allowed');
    expect(how({ allow: [{ host }] }, 'other')).toBe('protocol-not-allowed');
    expect(how({ allow: [{ host, protocol: 'http' }] }, 'http', 80)).toBe('mediate http');
    expect(how({ allow: [{ host, protocol: 'http' }] }, 'tls', 80)).toBe('protocol-not-allowed');
    expect(how({ allow: [{ host, protocol: 'tcp', ports: [443] }] }, 'tls')).toBe('tunnel tcp');
    expect(how({ allow: [{ host, protocol: 'tcp', ports: [443] }] }, 'http')).toBe('tunnel tcp');
    expect(how({ allow: [{ host, protocol: 'tcp', ports: [443] }] }, 'other')).toBe('tunnel tcp');
    expect(how({ allow: [{ host, mediate: true }] }, 'tls')).toBe('mediate https');
    expect(how({ allow: [{ host, methods: ['GET'] }] }, 'tls')).toBe('mediate https');
    expect(how({ allow: [{ host, paths: ['/a'] }] }, 'tls')).toBe('mediate https');
    const credentials = [{ secret: 'token', position: { kind: 'basic' as const } }];
    expect(how({ allow: [{ host, credentials }] }, 'tls')).toBe('mediate https');
    expect(how({ allow: [{ host }], tape: { mode: 'record' } }, 'tls')).toBe('mediate https');
    expect(how({ allow: [{ host }, { host, paths: ['/a'] }] }, 'tls')).toBe('mediate https');
    expect(how({ allow: [{ host }], deny: [{ host: '*', paths: ['/a'] }] }, 'tls')).toBe('mediate https');
    expect(how({ allow: [{ host }], deny: [{ host, ports: [80], paths: ['/a'] }] }, 'tls')).toBe('tunnel https');
    expect(how({ allow: [{ host }], deny: [{ host: '*' }] }, 'tls')).toBe('denied-by-rule');
  });

  it('refuses bytes that cannot be read where a rule needs them read', () => {
    const tcp = { host, protocol: 'tcp' as const, ports: [443] };
    const partly = compiled({ allow: [tcp], deny: [{ host, methods: ['POST'] }] });
    expect(partly.connect(at, 'other')).toMatchObject({ action: 'deny', decision: { code: 'denied-by-rule' } });
    expect(partly.connect(at, 'http')).toMatchObject({ action: 'mediate', protocol: 'http' });
    const replay = compiled({ allow: [tcp], tape: { mode: 'replay', tape: 'tape_1' } });
    expect(replay.connect(at, 'other')).toMatchObject({ action: 'deny', decision: { code: 'tape-miss' } });
  });

  it('names the nearest miss, and the change that would allow it', () => {
    const policy = compilePolicy(
      networkPolicySchema.parse({ allow: [{ host, methods: ['GET'], paths: ['/v1/**'] }] }),
      { lines: { allow: [7], deny: [] } },
    );
    const miss = (question: RequestQuestion): [string, string | null] => {
      const { decision } = policy.request(question);
      return [decision.code, decision.hint];
    };
    expect(miss(get('https://other.example.com/'))).toEqual([
      'no-rule',
      'Add to the policy\'s allow list: { host: "other.example.com" }',
    ]);
    expect(miss(get(`https://${host}:8443/v1/a`))).toEqual([
      'port-not-allowed',
      `Say in allow[0], line 7 (allow https ${host} GET /v1/**): ports: [443, 8443]`,
    ]);
    expect(miss(get(`http://${host}:443/v1/a`))[0]).toBe('protocol-not-allowed');
    expect(miss(get(`https://${host}/v1/a`, 'POST'))).toEqual([
      'method-not-allowed',
      `Say in allow[0], line 7 (allow https ${host} GET /v1/**): methods: ["GET", "POST"]`,
    ]);
    expect(miss(get(`https://${host}/v1/a`, 'get'))[0]).toBe('method-not-allowed');
    expect(miss(get(`https://${host}/v2?x`))[1]).toMatch(/paths: \["\/v1\/\*\*", "\/v2"\]$/);
    expect(miss(get(`https://${host}/v2`, 'POST'))).toEqual([
      'method-not-allowed',
      `Say in allow[0], line 7 (allow https ${host} GET /v1/**): methods: ["GET", "POST"], paths: ["/v1/**", "/v2"]`,
    ]);
    for (const method of ['GET', 'POST']) {
      const [code, hint] = miss(get(`https://${host}/v1/../v2`, method));
      expect([code, hint]).toEqual(['path-malformed', expect.stringMatching(/^Let the path be sent in its one plain/)]);
    }
    // At another port nothing of what the rule keeps out is opened along with it.
    expect(miss(get(`https://${host}:8443/v2`, 'POST'))).toEqual([
      'port-not-allowed',
      `Add to the policy's allow list: { host: "${host}", ports: [8443], methods: ["POST"], paths: ["/v2"] }`,
    ]);
    expect(policy.request(get(`https://${host}/v1/a`))).toMatchObject({ allowed: true, grant: { rule: { line: 7 } } });
  });

  it('lets the first rule that matches everything demand what it demands', () => {
    const policy = compiled({
      allow: [
        { host, paths: ['/a'], limits: { bytesUp: 1 } },
        { host: '*.example.com', limits: { bytesUp: 2 } },
      ],
    });
    expect(policy.request(get(`https://${host}/a`))).toMatchObject({ grant: { limits: { bytesUp: 1 } } });
    expect(policy.request(get(`https://${host}/b`))).toMatchObject({ grant: { limits: { bytesUp: 2 } } });
  });

  it('takes a doubtful path for one that a deny rule names', () => {
    const policy = compiled({ allow: [{ host }], deny: [{ host, paths: ['/admin/**'] }] });
    const code = (target: string): string => policy.request({ ...get(`https://${host}/`), target }).decision.code;
    expect(code('/open')).toBe('allowed');
    for (const target of ['/admin/x', '/Admin/x', '/admin', '/%61dmin/x', '/admin%2fx']) {
      expect(code(target)).toBe('denied-by-rule');
    }
    for (const target of [
      '/x/../admin/y',
      '//admin/x',
      '/admin;/x',
      '/%2e/admin/x',
      '/admin%5cx',
      '*',
      '/%2561dmin/x',
    ]) {
      expect(code(target)).toBe('path-malformed');
    }
  });

  it('denies a method in any case', () => {
    const policy = compiled({ allow: [{ host }], deny: [{ host: '*', methods: ['DELETE'] }] });
    for (const method of ['DELETE', 'delete', 'DeLeTe']) {
      expect(policy.request(get(`https://${host}/`, method)).decision.code).toBe('denied-by-rule');
    }
    expect(policy.request(get(`https://${host}/`, 'get')).allowed).toBe(true);
  });

  it('closes the ports that deny rules close', () => {
    const policy = compiled({
      allow: [
        { host, ports: [443, 8443] },
        { host, protocol: 'tcp', ports: [22] },
      ],
      deny: [{ host: '*.example.com', ports: [8443] }, { host: 'shut.example.com' }],
    });
    expect(policy.ports(host)).toEqual([22, 443]);
    expect(policy.name('shut.example.com')).toMatchObject({ code: 'denied-by-rule' });
  });

  it('reaches an address only by its own rule, and a private one only when that opens it', () => {
    const policy = compiled({
      allow: [{ host: '10.0.0.1', addresses: ['10.0.0.1'] }, { host: ['10.0.0.2', '*.example.com'] }],
    });
    const dial = (name: string, address: string): string => {
      const verdict = policy.connect({ host: name, port: 443 }, 'tls');
      if (verdict.action !== 'tunnel') return verdict.action;
      return policy.address(address, { host: name, port: 443 }, verdict.grant).code;
    };
    expect(dial('10.0.0.1', '10.0.0.1')).toBe('allowed');
    expect(dial('10.0.0.1', '10.0.0.3')).toBe('address-not-allowed');
    expect(dial('10.0.0.2', '10.0.0.2')).toBe('address-refused');
    expect(dial('10.0.0.3', '10.0.0.3')).toBe('deny');
    expect(dial('a.example.com', '127.0.0.1')).toBe('address-refused');
    expect(dial('a.example.com', '::ffff:127.0.0.1')).toBe('address-refused');
    expect(dial('a.example.com', '8.8.8.8')).toBe('allowed');
    expect(dial('a.example.com', 'not an address')).toBe('address-refused');
  });

  it.each<[string, NetworkPolicyInput, RegExp]>([
    ['every host', { allow: [{ host: '*' }] }, /every host/],
    ['a top-level domain', { allow: [{ host: '*.com' }] }, /top-level/],
    ['a star inside', { allow: [{ host: 'a.*.example.com' }] }, /whole labels/],
    ['half a star', { allow: [{ host: '*example.com' }] }, /whole labels/],
    ['names below an address', { allow: [{ host: '*.0.0.1' }] }, /number/],
    ['another script', { allow: [{ host: 'faß.example' }] }, /xn--fa-hia/],
    ['localhost', { allow: [{ host: 'localhost' }] }, /sandbox itself/],
    ['a short address', { allow: [{ host: '10.1' }] }, /four decimal/],
    ['a URL', { allow: [{ host: 'https://example.com' }] }, /character/],
    ['tcp without ports', { allow: [{ host, protocol: 'tcp' }] }, /usual port/],
    ['tcp with methods', { allow: [{ host, protocol: 'tcp', ports: [1], methods: ['GET'] }] }, /nobody reads/],
    ['tcp mediated', { allow: [{ host, protocol: 'tcp', ports: [1], mediate: true }] }, /nobody reads/],
    [
      'a secret in the clear',
      { allow: [{ host, protocol: 'http', credentials: [{ secret: 'a', position: { kind: 'basic' } }] }] },
      /plain http/,
    ],
    ['a path with dots', { allow: [{ host, paths: ['/a/../b'] }] }, /dot segment/],
    ['a path with a query', { deny: [{ host, paths: ['/a?b'] }] }, /query/],
    ['all addresses', { allow: [{ host, addresses: ['0.0.0.0/0'] }] }, /single range/],
    ['multicast', { allow: [{ host, addresses: ['224.0.0.0/4'] }] }, /multicast/],
    [
      'a variable twice',
      {
        secrets: [
          { secret: 'a', environment: 'A' },
          { secret: 'b', environment: 'A' },
        ],
      },
      /twice/,
    ],
  ])('is refused with %s', (_, input, message) => {
    expect(() => compiled(input)).toThrow(message);
  });

  it('denies as widely as anybody likes', () => {
    const policy = compiled({ allow: [{ host: ['a.example.com', 'a.example.org'] }], deny: [{ host: '*.com' }] });
    expect(policy.name('a.example.com').code).toBe('denied-by-rule');
    expect(policy.name('a.example.org').code).toBe('allowed');
  });
});

describe('a policy as large as it may be', () => {
  const ports = (first: number): number[] => Array.from({ length: 64 }, (_, index) => first + index);
  const timed = (work: () => unknown): number => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  };

  it('does not hold up others by its ports', () => {
    const policy = compiled({
      allow: Array.from({ length: 1024 }, () => ({
        host: '*.example.com',
        protocol: 'tcp' as const,
        ports: ports(1000),
      })),
      deny: Array.from({ length: 1024 }, () => ({ host: '*', ports: ports(30_000) })),
    });
    expect(timed(() => policy.ports(host))).toBeLessThan(200);
    expect(policy.ports(host)).toHaveLength(64);
  });

  it('does not hold up others by its paths', () => {
    const paths = Array.from({ length: 256 }, (_, index) => `/**/a*a*a*b${index}/**/x`);
    const rules = Array.from({ length: 4 }, () => ({ host: '*.example.com', paths }));
    const policy = compiled({ allow: rules, deny: rules });
    const longest = get(`https://${host}/${'a/'.repeat(4000)}a`);
    expect(timed(() => policy.request(longest))).toBeLessThan(2000);
    expect(() => compiled({ allow: [...rules, { host, paths: ['/'] }], deny: rules })).toThrow(/more than 2048 paths/);
  });

  it('is told of in few words', () => {
    const paths = Array.from({ length: 256 }, (_, index) => `/${'p'.repeat(1000)}${index}`);
    const methods = Array.from({ length: 1000 }, () => 'M'.repeat(32));
    const policy = compiled({ allow: [{ host: Array.from({ length: 256 }, () => host), paths, methods }] });
    for (const question of [get(`https://${host}/a`), { ...get(`https://${host}/a`), method: 'M'.repeat(32) }]) {
      expect(JSON.stringify(policy.request(question).decision).length).toBeLessThan(2048);
    }
  });

  it('has texts that tell its rules apart', () => {
    const paths = Array.from({ length: 20 }, (_, index) => `/${'p'.repeat(100)}${index}`);
    const text = (last: string): string | undefined =>
      compiled({ allow: [{ host, paths: [...paths, last] }] }).name(host).rule?.text;
    expect(text('/a')).not.toBe(text('/b'));
  });
});

describe('rules of a tape', () => {
  it('that the gateway could not use are refused here, with their place', () => {
    const played = (target: string): NetworkPolicyInput => ({
      tape: { mode: 'replay', tape: 'tap-1', rules: { hosts: [{ host }, { host, target }] } },
    });
    expect(() => compiled(played('^/a+$'))).not.toThrow();
    expect(() => compiled(played('(?=a)'))).toThrow(/tape\.rules\.hosts\[1\]: .*linear time/);
    expect(() => compiled(played('a{17}'))).toThrow(/linear time/);
    const heavy = { host, target: 'a'.repeat(512) };
    const rules = { hosts: Array.from({ length: 17 }, () => heavy) };
    expect(() => compiled({ tape: { mode: 'replay', tape: 'tap-1', rules } })).toThrow(/hosts\[16\]: .*too many/);
  });
});

describe('what is open when a policy changes', () => {
  const [grant] = compiled({ allow: [{ host }] }).grants(at, 'tls') as [Grant];
  const tunnel = { kind: 'tunnel', destination: at, first: 'tls', address: '8.8.8.8', grant } as const;
  const mediated = { kind: 'mediated', destination: at, protocol: 'https' } as const;
  const request = { kind: 'request', question: get(`https://${host}/a`), address: '8.8.8.8', grant } as const;

  it.each<[string, NetworkPolicyInput, [boolean, boolean, boolean]]>([
    ['the same', { allow: [{ host }] }, [true, true, true]],
    ['nothing', {}, [false, false, false]],
    ['a path', { allow: [{ host, paths: ['/a'] }] }, [false, true, true]],
    ['another path', { allow: [{ host, paths: ['/b'] }] }, [false, true, false]],
    ['a deny', { allow: [{ host }], deny: [{ host: '*' }] }, [false, false, false]],
    ['a tape', { allow: [{ host }], tape: { mode: 'record' } }, [false, true, true]],
    ['a limit', { allow: [{ host, limits: { bytesUp: 1 } }] }, [false, true, false]],
    ['a credential', { allow: [{ host, credentials: [credential] }] }, [false, true, false]],
  ])('goes on or is cut: %s', (_, input, expected) => {
    const policy = compiled(input);
    const decisions = [tunnel, mediated, request].map((open) => complies(policy, open));
    expect(decisions.map(({ allowed }) => allowed)).toEqual(expected);
    expect(decisions.every(({ allowed, code }) => code === (allowed ? 'allowed' : 'policy-changed'))).toBe(true);
  });

  it('is cut when what it is counted by is another limit, or the same of another rule', () => {
    const limits = { bytesPerSecond: 4096 };
    const [limited] = compiled({ allow: [{ host, limits }] }).grants(at, 'tls') as [Grant];
    const [open, now] = [{ ...tunnel, grant: limited }, (input: object) => compiled({ allow: [{ host, ...input }] })];
    expect(complies(now({ limits }), open).allowed).toBe(true);
    expect(complies(now({ limits: { bytesPerSecond: 2048 } }), open).code).toBe('policy-changed');
    expect(complies(now({}), open).code).toBe('policy-changed');
    expect(complies(now({ limits, host: [host, 'other.example'] }), open).code).toBe('policy-changed');
  });

  it('is cut when its address is not opened any more', () => {
    const open = { ...tunnel, address: '10.0.0.1' };
    expect(complies(compiled({ allow: [{ host, addresses: ['10.0.0.0/8'] }] }), open).allowed).toBe(true);
    expect(complies(compiled({ allow: [{ host }] }), open).allowed).toBe(false);
    const [opened] = compiled({ allow: [{ host, addresses: ['10.0.0.0/8'] }] }).grants(at, 'tls') as [Grant];
    const dialling = { ...tunnel, address: null, grant: opened };
    expect(complies(compiled({ allow: [{ host }] }), dialling).code).toBe('policy-changed');
    expect(complies(compiled({ allow: [{ host, addresses: ['fd00::/8', '10.0.0.0/8'] }] }), dialling).allowed).toBe(
      true,
    );
  });
});
