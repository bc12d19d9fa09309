/**
 * Layers, and the snapshots and templates made of them.
 *
 * 1. A snapshot or template names only sealed layers, and a layer that anything names cannot be removed: both are
 *    decided in the same transaction that writes, and foreign keys stand behind it.
 * 2. What refers to a layer: a snapshot's or template's chain, a layer on top of it, a sandbox that is not gone.
 * 3. What a recording needs of snapshots is referred to.
 */
import { HoldfastError, type Page, type Snapshot, type Template } from '../schema/index.ts';
import type { Database } from './database.ts';
import { page } from './page.ts';
import { type Columns, Table } from './table.ts';
import type { LayerRecord, SnapshotRecord, SnapshotRepository, TemplateRecord } from './types.ts';

const layerColumns: Columns<LayerRecord> = {
  id: 'text',
  parent: 'text',
  files: 'number',
  bytes: 'number',
  digest: 'text',
  xattrPrefix: 'text',
  sealed: 'flag',
  createdAt: 'text',
};

const snapshotColumns: Columns<Snapshot> = {
  id: 'text',
  name: 'text',
  tenant: 'text',
  sandbox: 'text',
  parent: 'text',
  template: 'text',
  createdAt: 'text',
  method: 'text',
  addedFiles: 'number',
  addedBytes: 'number',
  pauseMs: 'number',
  digest: 'text',
  contract: 'json',
};

const templateColumns: Columns<Template> = {
  name: 'text',
  kind: 'text',
  createdAt: 'text',
  sizeBytes: 'number',
  files: 'number',
  digest: 'text',
  warm: 'json',
};

const unreferencedLayer = `sealed = 1
  AND NOT EXISTS (SELECT 1 FROM chains WHERE chains.layer = layers.id)
  AND NOT EXISTS (SELECT 1 FROM layers AS child WHERE child.parent = layers.id)
  AND NOT EXISTS (SELECT 1 FROM sandboxes, json_each(sandboxes.layers) AS used
                  WHERE sandboxes.state <> 'gone' AND used.value = layers.id)`;

const unreferencedSnapshot = `(? IS NULL OR tenant = ?)
  AND NOT EXISTS (SELECT 1 FROM snapshots AS later WHERE later.parent = snapshots.id)
  AND NOT EXISTS (SELECT 1 FROM sandboxes WHERE sandboxes.state <> 'gone' AND sandboxes.snapshot = snapshots.id)
  AND NOT EXISTS (SELECT 1 FROM recordingSnapshots AS kept WHERE kept.snapshot = snapshots.id)`;

type Owner = readonly [kind: 'snapshot' | 'template', id: string];

export class SnapshotTables implements SnapshotRepository {
  readonly #database: Database;
  readonly #layers: Table<LayerRecord>;
  readonly #snapshots: Table<Snapshot>;
  readonly #templates: Table<Template>;

  constructor(database: Database) {
    this.#database = database;
    this.#layers = new Table(database, 'layers', layerColumns);
    this.#snapshots = new Table(database, 'snapshots', snapshotColumns);
    this.#templates = new Table(database, 'templates', templateColumns);
  }

  insertLayer(record: LayerRecord): void {
    this.#layers.insert(record);
  }

  getLayer(id: string): LayerRecord | null {
    return this.#layers.first('id = ?', id);
  }

  sealLayer(id: string, sealed: { files: number; bytes: number; digest: string }): boolean {
    return this.#layers.update({ ...sealed, sealed: true }, 'id = ? AND sealed = 0', id) === 1;
  }

  listLayers(): LayerRecord[] {
    return this.#layers.select('true ORDER BY id');
  }

  unreferencedLayers(): LayerRecord[] {
    return this.#layers.select(`${unreferencedLayer} ORDER BY id DESC`);
  }

  removeLayer(id: string): boolean {
    return this.#layers.remove(`id = ? AND ${unreferencedLayer}`, id) === 1;
  }

  discardLayer(id: string): boolean {
    return this.#layers.remove('id = ? AND sealed = 0', id) === 1;
  }

