import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../../test/fixtures/sandbox-record.ts';
import { sealKey } from '../../base/index.ts';
import { openStore, type Store } from '../../state/index.ts';
import { KeyFiles } from './key-files.ts';
import { SecretStore } from './store.ts';

let home: string;
let store: Store;
let secrets: SecretStore;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'));
  open();
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

function open(): void {
  store = openStore({ home });
  secrets = new SecretStore({ home, store });
}

function reopen(): void {
  store.close();
  open();
}

const value = Buffer.from('a-value-that-nobody-may-see');
const keyPath = (): string => join(home, 'secrets.key');

async function revealed(name = 'token', tenant = 'a'): Promise<string> {
  const [secret] = await secrets.reveal(tenant, 'sbx-1', [name]);
  return Buffer.from(secret?.value ?? '').toString();
}

describe('secrets', () => {
  it('are put, listed, replaced, given to the gateway and forgotten, tenant by tenant', async () => {
    const first = await secrets.put('a', 'token', value);
    await secrets.put('b', 'token', Buffer.from('of another'));
    await secrets.put('a', 'also', Buffer.from([0, 255, 1, 2, 3, 4, 5, 6]));
    reopen();
    expect(secrets.list('a').map(({ name }) => name)).toEqual(['also', 'token']);
    expect(secrets.list('a')[1]).toEqual(first);
    expect(await revealed()).toBe(value.toString());
    expect(await revealed('token', 'b')).toBe('of another');
    const again = await secrets.put('a', 'token', Buffer.from('a new value'));
    expect(again.createdAt).toBe(first.createdAt);
    expect(await revealed()).toBe('a new value');
    secrets.delete('a', 'token');
    await expect(revealed()).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringContaining('holdfast secret put token'),
    });
    expect(() => secrets.delete('a', 'token')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it.each<[string, string, Uint8Array, string]>([
    ['a short value', 'token', Buffer.from('1234567'), '7 bytes; at least 8'],
    ['a large value', 'token', Buffer.alloc(65_537), 'at most 65536'],
    ['a placeholder', 'token', Buffer.from(`hfs_${'a'.repeat(26)}`), 'is a placeholder'],
    ['a name of other characters', 'To_ken', value, 'the name of a secret'],
  ])('refuse %s', async (_what, name, bytes, message) => {
    await expect(secrets.put('a', name, bytes)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(message),
    });
  });

  it('are in no file of the home, in no spelling (1)', async () => {
    for (let round = 0; round < 50; round++) await secrets.put('a', `token-${round}`, value);
    await secrets.rotate();
    await secrets.put('a', 'token-0', value);
    await secrets.reveal('a', 'sbx-1', ['token-1']);
    const files = readdirSync(home);
    expect(files).toEqual(expect.arrayContaining(['state.db', 'state.db-wal', 'secrets.key']));
    for (const file of files) {
      const bytes = readFileSync(join(home, file));
      for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
        expect(bytes.includes(value.toString(encoding).slice(0, 24)), `${file} ${encoding}`).toBe(false);
      }
      expect(bytes.includes(readFileSync(keyPath())), file).toBe(file === 'secrets.key');
    }
  });

  it('are sealed anew each time, for their row only, and never skipped when damaged (2)', async () => {
    await secrets.put('a', 'token', value);
    const before = store.secrets.get('a', 'token');
    await secrets.put('a', 'token', value);
    const after = store.secrets.get('a', 'token');
    expect(after?.sealed).not.toBe(before?.sealed);
    if (!after) throw new Error('it is not there');
    const unusable = (why: string) =>
      expect.objectContaining({
        code: 'state-unusable',
        message: expect.stringContaining(why),
        hint: expect.stringContaining('holdfast secret put'),
      });
    for (const [tenant, name] of [
      ['b', 'token'],
      ['a', 'other'],
    ] as const) {
      store.secrets.put({ ...after, tenant, name });
      await expect(revealed(name, tenant)).rejects.toEqual(
        unusable(`the secret ${name} cannot be opened: it is damaged, or belongs to another row`),
      );
      store.secrets.remove(tenant, name);
    }
    const [version, id, body = ''] = after.sealed.split('.');
    for (const sealed of [
      '',
      'x',
      `${version}.${id}.`,
      `${version}.${id}.AAAA`,
      `2.${id}.${body}`,
      `${version}.${'0'.repeat(16)}.${body}`,
      `${version}.${id}.${body.slice(0, -4)}`,
      `${version}.${id}.${body[0] === 'A' ? 'B' : 'A'}${body.slice(1)}`,
    ]) {
      store.secrets.put({ ...after, sealed });
      await expect(revealed(), sealed).rejects.toEqual(unusable('the secret token cannot be opened'));
      await expect(secrets.rotate()).rejects.toEqual(unusable('token'));
    }
    await secrets.put('a', 'token', value);
    expect(await revealed()).toBe(value.toString());
    expect(existsSync(`${keyPath()}.next`)).toBe(false);
  });
});

