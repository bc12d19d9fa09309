/**
 * What the first create of a template waits for: a machine booted as Holdfast boots them, by its launcher and driver with the
 * template's own image, until a command has answered; with each kind of kernel there may be here.
 */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGuest } from '../scripts/build-guest.ts';
import { connectUnix, type OwnedScope, rootScope, silentLog } from '../src/base/index.ts';
import { NamespaceSubstrate } from '../src/compute/index.ts';
import { findKit, type KitKind, kitDirectories, kitKinds } from '../src/compute/late.ts';
import { MachineClient } from '../src/compute/machine/client.ts';
import { machineDriver } from '../src/compute/machine/drivers.ts';
import { EngineRoom, shapeOf } from '../src/compute/machine/engine.ts';
import { makeSparseFile } from '../src/compute/machine/machines.ts';
import { machineSockets } from '../src/compute/machine/places.ts';
import { qemuOwner, type Started } from '../src/compute/machine/program.ts';
import { GuestChannel, GuestClient } from '../src/guest/index.ts';
import { createRuntime } from '../src/runtime/index.ts';
import { buildDebian } from '../test/fixtures/machines.ts';
import { type Contender, timed } from './harness.ts';
import { newHome } from './ours.ts';
import { echo } from './peers.ts';
import type { Workbench } from './workbench.ts';

const labels: Record<KitKind, string> = { own: 'a purpose-built kernel', debian: 'Debian’s kernel' };
const sandbox = 'cold';

/** A home with the template, and a launcher in it. */
export async function coldBoots(bench: Workbench): Promise<Contender[]> {
  const home = newHome(bench);
  const runtime = await createRuntime({ home });
  await buildDebian(runtime);
  await runtime.close();
  const scope = rootScope({ name: 'boot machines' });
  const options = { binary: buildGuest(), home, mode: 'root', log: silentLog } as const;
  const host = new NamespaceSubstrate({ ...options, kind: 'fork', keepApart: join(home, 'sandboxes') });
  bench.defer(async () => {
    await host[Symbol.asyncDispose]();
    await scope.close();
  });
  await host.open(scope);
  const found: Contender[] = [];
  for (const kind of kitKinds) {
    const kit = findKit(kitDirectories(join(home, 'machine', 'kernels'), [kind]));
    const room = kit === null ? null : new EngineRoom({ ...options, kits: [kit], driver: 'qemu' }, host.launcher);
    found.push(await coldBoot(kind, room, host, scope));
  }
  return found;
}

async function coldBoot(
  kind: KitKind,
  room: EngineRoom | null,
  host: NamespaceSubstrate,
  scope: OwnedScope,
): Promise<Contender> {
  const about = {
    id: `machines-cold-${kind}`,
    label: `Holdfast on a microVM: cold boot to first exec, ${labels[kind]}`,
  };
  if (!room) {
    const skip = `there is none: holdfast substrate install microvm --kernel ${kind}`;
    return { ...about, skip, attempt: () => Promise.reject(new Error(skip)) };
  }
  const engine = await room.ready('microvm', scope);
  const driver = machineDriver(engine, room, 'microvm', host.launcher);
  const { home } = room.options;
  const [layer = ''] = readdirSync(join(home, 'layers'));
  const image = await room.images.of(join(home, 'layers', layer, 'tree'), 'moved', scope);
  const [memory, socketPath] = [join(home, 'cold-memory'), join(room.places.run, `${sandbox}.sock`)];
  const shape = shapeOf(engine, 'microvm', {});
  let started: Started | null = null;
  return {
    ...about,
    async attempt() {
      await makeSparseFile(memory, shape.memoryMib, qemuOwner);
      return await timed(async () => {
        const start = { sandbox, socketPath, shape, image, disk: '' };
        started = await driver.boot(start, { kernel: engine.kernel, memory, state: '' }, scope);
        await firstExec(socketPath, scope);
      });
    },
    async tidy() {
      if (started) await driver.end(sandbox, started, socketPath, scope);
      await rm(memory, { force: true });
      await rm(join(home, 'sandboxes', sandbox), { recursive: true, force: true });
    },
  };
}

async function firstExec(socketPath: string, scope: OwnedScope): Promise<void> {
  const client = await MachineClient.connect(machineSockets(socketPath).machine, () => undefined, scope);
  await client.configure(scope);
  await client.launch(
    {
      sandbox,
      view: { layers: [], generation: '0' },
      user: 'agent',
      keepsPowers: false,
      incarnation: sandbox,
      leaseMs: 120_000,
      hostname: sandbox,
      machineId: '0'.repeat(32),
      limits: {},
    },
    scope,
  );
  const guest = new GuestClient(new GuestChannel(await connectUnix(socketPath, scope, 'launch-failed')));
  await guest.hello(scope);
  const more = { cwd: '/', environment: {}, graceMs: 100, timeoutMs: 10_000, retainBytes: 4096, outputCapBytes: 4096 };
  const { stdout } = await guest.exec({ argv: [...echo], ...more, processId: 'first' }, scope);
  if (Buffer.from(stdout).toString() !== 'hi\n') throw new Error('it did not answer');
  guest.close();
  client.close();
}
