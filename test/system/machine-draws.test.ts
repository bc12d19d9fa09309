/**
 * S4: what machines that go on from one memory must not share: random numbers, names and the time. A hundred forks of a running machine,
 * with programs that live on in each and hold OpenSSL's state, and creates from a saved memory.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianWith, whyNoMachines } from '../fixtures/machines.ts';
import { type Box, MachineBench } from './machine-bench.ts';

const missing = await whyNoMachines('microvm');
const slow = 900_000;
const mebibyte = 1024 * 1024;
const limits = { memoryBytes: 64 * mebibyte };
const roomForNodes = { memoryBytes: 320 * mebibyte };
/** Hooks have 15 s together, in which each of those made at once begins some programs. */
const [forks, atOnce] = [100, 5];

/**
 * Lives through a fork: notices another generation, and says what it draws then. One generator is left as it was seeded, another
 * is seeded anew by the hook's signal.
 */
const witness = `
import os, random, signal, ssl, time
stale, reseeded = random.Random(5), random.Random(5)
# Its state is there before any fork, and used.
ssl.RAND_bytes(16)
done = []
def renew(*_):
    reseeded.seed(os.urandom(32))
    ssl.RAND_add(os.urandom(32), 32)
    done.append(1)
signal.signal(signal.SIGUSR1, renew)
def generation():
    with open('/run/holdfast/generation') as f: return f.read().strip()
known = generation()
with open('/tmp/pid', 'w') as f: f.write(str(os.getpid()))
while True:
    time.sleep(0.2)
    if generation() == known or not done: continue
    with open('/proc/sys/kernel/random/uuid') as f: kernel = f.read().strip()
    with open('/dev/urandom', 'rb') as f: device = f.read(16).hex()
    draws = [os.getrandom(16).hex(), os.urandom(16).hex(), device, kernel,
             str(random.SystemRandom().getrandbits(128)), str(reseeded.random()), ssl.RAND_bytes(16).hex()]
    with open('/tmp/said.new', 'w') as f: f.write(generation() + '\\n' + ' '.join(draws) + '\\n' + str(stale.random()) + '\\n' + str(time.time()))
    os.rename('/tmp/said.new', '/tmp/said')
    break
`;
/** Node has no way to seed its OpenSSL anew: this says what it drew where it began, and what where it found itself later, under its name. */
const nodeWitness = `
const { randomBytes } = require('crypto');
const fs = require('fs');
const name = process.argv[2];
const generation = () => fs.readFileSync('/run/holdfast/generation', 'utf8').trim();
const say = (how) => {
  fs.writeFileSync('/tmp/new-' + name, randomBytes(16).toString('hex') + ' ' + Math.random());
  fs.renameSync('/tmp/new-' + name, '/tmp/' + name + '-' + how);
};
const known = generation();
say('began-' + known);
fs.writeFileSync('/tmp/' + name + '-pid', String(process.pid));
const timer = setInterval(() => {
  if (generation() === known) return;
  clearInterval(timer);
  say('lived-' + generation());
}, 200);
setInterval(() => {}, 1000);
`;
const restart = '#!/bin/sh\n[ ! -e /tmp/anew-pid ] || kill "$(cat /tmp/anew-pid)"\n';
/** What is begun in a fork draws from it, whoever it is: the Node of the hundred forks is the one that their hook begins. */
const smallPrograms =
  'openssl rand -hex 16; python3 -c "import os, random; print(os.urandom(16).hex(), random.random())"';
const smallDraws = 3;
const newPrograms = `${smallPrograms}; node -p "require('crypto').randomBytes(16).toString('hex') + ' ' + require('crypto').randomUUID() + ' ' + Math.random()"`;
const newDraws = smallDraws + 3;
const hook =
  '#!/bin/sh\n[ ! -e /tmp/pid ] || kill -USR1 "$(cat /tmp/pid)"\necho "$HOLDFAST_GENERATION" >> /tmp/hooks\n';

