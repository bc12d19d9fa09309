/** The runtimes that mutations change: a namespace sandbox of a small Debian, and a container over a BusyBox root. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import type { Target } from '../../src/contract/index.ts';
import { BundleTarget, usualConfiguration } from '../../src/contract/targets/bundle.ts';
import { HoldfastTarget } from '../../src/contract/targets/holdfast.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { buildDebian, whyNoDebian } from '../fixtures/machines.ts';
import { busybox, crunFor, isRoot, makeBusyboxRoot, program } from '../fixtures/real-runtimes.ts';
import { compiled } from './libraries.ts';
import type { Base, Container, Mutation } from './mutation.ts';

const template = 'debian';
const library = '/usr/lib/holdfast-mutation.so';

export class Runtimes implements AsyncDisposable {
  readonly #directory: string;
  readonly #runtime: Runtime | null;
  readonly #ociRuntime: string | null;

  private constructor(directory: string, runtime: Runtime | null, ociRuntime: string | null) {
    this.#directory = directory;
    this.#runtime = runtime;
    this.#ociRuntime = ociRuntime;
  }

  /** @param directory of nobody else, gone after the end */
  static async open(directory: string): Promise<Runtimes> {
    let runtime: Runtime | null = null;
    if (whyNoDebian() === null) {
      runtime = await createRuntime({ home: join(directory, 'home'), ephemeral: true });
      await buildDebian(runtime);
    }
    const ociRuntime = program('crun') ? crunFor(directory) : program('runc');
    if (busybox !== null && isRoot) makeBusyboxRoot(join(directory, 'root'));
    return new Runtimes(directory, runtime, ociRuntime);
  }

  /** Why a base, or what a mutation needs, is not here; or null. */
  whyNot({ base = template, brings }: Pick<Mutation, 'base' | 'brings'>): string | null {
    if (base === 'debian' && this.#runtime === null) return whyNoDebian() ?? 'no runtime';
    if (base === 'busybox' && !isRoot) return 'containers need root';
    if (base === 'busybox' && (busybox === null || this.#ociRuntime === null)) return 'no static busybox, crun or runc';
    if (brings === 'busybox' && busybox === null) return 'no static busybox';
    if (brings === 'python-older' && olderPython() === null) return 'no older Python on this machine';
    return null;
  }

  get #service(): HoldfastService {
    if (this.#runtime === null) throw new Error('there is no Debian template here');
    return this.#runtime.service();
  }

  base(name: Base = template): Target {
    return name === 'debian' ? this.sandbox({ template }) : this.#container(usualConfiguration);
  }

  sandbox(create: NonNullable<Mutation['create']>): Target {
    return new HoldfastTarget(this.#service, create, create.isolation ?? 'namespace');
  }

  async mutated(mutation: Mutation): Promise<Target> {
    const { base = template, create = {}, wrap = (target: Target) => target, container } = mutation;
    if (base === 'busybox') {
      // Of the same shape: `Container` is what mutations may rely on of it.
      const usual = usualConfiguration as unknown as Container;
      return wrap(this.#container(container ? container(usual) : usual));
    }
    const made = mutation.layer || mutation.preload ? await this.#layer(mutation) : template;
    return wrap(this.sandbox({ template: made, ...create }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime?.close();
  }

  #container(configuration: object): Target {
    const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    const newName = (): string => `hfm-${Buffer.from(systemRandom(6)).toString('hex')}`;
    const directory = join(this.#directory, 'oci');
    const options = { clock: systemClock, environment, directory, newName, configuration };
    return new BundleTarget(this.#ociRuntime ?? 'crun', join(this.#directory, 'root'), options);
  }

  /** A snapshot, which stands where a template stands. */
  async #layer({ id: name, layer, preload, brings }: Mutation): Promise<string> {
    const service = this.#service;
    const { id } = await service.createSandbox({ template, user: layer?.as ?? 'root' });
    try {
      if (brings) await service.writeFile(id, '/tmp/brought', broughtBytes(brings));
      if (preload) await service.writeFile(id, library, compiled(preload, this.#directory), { mode: 0o755 });
      const load = preload ? `; echo ${library} >/etc/ld.so.preload` : '';
      const script = `set -e; { ${layer?.script ?? ':'}\n}${load}; rm -f /tmp/brought`;
      const { exitCode, stderr } = await service.exec(id, { argv: ['sh', '-c', script], timeoutMs: 60_000 });
      if (exitCode !== 0) throw new Error(`the layer of ${name} leaves with ${exitCode}: ${Buffer.from(stderr)}`);
      return (await service.createSnapshot(id, {})).id;
    } finally {
      await service.destroySandbox(id);
    }
  }
}

function broughtBytes(what: string): Uint8Array {
  if (what === 'busybox') return readFileSync(busybox ?? '');
  const python = olderPython();
  if (what !== 'python-older' || python === null) throw new Error(`nothing is known of ${what}`);
  const [, version = ''] = /python(3\.\d+)$/.exec(python) ?? [];
  const from = join(python, '../..');
  const move = ['--transform', 's,^,opt/older/,', '--transform', `s,bin/python${version},bin/python3,`];
  const without = ['test', '__pycache__', 'site-packages', 'idlelib', 'ensurepip', 'config-*', '*.a'];
  const words = ['-C', from, ...move, ...without.map((name) => `--exclude=${name}`), '-cf', '-'];
  const { stdout } = spawnSync('tar', [...words, `bin/python${version}`, `lib/python${version}`], {
    maxBuffer: 2 ** 30,
  });
  return stdout;
}

/** One that pyenv built: a whole installation that works wherever it is put. */
function olderPython(): string | null {
  const found = globSync(join(homedir(), '.pyenv/versions/3.[6-9].*/bin/python3.[6-9]'));
  return (
    found
      .filter((path) => existsSync(path))
      .sort()
      .at(-1) ?? null
  );
}
