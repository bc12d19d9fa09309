import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { silentLog } from '../base/index.ts';
import { parseKeys, serve } from '../server/index.ts';
import { connect } from './daemon.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

it('says by its key who asks, to the daemon of this machine too; without one it is the owner', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-key-'));
  const socketPath = join(directory, 'run', 'd.sock');
  const hash = createHash('sha256').update('milo-key').digest('hex');
  const asked: unknown[] = [];
  const server = await serve({
    listen: { socketPath },
    keys: parseKeys(`${hash} acme Milo person=milo role=approver`, 'keys'),
    serviceOf: (tenant, person) => {
      asked.push([tenant, person]);
      return recordingService(tenant);
    },
    signingKey: new Uint8Array(32),
    log: silentLog,
  });
  try {
    const environment = { HOLDFAST_HOME: directory, HOLDFAST_SOCKET: socketPath, HOLDFAST_START: 'never' };
    const ask = async (more: Record<string, string>): Promise<void> => {
      // Nothing else of them is needed where a daemon answers.
      const io = { environment: { ...environment, ...more } } as unknown as Io;
      const connection = await connect(io, {} as Output);
      try {
        await connection.service.listApprovals();
      } finally {
        connection.close();
      }
    };
    await ask({});
    await ask({ HOLDFAST_KEY: 'milo-key' });
    expect(asked).toEqual([
      ['default', undefined],
      ['acme', 'milo'],
    ]);
    await expect(ask({ HOLDFAST_KEY: 'another' })).rejects.toMatchObject({ code: 'unauthenticated' });
  } finally {
    await server.close({ graceMs: 100 });
    rmSync(directory, { recursive: true });
  }
});