describe.skipIf(missing !== null)(`what forks draw${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let bench: MachineBench;
  let template = '';
  beforeAll(async () => {
    template = debianWith([process.execPath, '/usr/bin/openssl'], {
      'opt/witness.py': witness,
      'opt/witness.cjs': nodeWitness,
      'etc/holdfast/renewed.d/10-reseed': hook,
      'etc/holdfast/renewed.d/20-is-no-program': '',
      'etc/holdfast/renewed.d/30-start-anew': restart,
    });
    bench = await MachineBench.open('microvm', template);
  }, slow);
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    rmSync(template, { recursive: true, force: true });
  }, slow);

  const forkOf = async (parent: Box, count: number): Promise<Box[]> => {
    const requests = Array.from({ length: count }, () => bench.request(parent.request.limits));
    const forked = await bench.substrate.memory?.forkLive(parent.identity, requests, bench.scope);
    return bench.adoptAll(requests, forked?.identities);
  };

  async function said(box: Box, path = '/tmp/said'): Promise<string> {
    let text = '';
    await expect
      .poll(
        async () => {
          text = await box.guest.files.readAll(path, {}, bench.scope).then(
            (bytes) => Buffer.from(bytes).toString(),
            () => '',
          );
          return text;
        },
        { timeout: 240_000, interval: 100 },
      )
      .not.toBe('');
    return text;
  }

  it('differs in a hundred forks of a running machine: in new programs, in one that lived through and was seeded anew, and in one that a hook started anew', {
    timeout: slow,
  }, async () => {
    const parent = await bench.launch(roomForNodes);
    // A create is a restore too.
    const [told, first = ''] = (await bench.run(parent, 'cat /tmp/hooks /run/holdfast/generation')).split('\n');
    expect(told).toBe(first);
    await bench.run(
      parent,
      '(python3 /opt/witness.py & node /opt/witness.cjs alike & while :; do node /opt/witness.cjs anew; done &) >/dev/null 2>&1; until [ -s /tmp/pid ] && [ -s /tmp/alike-pid ] && [ -s /tmp/anew-pid ]; do sleep 0.1; done',
    );
    const draws: string[] = [];
    const stale: string[] = [];
    const node: string[] = [];
    const generations = [first];
    for (let done = 0; done < forks; done += atOnce) {
      const beforeMs = Date.now();
      const children = await forkOf(parent, atOnce);
      const fresh = await Promise.all(children.map((child) => bench.run(child, smallPrograms)));
      draws.push(...fresh.flatMap((text) => text.split(/\s+/)));
      for (const child of children) {
        const [generation = '', drawn = '', old = '', time] = (await said(child)).split('\n');
        generations.push(generation);
        expect(Number(time) * 1000).toBeGreaterThan(beforeMs - 50);
        draws.push(...drawn.split(' '), ...(await said(child, `/tmp/anew-began-${generation}`)).split(' '));
        stale.push(old);
        node.push(await said(child, `/tmp/alike-lived-${generation}`));
      }
      await Promise.all(children.map((child) => bench.end(child)));
    }
    expect(new Set(generations).size).toBe(1 + forks);
    expect(draws.length).toBe(forks * (7 + 2 + smallDraws));
    expect(new Set(draws).size).toBe(draws.length);
    // What LIMITATIONS says: a generator of a program's own that nobody seeds anew goes on alike everywhere.
    expect(new Set(stale).size).toBe(1);
    expect(node.length).toBe(forks);
    expect(new Set(node).size).toBe(1);
    await bench.end(parent);
  });

  it('differs in new programs of forks and of creates: Node, OpenSSL, Python', { timeout: slow }, async () => {
    const parent = await bench.launch();
    await bench.run(
      parent,
      "node -e \"setInterval(() => {}, 1000); require('fs').writeFileSync('/tmp/up', '')\" >/dev/null 2>&1 & while [ ! -e /tmp/up ]; do sleep 0.2; done",
    );
    const requests = [bench.request(), bench.request(), bench.request()];
    const forked = await bench.substrate.memory?.forkLive(parent.identity, requests, bench.scope);
    const boxes = await bench.adoptAll(requests, forked?.identities);
    boxes.push(await bench.launch(), await bench.launch());
    const words = (await Promise.all(boxes.map((box) => bench.run(box, newPrograms)))).flatMap((text) =>
      text.split(/\s+/),
    );
    expect(words.length).toBe(boxes.length * newDraws);
    expect(new Set(words).size).toBe(words.length);
    for (const box of [parent, ...boxes]) await bench.end(box);
  });

  it('has the time of now after any sleep', { timeout: slow }, async () => {
    const box = await bench.launch(limits);
    await bench.run(box, 'python3 /opt/witness.py >/dev/null 2>&1 & while [ ! -s /tmp/pid ]; do sleep 0.1; done');
    const before = await bench.run(box, 'cat /run/holdfast/generation');
    const away = join(bench.home, 'away');
    await bench.substrate.memory?.hibernate(box.identity, away, bench.scope);
    await bench.end(box);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const [request, wokenMs] = [bench.request(limits), Date.now()];
    const identity = await bench.substrate.memory?.wake(request, away, bench.scope);
    if (!identity) throw new Error('not woken');
    const awake = await bench.adopt(request, identity);
    const [generation, , , time] = (await said(awake)).split('\n');
    expect(generation).toMatch(/^[0-9a-f]{32}$/);
    expect(generation).not.toBe(before);
    expect(Number(time) * 1000).toBeGreaterThan(wokenMs - 1000);
    expect(Number(time) * 1000).toBeLessThan(Date.now() + 50);
    await bench.end(awake);
  });
});
