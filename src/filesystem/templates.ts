/**
 * Templates: named bases of one sealed layer each.
 *
 * 1. A template is replaced or removed by name only; what was made from the old layer keeps it.
 * 2. `host` makes itself and follows the machine's files.
 */
import { isoTime, join, mkdir, readFileIfPresent, type Scope, untilOrEnded, writeFileAtomic } from '../base/index.ts';
import { type BuildTemplate, HoldfastError } from '../schema/index.ts';
import type { TemplateRecord } from '../state/index.ts';
import type { LayerStore } from './layers.ts';
import { fillFromDebian, fillFromDirectory } from './template-build.ts';
import { buildHostTree, hostBinds, hostFingerprint } from './template-host.ts';
import { placeWarm, warmNames } from './template-warm.ts';
import type { StoreContext, TemplateBind } from './types.ts';

const hostName = 'host';
/** How long a look at the machine's files is believed. */
const freshMs = 10_000;

export class Templates {
  readonly #context: StoreContext;
  readonly #layers: LayerStore;
  #hostSeenMs = Number.NEGATIVE_INFINITY;
  #building: Promise<TemplateRecord> | null = null;

  constructor(context: StoreContext, layers: LayerStore) {
    this.#context = context;
    this.#layers = layers;
  }

  async use(name: string, scope: Scope): Promise<TemplateRecord> {
    const template = name === hostName ? await this.#host(scope) : this.#context.records.getTemplate(name);
    if (!template) {
      throw new HoldfastError('template-not-found', `there is no template ${name}`, {
        hint: `Build it with \`holdfast template build ${name} ...\`, or use ${hostName}.`,
      });
    }
    await this.#layers.holding(template.layers, () => this.#layers.verify(template.layers, scope));
    return template;
  }

  async build(request: BuildTemplate, onProgress: (line: string) => void, scope: Scope): Promise<TemplateRecord> {
    if (request.name === hostName || !/^[a-z0-9][a-z0-9._-]{0,62}$/.test(request.name)) throw badName(request.name);
    const fill = async (tree: string): Promise<void> => {
      if (request.from === 'directory') await fillFromDirectory(this.#context, request.directory, tree, scope);
      else await fillFromDebian(this.#context, request, tree, onProgress, scope);
      if (request.warm) await placeWarm(this.#context, tree, request.warm);
    };
    return await this.#make({ name: request.name, kind: request.from, binds: [], fill }, scope);
  }

  remove(name: string): void {
    if (name === hostName) {
      throw new HoldfastError('in-use', `the template ${hostName} is always there`, {
        hint: 'It costs a few megabytes.',
      });
    }
    if (!this.#context.durable('remove a template', () => this.#context.records.removeTemplate(name))) {
      throw new HoldfastError('template-not-found', `there is no template ${name}`, {
        hint: '`holdfast template ls` lists them.',
      });
    }
  }

  async #host(scope: Scope): Promise<TemplateRecord> {
    const { records, clock } = this.#context;
    const known = records.getTemplate(hostName);
    if (known && clock.monotonicMs() - this.#hostSeenMs < freshMs) return known;
    this.#building ??= this.#refreshHost(scope).finally(() => {
      this.#building = null;
    });
    return await untilOrEnded(this.#building, scope);
  }

  async #refreshHost(scope: Scope): Promise<TemplateRecord> {
    const { records, clock, paths } = this.#context;
    const fingerprint = await hostFingerprint();
    const noteFile = join(paths.template(hostName), 'template.json');
    const known = records.getTemplate(hostName);
    const note = await readFileIfPresent(noteFile);
    if (!known || note !== noteOf(fingerprint)) {
      const fill = (tree: string): Promise<void> => buildHostTree(this.#context, tree, scope);
      await this.#make({ name: hostName, kind: hostName, binds: hostBinds, fill }, scope);
      await mkdir(paths.template(hostName), { recursive: true, mode: 0o700 });
      await this.#context.durable('note the machine', () => writeFileAtomic(noteFile, noteOf(fingerprint)));
    }
    this.#hostSeenMs = clock.monotonicMs();
    const made = records.getTemplate(hostName);
    if (!made) throw new HoldfastError('template-not-found', `the template ${hostName} vanished while it was built`);
    return made;
  }

  async #make(
    template: {
      name: string;
      kind: TemplateRecord['kind'];
      binds: TemplateBind[];
      fill: (tree: string) => Promise<void>;
    },
    scope: Scope,
  ): Promise<TemplateRecord> {
    const { paths, durable, clock, records, transaction } = this.#context;
    const layer = await this.#layers.begin(null);
    try {
      await durable('fill a template', () => template.fill(paths.layerTree(layer)));
      const warm = await warmNames(paths.layerTree(layer));
      const sealed = await this.#layers.hash(layer, template.binds, scope);
      const record: TemplateRecord = {
        name: template.name,
        kind: template.kind,
        createdAt: isoTime(clock.nowMs()),
        sizeBytes: sealed.bytes,
        files: sealed.files,
        digest: sealed.digest,
        warm,
        layers: [layer],
      };
      durable('record a template', () =>
        transaction(() => {
          this.#layers.commit(sealed);
          records.putTemplate(record);
        }),
      );
      return record;
    } catch (error) {
      await this.#layers.discard(layer);
      throw error;
    } finally {
      this.#layers.release([layer]);
    }
  }
}

/** What the host template was made from. */
function noteOf(fingerprint: string): string {
  return `${JSON.stringify({ format: 1, fingerprint, binds: hostBinds }, null, 2)}\n`;
}

function badName(name: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${JSON.stringify(name)} cannot be a template's name`, {
    hint: 'Use lower-case letters, digits, dots, underscores and hyphens, at most 63; `host` is taken.',
  });
}