describe('the key', () => {
  it('is made once, for its owner only', async () => {
    await secrets.put('a', 'token', value);
    const key = readFileSync(keyPath());
    expect(statSync(keyPath())).toMatchObject({ size: 32, nlink: 1 });
    expect(statSync(keyPath()).mode & 0o777).toBe(0o600);
    reopen();
    await Promise.all([secrets.put('a', 'one', value), secrets.put('a', 'two', value), revealed()]);
    expect(readFileSync(keyPath()).equals(key)).toBe(true);
    await expect(new KeyFiles(home).create('secrets.key', sealKey(Buffer.alloc(32)))).rejects.toMatchObject({
      code: 'EEXIST',
    });
  });

  it.each<[string, () => void, string, string]>([
    ['readable by others', () => chmodSync(keyPath(), 0o640), 'mode 0640', 'chmod 600'],
    ['of another length', () => writeFileSync(keyPath(), 'x'), 'not 32 bytes', 'backup'],
    [
      'a link',
      () => {
        renameSync(keyPath(), join(home, 'elsewhere'));
        symlinkSync('elsewhere', keyPath());
      },
      'symbolic link',
      'file itself',
    ],
    ['not there', () => rmSync(keyPath()), 'it is not there', 'Restore it'],
  ])('is refused when it is %s, with the fix; what needs no key goes on', async (_what, spoil, message, hint) => {
    await secrets.put('a', 'token', value);
    spoil();
    reopen();
    const refused = {
      code: 'state-unusable',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    };
    await expect(revealed()).rejects.toMatchObject(refused);
    await expect(secrets.put('a', 'x', value)).rejects.toMatchObject(refused);
    await expect(secrets.rotate()).rejects.toMatchObject(refused);
    expect(secrets.list('a')).toHaveLength(1);
    secrets.delete('a', 'token');
  });

  it('needs no restart once it is mended', async () => {
    await secrets.put('a', 'token', value);
    chmodSync(keyPath(), 0o644);
    reopen();
    await expect(revealed()).rejects.toMatchObject({ code: 'state-unusable' });
    chmodSync(keyPath(), 0o600);
    expect(await revealed()).toBe(value.toString());
  });

  it('that belongs to somebody else is refused', async () => {
    if (process.getuid?.() !== 0) return;
    const { chownSync } = await import('node:fs');
    await secrets.put('a', 'token', value);
    chownSync(keyPath(), 12_345, 0);
    reopen();
    await expect(revealed()).rejects.toMatchObject({ message: expect.stringContaining('belongs to user 12345') });
  });
});

/** Dies before or after the n-th step of a change of key; counts them when it does not. */
class Mortal {
  left: number;

  constructor(left: number) {
    this.left = left;
  }

  step(): void {
    if (--this.left === 0) throw new Error('died');
  }
}

class MortalFiles extends KeyFiles {
  readonly #mortal: Mortal;

  constructor(directory: string, mortal: Mortal) {
    super(directory);
    this.#mortal = mortal;
  }

  override create(...call: Parameters<KeyFiles['create']>): Promise<void> {
    return this.#around(() => super.create(...call));
  }

  override promote(): Promise<void> {
    return this.#around(() => super.promote());
  }

  async #around(work: () => Promise<void>): Promise<void> {
    this.#mortal.step();
    await work();
    this.#mortal.step();
  }
}

function mortalSecrets(mortal: Mortal): SecretStore {
  const inner = store.secrets;
  const repository: Store['secrets'] = {
    put: (record) => inner.put(record),
    get: (...key) => inner.get(...key),
    list: (tenant) => inner.list(tenant),
    remove: (...key) => inner.remove(...key),
    allSealed: () => inner.allSealed(),
    resealAll: (reseal) => {
      mortal.step();
      inner.resealAll((each) => {
        mortal.step();
        return reseal(each);
      });
      mortal.step();
    },
    flush: () => inner.flush(),
  };
  const parts = {
    secrets: repository,
    placeholders: store.placeholders,
    transaction: <T>(work: () => T) => store.transaction(work),
  };
  return new SecretStore({ home, store: parts, keyFiles: new MortalFiles(home, mortal) });
}

