/**
 * A snapshot is the files of one instant: a database written at full speed meanwhile opens whole in every fork of it.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import { everywhere } from '../fixtures/gvisor.ts';

const python = existsSync('/usr/bin/python3');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Moves money between two accounts in transactions, for ever; their sum never changes. */
const writer = `
import sqlite3, sys
db = sqlite3.connect('/workspace/bank.db', isolation_level=None)
db.execute('PRAGMA journal_mode = ' + sys.argv[1])
db.execute('PRAGMA synchronous = OFF')
db.execute('CREATE TABLE accounts (id INTEGER PRIMARY KEY, sum INTEGER, note BLOB)')
db.execute("INSERT INTO accounts VALUES (1, 500, ''), (2, 500, '')")
print('ready', flush=True)
n = 0
while True:
    n += 1
    db.execute('BEGIN')
    db.execute('UPDATE accounts SET sum = sum - 1, note = randomblob(?) WHERE id = 1', (n % 9000,))
    db.execute('UPDATE accounts SET sum = sum + 1, note = randomblob(?) WHERE id = 2', (n % 7000,))
    db.execute('COMMIT')
`;
const check = `
import sqlite3
db = sqlite3.connect('/workspace/bank.db')
print(db.execute('PRAGMA integrity_check').fetchone()[0], db.execute('SELECT sum(sum) FROM accounts').fetchone()[0])
`;

const places = (await everywhere()).flatMap((place) => ['DELETE', 'WAL'].map((mode) => ({ ...place, mode })));

it.skipIf(!python).for(places)(
  'a database in $mode mode, isolation $isolation, is consistent in every snapshot taken while it is written (skipped: needs python3)',
  { timeout: 120_000 },
  async ({ isolation, missing, mode }, { skip }) => {
    if (missing !== null) skip(missing);
    const home = await mkdtemp(join(tmpdir(), 'hf-bank-'));
    const runtime = await createRuntime({ home, ephemeral: true });
    try {
      const service = runtime.service();
      const { id } = await service.createSandbox({ isolation });
      const { processId } = await service.startProcess(id, { argv: ['python3', '-c', writer, mode] });
      const attached = await service.attachProcess(id, processId);
      for await (const chunk of attached.output) if (text(chunk.data).includes('ready')) break;
      const methods = new Set<string>();
      for (let round = 0; round < 8; round++) {
        const snapshot = await service.createSnapshot(id);
        methods.add(snapshot.method);
        const [child] = await service.forkSandbox(snapshot.id, { isolation });
        const { stdout, stderr } = await service.exec(child?.id ?? '', { argv: ['python3', '-c', check] });
        expect(`${text(stdout)}${text(stderr)}`).toBe('ok 1000\n');
        await service.destroySandbox(child?.id ?? '');
      }
      expect([...methods]).toEqual(['copy']);
      expect((await service.listProcesses(id)).find((process) => process.processId === processId)?.exit).toBeNull();
    } finally {
      await runtime.close();
      await rm(home, { recursive: true, force: true });
    }
  },
);
