import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { networkPolicySchema, networkPresets } from '../../../schema/index.ts';
import { compilePolicy } from '../compile.ts';
import { expandPreset } from './index.ts';
import type { PresetReader } from './reader.ts';
import { readZipEntry } from './zip.ts';

interface Host {
  environment?: Record<string, string>;
  /** By program and arguments; `stderr` ones fail. */
  programs?: Record<string, string | { stderr: string }>;
  files?: Record<string, string | Buffer>;
  pages?: Record<string, string>;
  names?: Record<string, string[]>;
}

function host({ environment = {}, programs = {}, files = {}, pages = {}, names = {} }: Host): PresetReader {
  return {
    environment: { HOME: '/home/a', ...environment },
    run: async (file, args) => {
      const output = programs[[file, ...args].join(' ')];
      if (output === undefined) return null;
      return typeof output === 'string'
        ? { status: 0, stdout: output, stderr: '' }
        : { status: 101, stdout: '', stderr: output.stderr };
    },
    read: async (path) => (files[path] === undefined ? null : Buffer.from(files[path])),
    list: async (path) =>
      Object.keys(files)
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1)),
    fetch: async (url) => ({ status: pages[url] === undefined ? 404 : 200, url, text: pages[url] ?? '' }),
    resolve: async (name) => names[name] ?? [],
  };
}

const readOnly = { methods: ['GET', 'HEAD'], mediate: false };

describe('npm', () => {
  const list = 'npm config ls --json';

  it('reads the registries npm knows', async () => {
    const settings = {
      registry: 'https://npm.example.com:8443/team/',
      '@a:registry': 'http://scoped.example.com/',
      cache: '/x',
      fund: true,
    };
    const expanded = await expandPreset('npm', host({ programs: { [list]: JSON.stringify(settings) } }));
    expect(expanded.rules).toEqual([
      { host: 'npm.example.com', protocol: 'https', ports: [8443], paths: ['/team/**'], ...readOnly },
      { host: 'scoped.example.com', protocol: 'http', ...readOnly },
    ]);
    expect(expanded.environment).toMatchObject({ npm_config_registry: 'https://npm.example.com:8443/team/' });
  });

  it('lets packages of a scope through, whose name has an escaped slash', async () => {
    const programs = { [list]: JSON.stringify({ registry: 'https://npm.example.com/team/' }) };
    const { rules } = await expandPreset('npm', host({ programs }));
    const policy = compilePolicy(networkPolicySchema.parse({ presets: ['npm'] }), {
      presetRules: [{ preset: 'npm', rules }],
    });
    const ask = (target: string, method = 'GET'): string =>
      policy.request({ scheme: 'https', host: 'npm.example.com', port: 443, method, target }).decision.code;
    expect(ask('/team/@scope%2fname')).toBe('allowed');
    expect(ask('/team/..%2fother')).toBe('path-malformed');
    expect(ask('/other')).toBe('path-not-allowed');
    expect(ask('/team/name', 'PUT')).toBe('method-not-allowed');
  });

  it('opens exactly the refused addresses that the host resolves to', async () => {
    const programs = { [list]: JSON.stringify({ registry: 'https://npm.example.com/' }) };
    const names = { 'npm.example.com': ['10.1.2.3', '8.8.8.8', 'fd00::5', '224.0.0.1'] };
    const { rules } = await expandPreset('npm', host({ programs, names }));
    expect(rules[0]?.addresses).toEqual(['10.1.2.3/32', 'fd00::5/128']);
  });

  it('reads the own file without npm, and refuses what it cannot use', async () => {
    const files = {
      '/home/a/.npmrc': '# mine\nregistry = https://npm.example.com/\n//npm.example.com/:_authToken=x\n',
    };
    expect((await expandPreset('npm', host({ files }))).rules[0]?.host).toBe('npm.example.com');
    await expect(expandPreset('npm', host({}))).rejects.toMatchObject({ code: 'capability-missing' });
    const programs = { [list]: JSON.stringify({ registry: 'https://me:word@npm.example.com/' }) };
    const refused = expandPreset('npm', host({ programs }));
    await expect(refused).rejects.toMatchObject({ code: 'invalid-argument', hint: expect.stringContaining('secret') });
    await expect(refused).rejects.not.toThrow(/word@/);
  });
});