describe('a change of the key', () => {
  async function fill(): Promise<string> {
    for (const name of ['one', 'two', 'three']) await secrets.put('a', name, Buffer.from(`value of ${name}`));
    const sealedKey = await secrets.sealAuthority('sbx-1', Buffer.from('private key'));
    store.networks.put({
      sandbox: 'sbx-1',
      tenant: 'a',
      presets: [],
      authority: { certificate: 'c', sealedKey },
      tape: null,
    });
    return sealedKey;
  }

  async function readAll(): Promise<string[]> {
    const sealed = store.networks.get('sbx-1')?.authority.sealedKey ?? '';
    const values = await secrets.reveal('a', 'sbx-1', ['one', 'two', 'three']);
    const authority = await secrets.unsealAuthority('sbx-1', sealed);
    return [...values.map((each) => each.value), authority].map((each) => Buffer.from(each).toString());
  }
  const everything = ['value of one', 'value of two', 'value of three', 'private key'];

  it('seals everything anew, and forgets the key before', async () => {
    const before = await fill();
    const key = readFileSync(keyPath());
    await secrets.rotate();
    expect(store.networks.get('sbx-1')?.authority).toMatchObject({ certificate: 'c' });
    expect(store.networks.get('sbx-1')?.authority.sealedKey).not.toBe(before);
    expect(await readAll()).toEqual(everything);
    reopen();
    expect(await readAll()).toEqual(everything);
    expect(readFileSync(keyPath()).equals(key)).toBe(false);
    expect(readdirSync(home).filter((file) => file.startsWith('secrets.key'))).toEqual(['secrets.key']);
  });

  it('loses nothing by death at any step, and by a restart finishes or takes back (3)', async () => {
    await fill();
    const living = new Mortal(-1);
    await mortalSecrets(living).rotate();
    const steps = -1 - living.left;
    expect(steps).toBe(10);
    reopen();
    for (let step = 1; step <= steps; step++) {
      const mortal = mortalSecrets(new Mortal(step));
      await expect(mortal.rotate()).rejects.toThrow('died');
      reopen();
      expect(await readAll(), `death at step ${step}`).toEqual(everything);
      expect(readdirSync(home).filter((file) => file.startsWith('secrets.key'))).toEqual(['secrets.key']);
      await secrets.rotate();
      expect(await readAll()).toEqual(everything);
    }
  });

  it('that fails leaves a store that goes on', async () => {
    await fill();
    for (let step = 1; step <= 10; step++) {
      const mortal = mortalSecrets(new Mortal(step));
      await expect(mortal.rotate()).rejects.toThrow('died');
      await mortal.put('a', 'later', Buffer.from(`put at ${step}`));
      const [later] = await mortal.reveal('a', 'sbx-1', ['later']);
      expect(Buffer.from(later?.value ?? '').toString()).toBe(`put at ${step}`);
      secrets = mortal;
      expect(await readAll()).toEqual(everything);
    }
  });

  it('meets puts and others of its kind at any moment', async () => {
    await fill();
    const changes = Array.from({ length: 4 }, () => secrets.rotate());
    const puts = Array.from({ length: 40 }, async (_, n) => {
      for (let turn = 0; turn < n; turn++) await Promise.resolve();
      await secrets.put('a', `put-${n}`, Buffer.from(`value ${n} of many`));
    });
    await Promise.all([...changes, ...puts]);
    reopen();
    for (let n = 0; n < 40; n++) expect(await revealed(`put-${n}`)).toBe(`value ${n} of many`);
    expect(await readAll()).toEqual(everything);
  });

  it('is refused when both keys are in use: somebody mixed two states', async () => {
    await fill();
    const old = store.secrets.get('a', 'one');
    const key = readFileSync(keyPath());
    await secrets.rotate();
    if (old) store.secrets.put(old);
    store.close();
    renameSync(keyPath(), `${keyPath()}.next`);
    writeFileSync(keyPath(), key, { mode: 0o600 });
    open();
    await expect(revealed('one')).rejects.toMatchObject({
      code: 'state-unusable',
      message: expect.stringContaining('some by the key before'),
    });
    expect(existsSync(`${keyPath()}.next`)).toBe(true);
  });
});

describe('placeholders', () => {
  it('stay for a sandbox, are others for another, and end with it (4)', () => {
    const { id } = sandboxRecord({ state: 'ready' });
    store.sandboxes.insert(sandboxRecord({ id, state: 'ready' }));
    const made = secrets.placeholders(id, ['one', 'two', 'one']);
    expect(made.map(({ secret }) => secret)).toEqual(['one', 'two']);
    reopen();
    expect(secrets.placeholders(id, ['two', 'one'])).toEqual([made[1], made[0]]);
    const others = secrets.placeholders('sbx-fork', ['one', 'two']);
    expect(new Set([...made, ...others].map(({ placeholder }) => placeholder)).size).toBe(4);
    store.sandboxes.update(id, { state: 'gone' });
    expect(store.placeholders.list(id)).toEqual([]);
    expect(store.placeholders.list('sbx-fork')).toHaveLength(2);
    store.placeholders.remove('sbx-fork');
    expect(store.placeholders.list('sbx-fork')).toEqual([]);
  });

  it('are given with the values', async () => {
    await secrets.put('a', 'token', value);
    const [given] = await secrets.reveal('a', 'sbx-1', ['token', 'token']);
    expect(given).toEqual({
      name: 'token',
      placeholder: secrets.placeholders('sbx-1', ['token'])[0]?.placeholder,
      value,
    });
  });
});