  insertSnapshot(record: SnapshotRecord): void {
    this.#database.transaction(() => {
      this.#snapshots.insert(record);
      this.#putChain(['snapshot', record.id], record.layers);
    });
  }

  getSnapshot(id: string): SnapshotRecord | null {
    const found = this.#snapshots.first('id = ?', id);
    return found && { ...found, layers: this.#chain(['snapshot', id]) };
  }

  findSnapshot(tenant: string, id: string): SnapshotRecord | null {
    const found = this.getSnapshot(id);
    return found?.tenant === tenant ? found : null;
  }

  newestNamed(tenant: string, name: string): SnapshotRecord | null {
    const found = this.#snapshots.first('tenant = ? AND name = ? ORDER BY id DESC LIMIT 1', tenant, name);
    return found && { ...found, layers: this.#chain(['snapshot', found.id]) };
  }

  listSnapshots(query: { tenant: string; sandbox?: string; limit?: number; cursor?: string }): Page<SnapshotRecord> {
    const sandbox = query.sandbox ?? null;
    return page('snapshot', query, (after, limit) =>
      this.#withChains(
        this.#snapshots.select(
          'tenant = ? AND id > ? AND (? IS NULL OR sandbox = ?) ORDER BY id LIMIT ?',
          query.tenant,
          after,
          sandbox,
          sandbox,
          limit,
        ),
      ),
    );
  }

  unreferencedSnapshots(tenant?: string): SnapshotRecord[] {
    const owner = tenant ?? null;
    return this.#withChains(this.#snapshots.select(`${unreferencedSnapshot} ORDER BY id`, owner, owner));
  }

  named(prefix: string): Snapshot[] {
    return this.#snapshots.select('substr(name, 1, ?) = ? ORDER BY id', prefix.length, prefix);
  }

  removeSnapshot(id: string): boolean {
    return this.#database.transaction(() => {
      this.#removeChain(['snapshot', id]);
      return this.#snapshots.remove('id = ?', id) === 1;
    });
  }

  putTemplate(record: TemplateRecord): void {
    this.#database.transaction(() => {
      this.#removeChain(['template', record.name]);
      this.#templates.insert(record, 'replace');
      this.#putChain(['template', record.name], record.layers);
    });
  }

  getTemplate(name: string): TemplateRecord | null {
    const found = this.#templates.first('name = ?', name);
    return found && { ...found, layers: this.#chain(['template', name]) };
  }

  listTemplates(): TemplateRecord[] {
    return this.#templates
      .select('true ORDER BY name')
      .map((found) => ({ ...found, layers: this.#chain(['template', found.name]) }));
  }

  removeTemplate(name: string): boolean {
    return this.#database.transaction(() => {
      this.#removeChain(['template', name]);
      return this.#templates.remove('name = ?', name) === 1;
    });
  }

  #withChains(found: Snapshot[]): SnapshotRecord[] {
    return found.map((snapshot) => ({ ...snapshot, layers: this.#chain(['snapshot', snapshot.id]) }));
  }

  #chain(owner: Owner): string[] {
    return this.#database
      .statement('SELECT layer FROM chains WHERE ownerKind = ? AND owner = ? ORDER BY position')
      .all(...owner)
      .map((row) => String(row['layer']));
  }

  #putChain(owner: Owner, layers: readonly string[]): void {
    const insert = this.#database.statement(
      'INSERT INTO chains SELECT ?, ?, ?, id FROM layers WHERE id = ? AND sealed = 1',
    );
    for (const [position, layer] of layers.entries()) {
      if (insert.run(...owner, position, layer) === 1) continue;
      throw new HoldfastError(
        'snapshot-corrupt',
        `${owner[0]} ${owner[1]} needs layer ${layer}, which is not complete`,
        {
          hint: 'Take the snapshot or build the template again.',
          details: { layer },
        },
      );
    }
  }

  #removeChain(owner: Owner): void {
    this.#database.statement('DELETE FROM chains WHERE ownerKind = ? AND owner = ?').run(...owner);
  }
}