describe('pip', () => {
  const list = 'python3 -m pip config list';
  const standard = 'python3 -c from pip._internal.models.index import PyPI; print(PyPI.simple_url)';
  const page =
    '<a href="../../files/aa/bb/x.whl#sha256=1">x</a> <a data-x="1" href="https://files.example.org/packages/1/y.whl">y</a>';

  it('asks pip for its default, and the index for where its files are', async () => {
    const programs = { [list]: "global.cert='/x'\n", [standard]: 'https://pip.example.com/simple\n' };
    const pages = { 'https://pip.example.com/simple/pip/': page };
    const expanded = await expandPreset('pip', host({ programs, pages }));
    expect(expanded.rules).toEqual([
      { host: 'pip.example.com', protocol: 'https', paths: ['/simple/**', '/files/**'], ...readOnly },
      { host: 'files.example.org', protocol: 'https', paths: ['/packages/**'], ...readOnly },
    ]);
    expect(expanded.environment).toMatchObject({ PIP_INDEX_URL: 'https://pip.example.com/simple' });
  });

  it('takes the environment before the file', async () => {
    const lines = [":env:.index-url='https://one.example.com/'", "global.index-url='https://two.example.com/'"];
    const programs = {
      [list]: [...lines, "global.extra-index-url='\\nhttps://a.example.com/\\nhttps://b.example.com/'"].join('\n'),
    };
    const { rules, environment } = await expandPreset('pip', host({ programs }));
    expect(rules.map((rule) => rule.host)).toEqual(['one.example.com', 'a.example.com', 'b.example.com']);
    expect(environment['PIP_EXTRA_INDEX_URL']).toBe('https://a.example.com/ https://b.example.com/');
  });

  it('is refused without pip, and when the index does not answer', async () => {
    await expect(expandPreset('pip', host({}))).rejects.toMatchObject({ code: 'capability-missing' });
    const reader = host({ programs: { [list]: '', [standard]: 'https://pip.example.com/simple' } });
    const silent = { ...reader, fetch: () => Promise.reject(new Error('no route')) };
    await expect(expandPreset('pip', silent)).rejects.toThrow(/no route/);
    const programs = { [list]: "global.index-url='https://me:word@pip.example.com/'" };
    await expect(expandPreset('pip', { ...silent, ...host({ programs }) })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('apt', () => {
  it('reads both formats, and only what is enabled and on the network', async () => {
    const files = {
      '/etc/apt/sources.list':
        '# deb http://old.example.com x y\ndeb [arch=amd64 signed-by=/k] http://a.example.com/debian/ stable main\ndeb cdrom:[x]/ y z\n',
      '/etc/apt/sources.list.d/b.sources':
        'Types: deb\n# URIs: http://no.example.com/\nURIs: https://b.example.com/one\n https://b.example.com/two\nSuites: x\n\nEnabled: no\nURIs: http://off.example.com/\n',
      '/etc/apt/sources.list.d/c.list.disabled': 'deb http://c.example.com/ x y\n',
    };
    const { rules } = await expandPreset('apt', host({ files }));
    expect(rules).toEqual([
      { host: 'a.example.com', protocol: 'http', paths: ['/debian/**'], ...readOnly },
      { host: 'b.example.com', protocol: 'https', paths: ['/one/**', '/two/**'], ...readOnly },
    ]);
  });

  it('brings sources, settings and keys as files, and nothing that could hold a password', async () => {
    const signed = ' -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n';
    const { files } = await expandPreset(
      'apt',
      host({
        programs: {
          'apt-config dump': 'Acquire::Check-Date "false";\nAcquire::http::Proxy "http://u:p@x";\nAPT::Periodic "1";\n',
        },
        files: {
          '/etc/apt/sources.list':
            'deb [arch=amd64,arm64 signed-by=/etc/apt/keyrings/a.gpg lang+=de] http://a.example.com/x stable main contrib # mine\n',
          '/etc/apt/sources.list.d/b.sources': `Types: deb deb-src\nURIs: https://b.example.com file:/media\nSuites: x\nSigned-By:\n${signed}\nURIs: https://c.example.com\nSuites: ./\n`,
          '/etc/apt/keyrings/a.gpg': Buffer.from([0xff]),
          '/etc/apt/trusted.gpg.d/t.asc': 'key',
        },
      }),
    );
    const text = (name: string): string =>
      Buffer.from(files.find((one) => one.name === name)?.base64 ?? '', 'base64').toString('latin1');
    expect(files.map(({ name }) => name)).toEqual([
      'apt.conf',
      'apt.sources',
      'apt.status',
      'apt-key-1.gpg',
      'apt-key-2.asc',
    ]);
    expect(text('apt.conf')).toMatch(/\nAcquire::Check-Date "false";\n$/);
    expect(text('apt.conf')).not.toMatch(/Proxy|Periodic/);
    expect([text('apt-key-1.gpg'), text('apt-key-2.asc')]).toEqual(['\xff', 'key']);
    expect(text('apt.sources')).toBe(
      `types: deb
uris: http://a.example.com/x
suites: stable
architectures: amd64 arm64
signed-by: /run/holdfast/trust/apt-key-1.gpg
languages-add: de
components: main contrib

types: deb deb-src
uris: https://b.example.com
suites: x
signed-by: 
${signed}
uris: https://c.example.com
suites: ./
signed-by: /run/holdfast/trust/apt-key-2.asc
`,
    );
  });

  it('is refused without sources, and with mirrors that name others', async () => {
    await expect(expandPreset('apt', host({}))).rejects.toMatchObject({ code: 'capability-missing' });
    const files = { '/etc/apt/sources.list': 'deb mirror+http://a.example.com/list x y' };
    await expect(expandPreset('apt', host({ files }))).rejects.toThrow(/one host/);
  });
});

describe('go', () => {
  const ask = 'go env -json GOPROXY GOSUMDB GONOSUMDB GOPRIVATE GONOPROXY';

  it('reads proxies and the checksum database, and drops direct', async () => {
    const settings = {
      GOPROXY: 'https://go.example.com/mod|https://two.example.com,direct',
      GOSUMDB: 'sum.example.com+key',
      GOPRIVATE: '',
    };
    const expanded = await expandPreset('go', host({ programs: { [ask]: JSON.stringify(settings) } }));
    expect(expanded.rules.map((rule) => [rule.host, rule.paths])).toEqual([
      ['go.example.com', ['/mod/**']],
      ['two.example.com', undefined],
      ['sum.example.com', undefined],
    ]);
    expect(expanded.environment).toEqual({
      GOPROXY: 'https://go.example.com/mod,https://two.example.com',
      GOSUMDB: 'sum.example.com+key',
    });
  });

  it('is refused without a proxy', async () => {
    const programs = { [ask]: JSON.stringify({ GOPROXY: 'direct' }) };
    await expect(expandPreset('go', host({ programs }))).rejects.toMatchObject({ code: 'capability-missing' });
    await expect(expandPreset('go', host({}))).rejects.toThrow(/not installed/);
  });
});

describe('cargo', () => {
  const search = 'cargo search --limit 1 cargo';
  const stderr = 'error: download failed\n  failed to download from `https://index.example.com/config.json`\n';
  const pages = {
    'https://index.example.com/config.json':
      '{ "dl": "https://static.example.com/crates", "api": "https://example.com" }',
    'https://mirror.example.com/i/config.json': '{"dl":"https://mirror.example.com/files/{crate}-{version}"}',
  };

  it('reads the built-in index off the error of cargo', async () => {
    const { rules } = await expandPreset('cargo', host({ programs: { [search]: { stderr } }, pages }));
    expect(rules).toEqual([
      { host: 'index.example.com', protocol: 'https', ...readOnly },
      { host: 'static.example.com', protocol: 'https', paths: ['/crates/**'], ...readOnly },
    ]);
  });

  it('follows what replaces it, and named registries', async () => {
    const toml =
      '[source.crates-io]\nreplace-with = "near" # mirror\n[source."near"]\nregistry = "sparse+https://mirror.example.com/i/"\n';
    const environment = { CARGO_HOME: '/cargo', CARGO_REGISTRIES_MY_OWN_INDEX: 'sparse+https://index.example.com/' };
    const { rules, environment: inside } = await expandPreset(
      'cargo',
      host({ environment, files: { '/cargo/config.toml': toml }, pages }),
    );
    expect(rules.map((rule) => [rule.host, rule.paths])).toEqual([
      ['mirror.example.com', ['/i/**', '/files/**']],
      ['index.example.com', undefined],
      ['static.example.com', ['/crates/**']],
    ]);
    expect(inside['CARGO_REGISTRIES_MY_OWN_INDEX']).toBe('sparse+https://index.example.com/');
  });

  it('is refused for a git index, and when nothing is known', async () => {
    const files = {
      '/home/a/.cargo/config.toml':
        '[source.crates-io]\nreplace-with="x"\n[source.x]\nregistry = "https://git.example.com/i"',
    };
    await expect(expandPreset('cargo', host({ files }))).rejects.toThrow(/sparse/);
    await expect(expandPreset('cargo', host({}))).rejects.toThrow(/not installed/);
    await expect(expandPreset('cargo', host({ programs: { [search]: { stderr: 'no' } } }))).rejects.toThrow(
      /does not say/,
    );
  });
});

describe('maven', () => {
  const pom =
    '<project><!-- <repository><url>https://no.example.com</url></repository> --><repository>\n<url>https://central.example.com/maven2</url></repository></project>';
  const jar = zipOf('org/apache/maven/model/pom-4.0.0.xml', Buffer.from(pom));
  const programs = { 'mvn -v': 'Apache Maven 3\nMaven home: /m\nJava version: 17\n' };
  const blocker =
    '<mirrors><mirror><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror></mirrors>';

  it('reads the central repository out of the super POM', async () => {
    const files = {
      '/m/lib/maven-model-builder-3.x.jar': jar,
      '/m/lib/maven-core.jar': 'x',
      '/m/conf/settings.xml': blocker,
    };
    const { rules } = await expandPreset('maven', host({ programs, files }));
    expect(rules).toEqual([{ host: 'central.example.com', protocol: 'https', paths: ['/maven2/**'], ...readOnly }]);
  });

  it('takes a mirror in its place', async () => {
    const mirror = '<mirror><id>m</id><url>https://near.example.com/repo</url><mirrorOf>*</mirrorOf></mirror>';
    const files = {
      '/home/a/.m2/settings.xml': `<settings>${mirror}<repository><url>https://own.example.com</url></repository></settings>`,
    };
    const { rules } = await expandPreset('maven', host({ files }));
    expect(rules.map((rule) => rule.host)).toEqual(['near.example.com']);
  });

  it('is refused without Maven and mirror', async () => {
    await expect(expandPreset('maven', host({}))).rejects.toMatchObject({ code: 'capability-missing' });
    await expect(expandPreset('maven', host({ programs }))).rejects.toThrow(/super POM/);
  });

  it('reads no archive that is cut or lies', () => {
    expect(readZipEntry(jar, 'other')).toBeNull();
    for (let length = 0; length < jar.length; length += 7) {
      expect(readZipEntry(jar.subarray(0, length), 'org/apache/maven/model/pom-4.0.0.xml')).toBeNull();
    }
  });
});

it('covers every preset', () => {
  expect([...networkPresets].sort()).toEqual(['apt', 'cargo', 'go', 'maven', 'npm', 'pip']);
});

/** A zip archive of one deflated entry. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
}
