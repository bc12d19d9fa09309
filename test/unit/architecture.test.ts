/**
 * The house's shape, checked: folders import only from folders above them, through the door, without cycles, with the
 * npm packages they are allowed, and only the allowed places touch the outside world.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const source = join(root, 'src');

/** Top to bottom; each with the npm packages and Node modules it may use. `*` is any Node module. */
const folders: Record<string, { packages: string[]; node: string[] | '*' }> = {
  schema: { packages: ['zod'], node: [] },
  base: { packages: ['pino', 'ws'], node: '*' },
  guest: { packages: [], node: ['node:buffer', 'node:stream', 'node:crypto'] },
  state: { packages: [], node: ['node:sqlite', 'node:crypto', 'node:fs', 'node:path', 'node:buffer'] },
  filesystem: { packages: ['diff', 'tar-stream'], node: ['node:stream', 'node:path', 'node:crypto', 'node:buffer'] },
  compute: {
    packages: [],
    node: ['node:child_process', 'node:net', 'node:crypto', 'node:path', 'node:stream', 'node:buffer', 'node:zlib'],
  },
  noise: { packages: ['yaml'], node: ['node:crypto'] },
  network: {
    packages: ['zod', 'yaml', 'dns-packet', 'undici', 'ws', '@peculiar/x509', 'reflect-metadata'],
    node: '*',
  },
  contract: {
    packages: ['zod', 'yaml'],
    node: ['node:child_process', 'node:crypto', 'node:module', 'node:path', 'node:os', 'node:buffer', 'node:stream'],
  },
  recording: {
    packages: ['zod', 'tar-stream'],
    node: [
      'node:async_hooks',
      'node:buffer',
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:worker_threads',
      'node:zlib',
    ],
  },
  lifecycle: { packages: [], node: ['node:crypto', 'node:path'] },
  tools: { packages: ['zod'], node: ['node:crypto', 'node:path', 'node:buffer'] },
  worlds: { packages: ['zod', 'yaml'], node: ['node:crypto'] },
  audit: { packages: ['zod'], node: ['node:crypto', 'node:fs', 'node:path'] },
  sessions: { packages: [], node: ['node:crypto'] },
  agents: {
    packages: [
      'zod',
      'yaml',
      '@ai-sdk/provider',
      '@ai-sdk/anthropic',
      '@ai-sdk/openai',
      '@ai-sdk/openai-compatible',
      '@cedar-policy/cedar-wasm',
      'quickjs-emscripten-core',
      '@jitl/quickjs-wasmfile-release-sync',
      'typescript-6',
    ],
    node: ['node:crypto', 'node:fs', 'node:worker_threads'],
  },
  channels: {
    packages: [
      'zod',
      'chat',
      '@chat-adapter/slack',
      '@chat-adapter/whatsapp',
      'nodemailer',
      'postal-mime',
      'smtp-server',
    ],
    node: ['node:crypto'],
  },
  runtime: { packages: [], node: ['node:path', 'node:crypto'] },
  server: {
    packages: ['hono', '@hono/node-server', 'zod', 'ws'],
    node: ['node:http', 'node:crypto', 'node:stream', 'node:net', 'node:path', 'node:buffer'],
  },
  client: { packages: [], node: [] },
  cli: {
    packages: ['commander', 'tar-stream', 'ai'],
    node: '*',
  },
};
const order = Object.keys(folders);

