/** What is put right of a sandbox whose caller gives up while it is put to sleep, or woken. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGuest } from '../../../test/fixtures/fake-guest.ts';
import { type OwnedScope, rootScope, type Scope } from '../../base/index.ts';
import { Fields, FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import type { LauncherRequest } from '../launcher-connection.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { LaunchRequest } from '../types.ts';
import { type MadeWith, noteLaunch, ProgramDigests, sealImage } from './checkpoint.ts';
import type { Runsc } from './runsc.ts';
import { GvisorSubstrate } from './substrate.ts';

let home: string;
let server: Server;
let leaving: OwnedScope;
/** What the launcher was asked, in order. */
let asked: string[];
let runsc: Runsc;
let madeWith: MadeWith;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-gvisor-'));
  runsc = { program: join(home, 'runsc'), version: 'test', options: new Set() };
  writeFileSync(runsc.program, 'no program');
  asked = [];
  leaving = rootScope({ name: 'leaving' });
  madeWith = await new ProgramDigests().of(runsc, leaving);
  server = createServer((socket) => {
    const guest = new FakeGuest(socket);
    guest.on('still', ({ id }) => guest.ok(id));
  }).listen(join(home, 'agent.sock'));
});
afterEach(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

const identity = {
  sandbox: 'box',
  pid: 7,
  startTicks: 1,
  bootId: '',
  cgroup: '',
  limitGroups: [],
  agentIncarnation: 'inc-fake',
};

/** On a launcher that carries out all it is asked; whoever asks gives up in the midst of `endsIn`. */
function gvisor(endsIn: LauncherRequest['type']): GvisorSubstrate {
  const request = async ({ type }: LauncherRequest, scope: Scope): Promise<Fields> => {
    scope.throwIfEnded();
    asked.push(type);
    if (type === endsIn) await leaving.close();
    return new Fields(Buffer.from(new FieldWriter().int(tags.pid, 7).int(launcherTags.startTicks, 1).payload()));
  };
  const kill = async (_: unknown, scope: Scope): Promise<void> => {
    scope.throwIfEnded();
    asked.push('kill');
  };
  // What gVisor needs of its host.
  const host = { launcher: { request }, kill } as unknown as NamespaceSubstrate;
  return new GvisorSubstrate({ home, mode: 'root', kind: 'fork', host, runsc } as never);
}

describe('a caller who gives up', () => {
  it('while a sandbox is brought to rest leaves it running', async () => {
    const bundle = join(home, 'sandboxes/box/gvisor');
    mkdirSync(bundle, { recursive: true });
    await noteLaunch(bundle, madeWith);
    const sleeping = gvisor('freeze').memory.hibernate(
      { ...identity, socketPath: server.address() as string },
      home,
      leaving,
    );
    await expect(sleeping).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked).toEqual(['rest', 'freeze', 'thaw', 'rest']);
  });

  it('while a sandbox wakes leaves nothing of it running', async () => {
    const image = join(home, 'image');
    mkdirSync(image);
    await sealImage(image, madeWith, leaving);
    const root = { lower: [], upper: join(home, 'box', '0', 'upper'), work: '', binds: [] };
    const request: LaunchRequest = {
      sandbox: 'box',
      incarnation: 'inc-fake',
      root,
      socketPath: join(home, 'agent.sock'),
      hostname: 'box',
      machineId: '0'.repeat(32),
      user: 'agent',
      limits: {},
      leaseMs: 1000,
    };
    await expect(gvisor('launch').memory.wake(request, image, leaving)).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked).toEqual(['launch', 'kill']);
  });
});
