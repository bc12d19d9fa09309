/** Many microVMs of a template that a Python server was started in: what each takes, and how soon its server answers. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../src/schema/index.ts';
import { debianWith } from '../test/fixtures/machines.ts';
import { removeEach } from './create-bursts.ts';
import type { Plan } from './group.ts';
import { type Row, Samples, timed } from './harness.ts';
import { pssOf } from './machine.ts';

const isolation = 'microvm';
const template = 'warm-python';
const lifetimeMs = 24 * 3_600_000;
export const crowdSize = 64;
/** What was let go is given back by then. */
const settleMs = 1500;

const server = `import datetime, random, re, socket, threading
s = socket.socket()
s.bind(('127.0.0.1', 8000))
s.listen()
open('/tmp/ready', 'w').close()
while True:
    c, _ = s.accept()
    c.sendall(('at ' + datetime.datetime.now().isoformat()).encode())
    c.close()
`;
const warm = '#!/bin/sh\npython3 /opt/server.py &\nuntil [ -e /tmp/ready ]; do sleep 0.1; done\n';
const ask = { argv: ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/8000 && cat <&3'], cwd: '/' };
const python = { argv: ['python3', '-c', 'print("hi")'], cwd: '/' };

export async function warmCrowd(service: HoldfastService, { quick }: Plan): Promise<Row[]> {
  const count = quick ? 8 : crowdSize;
  const about = `Holdfast on a microVM, one of ${count} live clones of a warm Python template`;
  const memory = new Samples({ id: 'machines-crowd', label: `${about}: memory`, unit: 'KiB' });
  const answer = new Samples({ id: 'machines-warm', label: `${about}: create and first answer of its server` });
  await build(service);
  // Its memory is made, and held, before anything is counted.
  const made = [await createOne(service)];
  for (let n = 0; n < count; n++) {
    try {
      answer.add(await timed(async () => made.push(await createAndAsk(service))));
    } catch (error) {
      answer.fail(error);
    }
  }
  for (const id of made.slice(1)) {
    const { exitCode } = await service.exec(id, python);
    if (exitCode !== 0) memory.fail(new Error(`python ended with status ${exitCode}`));
  }
  await sleep(settleMs);
  for (const id of made.slice(1)) memory.add((await pssOf(id)) / 1024);
  // One that was not made is missing in the crowd.
  for (let missing = made.length - 1; missing < count; missing++) memory.fail(new Error('it was not made'));
  await removeEach(service, made);
  return [memory.row(), answer.row()];
}

async function build(service: HoldfastService): Promise<void> {
  const directory = debianWith([], { 'opt/server.py': server });
  const script = { name: 'server', text: warm };
  await service
    .buildTemplate({ name: template, from: 'directory', directory, warm: script })
    .finally(() => rmSync(directory, { recursive: true }));
}

async function createOne(service: HoldfastService): Promise<string> {
  return (await service.createSandbox({ template, isolation, lifetimeMs })).id;
}

async function createAndAsk(service: HoldfastService): Promise<string> {
  const id = await createOne(service);
  const { stdout } = await service.exec(id, ask);
  if (!Buffer.from(stdout).toString().startsWith('at 2')) throw new Error('its server does not answer');
  return id;
}