/** What only `base` may do elsewhere-banned, and its replacement. */
const banned: [RegExp, string][] = [
  [/\bDate\.now\(|new Date\(\)/, 'clock.nowMs() of base/clock.ts'],
  [/\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/, 'the random source of base/random.ts'],
  [/\bprocess\.env\b/, 'readEnvironment() of base/environment.ts'],
  [/\bset(Timeout|Interval)\(/, 'clock.after() or clock.sleep() of base/clock.ts'],
];
/** The command line is a process of its own: it is the environment's reader and the terminal's owner. */
const exempt = new Set(['base', 'cli']);

interface SourceFile {
  path: string;
  folder: string;
  text: string;
  imports: string[];
}

const files = collect();

describe('the architecture', () => {
  it('looked at the whole of src', () => {
    expect(files.length).toBeGreaterThanOrEqual(80);
    expect(new Set(files.map((file) => file.folder))).toEqual(new Set(order));
  });

  it('imports only upwards, through the door', () => {
    expect(files.flatMap((file) => file.imports.flatMap((target) => problemOf(file, target)))).toEqual([]);
  });

  it('has no import cycle between files', () => {
    expect(findCycle()).toEqual([]);
  });

  it('loads nothing at the start of a daemon that a daemon may never need', () => {
    const start = loadedBy('cli/command-line.ts', 'cli/verbs/serve.ts');
    expect(start.files.length).toBeGreaterThan(200);
    const late =
      /^(audit|sessions|agents|channels|worlds|client|contract|recording\/(late|replay|bundle)|compute\/(late|machine|gvisor))\b/;
    expect(start.files.filter((path) => late.test(path))).toEqual([]);
    expect(start.packages).toEqual(['@hono/node-server', 'commander', 'hono', 'pino', 'ws', 'zod']);
  });

  it('loads no package for what is done with a sandbox all day', () => {
    const daily =
      'create diff events exec fork inspect logs ps resume rm rollback run shell snapshot snapshots suspend';
    const loads = daily.split(' ').map((verb) => loadedBy(`cli/verbs/${verb}.ts`));
    for (const { files: all } of loads) expect(all.length).toBeGreaterThan(1);
    expect(new Set(loads.flatMap(({ packages }) => packages))).toEqual(new Set());
  });

  it('touches the outside world only in base', () => {
    const problems = files
      .filter((file) => !exempt.has(file.folder) && !isTest(file.path))
      .flatMap((file) =>
        banned
          .filter(([pattern]) => pattern.test(stripComments(file.text)))
          .map(([pattern, instead]) => `${file.path}: ${pattern.source}; use ${instead}`),
      );
    expect(problems).toEqual([]);
  });

  it('keeps every file under 500 lines', () => {
    expect(files.filter((file) => file.text.split('\n').length > 500).map((file) => file.path)).toEqual([]);
  });
});

function problemOf(file: SourceFile, target: string): string[] {
  const rules = folders[file.folder];
  if (!rules) return [`${file.path}: folder ${file.folder} is not in the list`];
  if (target.startsWith('.')) {
    const path = relative(source, resolve(source, dirname(file.path), target));
    const folder = path.split('/')[0] ?? '';
    if (folder === file.folder) return [];
    if (path.startsWith('..')) return isTest(file.path) ? [] : [`${file.path}: leaves src with ${target}`];
    if (order.indexOf(folder) > order.indexOf(file.folder))
      return [`${file.path}: ${folder} stands below ${file.folder}`];
    const isDoor = path === `${folder}/index.ts` || isLeaf(path);
    return isDoor || isTest(file.path) ? [] : [`${file.path}: ${target} goes around the door of ${folder}`];
  }
  if (isTest(file.path)) return [];
  if (target.startsWith('node:')) {
    return rules.node === '*' || rules.node.includes(target)
      ? []
      : [`${file.path}: ${target} is not for ${file.folder}`];
  }
  const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
  return rules.packages.includes(name) ? [] : [`${file.path}: package ${name} is not for ${file.folder}`];
}

/** Modules kept importable on their own because their door would load zod or the server into a browser or a quick start; `late.ts` is what a start needs none of. */
function isLeaf(path: string): boolean {
  return [
    'schema/error-class.ts',
    'schema/isolation.ts',
    'schema/wire.ts',
    'schema/box.ts',
    'schema/port-stream.ts',
    'base/http.ts',
    'base/environment.ts',
    'base/suggest.ts',
    'client/index.ts',
    'network/policy/index.ts',
    'recording/late.ts',
    'compute/late.ts',
  ].includes(path);
}

function findCycle(): string[] {
  const edges = new Map(files.map((file) => [file.path, runtimeImports(file)]));
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const next of edges.get(path) ?? []) {
      const found = visit(next, [...trail, path]);
      if (found.length > 0) return found;
    }
    done.add(path);
    return [];
  };
  return files.map((file) => visit(file.path, [])).find((cycle) => cycle.length > 0) ?? [];
}

/** What these import, and what that does, as far as nothing is loaded when it is needed. */
function loadedBy(...entries: string[]): { files: string[]; packages: string[] } {
  const known = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set(entries);
  const packages = new Set<string>();
  for (const path of loaded) {
    const file = known.get(path);
    if (!file) continue;
    for (const next of runtimeImports(file)) loaded.add(next);
    for (const [, name = ''] of file.text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^.'][^']*)'/gms)) {
      if (!name.startsWith('node:'))
        packages.add(name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? ''));
    }
  }
  return { files: [...loaded].sort(), packages: [...packages].sort() };
}

function runtimeImports(file: SourceFile): string[] {
  return [...file.text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gms)].map((match) =>
    relative(source, resolve(source, dirname(file.path), match[1] ?? '')),
  );
}

function collect(): SourceFile[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(source, path), 'utf8');
      const imports = [
        ...text.matchAll(/^(?:import|export)[^;]*?from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gms),
      ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
      return { path, folder: path.split('/')[0] ?? '', text, imports };
    });
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
