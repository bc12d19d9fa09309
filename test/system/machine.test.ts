/**
 * A real machine with its own kernel, emulated: what its first process does (guest/machine), the sandbox in it, layers into
 * it and out of it, what it is given anew after a restore, and its end.
 */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rootScope } from '../../src/base/index.ts';
import { at, layerTool, type Stream, sums } from '../fixtures/layer-wire.ts';
import { type Channel, encode, type Fields, message, Refusal, tag } from './launcher-frames.ts';
import { Sandbox } from './launcher-rig.ts';
import { Machine, type MachineOptions, MachineParts, machineMessage, machineTag, whyNoMachine } from './machine-rig.ts';

const firstMappedId = 1879048192;
const takeCredit = 1 << 20;
const powersKept = 8;
const reason = whyNoMachine();
const noOwn = whyNoMachine('own');
const noDebian = whyNoMachine('debian');

let parts: MachineParts;
const machines: Machine[] = [];

beforeAll(() => {
  if (reason === null) parts = new MachineParts();
});
afterAll(() => parts?.close());
afterEach(() => {
  for (const machine of machines.splice(0)) machine.close();
});

function boot(options: MachineOptions = {}): Machine {
  const machine = new Machine(parts, options);
  machines.push(machine);
  return machine;
}

async function started(
  fields: Fields = [],
  options: MachineOptions = {},
): Promise<{ machine: Machine; sandbox: Sandbox }> {
  const machine = boot(options);
  await machine.configure();
  return { machine, sandbox: await machine.launch(fields) };
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => expect.fail('not refused'),
    (error: unknown) => {
      if (error instanceof Refusal) return error.message;
      throw error;
    },
  );
}

async function send(channel: Channel, path: string): Promise<Stream> {
  const frames: Buffer[] = [];
  const { answer } = channel.open(
    machineMessage.send,
    [
      [at.path, path],
      [at.flags, 1],
    ],
    (frame) => frames.push(Buffer.from(frame.payload)),
    [message.end],
  );
  return { frames, end: Buffer.from((await answer).raw()) };
}

/** Sends as much as there is credit for, and the rest as more comes. */
async function take(channel: Channel, path: string, stream: Stream): Promise<Buffer> {
  let credit = takeCredit;
  let wake = (): void => {};
  const { id, answer } = channel.open(machineMessage.take, [[at.path, path]], (frame) => {
    credit += frame.payload.readUInt32LE(0);
    wake();
  });
  const refused = answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  for (const payload of stream.frames) {
    while (credit < payload.length)
      await Promise.race([
        refused,
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
      ]);
    credit -= payload.length;
    channel.tell(message.data, id, payload);
  }
  channel.tell(message.end, id, stream.end);
  return (await answer).raw();
}

describe.skipIf(reason !== null)(`a machine (${reason ?? 'emulated'})`, () => {
  it.skipIf(noOwn !== null)('starts its sandbox on the purpose-built kernel', async () => {
    const { machine, sandbox } = await started([], { kernel: 'own' });
    expect(await sandbox.run(['true'])).toMatchObject({ code: 0 });
    console.info(`spawn to first exec, purpose-built kernel: ${machine.sinceMs()} ms`);
  });

  it.skipIf(noDebian !== null)("starts its sandbox on Debian's kernel", async () => {
    const { machine, sandbox } = await started([], { kernel: 'debian' });
    expect(await sandbox.run(['true'])).toMatchObject({ code: 0 });
    console.info(`spawn to first exec, Debian's kernel: ${machine.sinceMs()} ms`);
  });

  it('locks its sandbox down as a host does', async () => {
    const { machine, sandbox } = await started([
      [tag.user, 0],
      [tag.processes, 20],
      [tag.openFiles, 100],
    ]);
    const { out } = await sandbox.shell(
      'id -u; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; cat /proc/self/uid_map; ulimit -n',
    );
    expect(out).toMatch(/^0\n/);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(out).toMatch(new RegExp(`${set}:\\s+0{16}\n`));
    expect(out).toMatch(/NoNewPrivs:\s+1\nSeccomp:\s+2\n/);
    expect(out).toMatch(new RegExp(`0 +${firstMappedId} +65536\n100\n$`));
    const tries = [
      'mount -t tmpfs none /mnt',
      'mknod /tmp/null c 1 3',
      'echo 1 > /proc/sys/vm/drop_caches',
      'ls /sys/kernel',
      'test -n "$(head -c 4 /proc/kcore)"',
      'kill -0 -1',
    ];
    for (const attempt of tries.slice(0, 5)) expect((await sandbox.shell(attempt)).code, attempt).not.toBe(0);
    const bomb = await sandbox.shell('i=0; while [ $i -lt 40 ]; do sleep 0.5 & i=$((i+1)); done; wait');
    expect(bomb.err).toMatch(/fork/i);
    expect(await refusal(machine.control.ask(message.launch, [[tag.sandbox, 'second']]))).toMatch(
      /hostname|EBUSY|has its sandbox/,
    );
  });

  it('refuses a second sandbox, a program in its place, and powers over owners that are moved', async () => {
    const machine = boot();
    await machine.configure();
    expect(await refusal(machine.launch([[tag.flags, powersKept]]))).toMatch(/plain owners/);
    expect(await refusal(machine.launch([[tag.argv, '/bin/sh']]))).toMatch(/no program in its place/);
    await machine.launch();
    expect(await refusal(machine.launch())).toMatch(/make another machine/);
  });

  it('lets root keep its powers where the image says so', async () => {
    const image = parts.image('plain');
    const { machine, sandbox } = await started(
      [
        [tag.user, 0],
        [tag.flags, powersKept],
      ],
      { image },
    );
    const { out } = await sandbox.shell(
      'grep CapEff /proc/self/status; mount -t tmpfs none /mnt && echo mounted; mknod /tmp/d c 1 3 && echo made; ls /sys/fs/cgroup/cgroup.procs /dev/vda; echo 1 > /proc/sys/vm/drop_caches && echo steered; umount /mnt; rm /tmp/d; touch /kept',
    );
    expect(out).toMatch(
      /CapEff:\s+0*1ffffffffff\nmounted\nmade\n\/dev\/vda\n\/sys\/fs\/cgroup\/cgroup.procs\nsteered\n$/,
    );
    await snapshot(machine, sandbox, '/rw/taken', '/rw/box/next');
    const after = await sandbox.shell('ls /kept /sys/fs/cgroup/cgroup.procs && mount -t tmpfs none /mnt && echo still');
    expect(after.out).toMatch(/still\n$/);
    const stream = await send(machine.control, '/rw/taken');
    const home = mkdtempSync(join(tmpdir(), 'hf-out-'));
    layerTool(home).take(join(home, 'layer'), stream);
    expect(layerTool(home).scan(join(home, 'layer'))).toBe(sums(stream.end).digest);
    rmSync(home, { recursive: true });
    const user = await started(
      [
        [tag.user, 1000],
        [tag.flags, powersKept],
      ],
      { image },
    );
    expect((await user.sandbox.shell('grep -E "Cap(Eff|Bnd)" /proc/self/status; id -u')).out).toMatch(
      /CapEff:\s+0+\nCapBnd:\s+0*1ffffffffff\n1000\n/,
    );
  });

  it('hands its layers out, and takes layers in', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hf-layers-'));
    const tool = layerTool(home);
    const { machine, sandbox } = await started();
    try {
      await sandbox.shell(
        'mkdir /workspace/d; head -c 3000000 /dev/urandom > /workspace/d/large; ln /workspace/d/large /workspace/same; ln -s /etc /workspace/link; rm -f /etc/none; mv /workspace/d /workspace/renamed; touch -d 2001-02-03 /workspace/old',
      );
      const digest = (await sandbox.shell('sha256sum < /workspace/same')).out.slice(0, 64);
      await snapshot(machine, sandbox, '/rw/taken', '/rw/box/next');
      const out = await send(machine.control, '/rw/taken');
      const got = tool.take(join(home, 'out'), out);
      expect(got.digest).toBe(sums(out.end).digest);
      expect(got.digest).toBe(tool.scan(join(home, 'out')));
      expect(execFileSync('sha256sum', [join(home, 'out/workspace/same')], { encoding: 'utf8' }).slice(0, 64)).toBe(
        digest,
      );

      mkdirSync(join(home, 'in/workspace'), { recursive: true });
      writeFileSync(join(home, 'in/workspace/from-outside'), randomBytes(5_000_000));
      execFileSync('mknod', [join(home, 'in/workspace/old'), 'c', '0', '0']);
      execFileSync('chown', ['-R', `${firstMappedId + 1000}:${firstMappedId + 1000}`, join(home, 'in')]);
      const given = tool.send(join(home, 'in'), [[at.flags, 1]]);
      expect(sums(await take(machine.control, '/rw/given', given)).digest).toBe(tool.scan(join(home, 'in')));
      await sandbox.agent.ask(message.reset, []);
      await machine.control.ask(message.swap, [
        ...sandbox.identity(),
        [tag.lower, ['/rw/given', '/rw/taken', '/rw/layers/base']],
        [tag.upper, '/rw/box/third'],
        [tag.work, '/rw/box/third.work'],
      ]);
      const inside = await sandbox.shell(
        'ls /workspace; sha256sum < /workspace/from-outside; stat -c %u /workspace/from-outside; echo more >> /workspace/from-outside',
      );
      const expected = execFileSync('sha256sum', {
        input: readFileSync(join(home, 'in/workspace/from-outside')),
        encoding: 'utf8',
      });
      expect(inside.out).toBe(`from-outside\nlink\nrenamed\nsame\n${expected}1000\n`);
      expect(inside.code).toBe(0);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it('refuses a hostile layer, and one that is broken off by the next who speaks', async () => {
    const machine = boot();
    await machine.configure();
    const bad: Stream = {
      frames: [
        encode([
          [
            at.entry,
            encode([
              [at.path, '..'],
              [at.fileType, 2],
            ]),
          ],
        ]),
      ],
      end: Buffer.alloc(0),
    };
    expect(await refusal(take(machine.control, '/rw/bad', bad))).toMatch(/leads out/);
    const { id, answer } = machine.control.open(machineMessage.take, [[at.path, '/rw/half']]);
    answer.catch(() => undefined); // dropped by the restart, which is what it is for
    machine.control.tell(
      message.data,
      id,
      encode([
        [
          at.entry,
          encode([
            [at.path, ''],
            [at.fileType, 2],
            [at.mode, 0o755],
            [at.uid, 0],
            [at.gid, 0],
            [at.mtimeNs, 0],
          ]),
        ],
      ]),
    );
    await machine.restart(machine.control);
    await machine.configure();
    await expect
      .poll(() =>
        refusal(
          machine.control.ask(machineMessage.scan, [
            [at.path, '/rw/half'],
            [at.flags, 2],
          ]),
        ),
      )
      .toMatch(/No such file/);
    expect(await machine.launch()).toBeDefined();
  });

  it('is given clock, entropy, names, limits and lease anew', async () => {
    const { machine, sandbox } = await started([
      [tag.processes, 10],
      [tag.openFiles, 64],
    ]);
    const machineId = randomBytes(16).toString('hex');
    const wanted = Date.parse('2031-05-06T07:08:09Z');
    const limits: Fields = [
      [tag.processes, 30],
      [tag.openFiles, 256],
      [tag.diskBytes, 8 << 20],
    ];
    const renew = (): Fields => [...renewal({ incarnation: 'second', machineId, nowMs: wanted }), ...limits];
    await machine.control.ask(machineMessage.renew, renew());
    const { out } = await sandbox.shell(
      'date +%s; hostname; cat /etc/machine-id /etc/hostname; grep renewed /etc/hosts; ulimit -n; ulimit -Hn; cat /run/holdfast/generation',
    );
    const lines = out.split('\n');
    expect(Number(lines[0]) * 1000).toBeGreaterThanOrEqual(wanted);
    expect(Number(lines[0]) * 1000).toBeLessThan(wanted + 10_000);
    expect(lines.slice(1, 8)).toEqual([
      'renewed',
      machineId,
      'renewed',
      '127.0.1.1\trenewed',
      '256',
      '256',
      'second again',
    ]);
    const forks = await sandbox.shell('i=0; while [ $i -lt 20 ]; do sleep 1 & i=$((i+1)); done; wait; echo all');
    expect(forks).toMatchObject({ out: 'all\n' });
    const full = await sandbox.shell('head -c 20000000 /dev/zero > /workspace/full; stat -c %s /workspace/full');
    expect(Number(full.out)).toBeLessThan(9 << 20);
    for (const mib of [96, 80, 80]) {
      await machine.control.ask(machineMessage.renew, [...renew(), [tag.memoryBytes, mib << 20]]);
      const shown = await sandbox.shell('grep MemTotal /proc/meminfo; grep -c /proc/meminfo /proc/mounts');
      expect(shown.out).toMatch(new RegExp(`MemTotal: +${mib * 1024} kB\n1\n`));
    }
    await machine.restart(machine.agent);
    const hello = await machine.agent.ask(message.hello, [[tag.version, 1]]);
    expect(hello.text(tag.incarnation)).toBe('second');
    expect(hello.int(machineTag.startedMs)).toBeGreaterThanOrEqual(wanted);
    expect(
      await refusal(
        machine.control.ask(
          machineMessage.renew,
          renew().filter(([number]) => number !== machineTag.entropy),
        ),
      ),
    ).toMatch(/entropy of 0/);
    expect(
      await refusal(
        machine.control.ask(
          machineMessage.renew,
          renew().map(([number, value]) => [number, number === tag.hostname ? '../x' : value]),
        ),
      ),
    ).toMatch(/hostname/);
  });

  it('is one of many alike when it goes on from saved memory, until it is renewed', async () => {
    const scope = rootScope({ name: 'saved machines', timeoutMs: 30_000 });
    const file = join(parts.directory, 'memory');
    const { machine, sandbox } = await started([], { memory: { file, restored: false } });
    await sandbox.shell('head -c 16 /dev/urandom | od -x');
    for (const channel of [machine.agent, machine.control]) await machine.restart(channel);
    await machine.save(file, scope);
    const drawn = new Set<string>();
    for (const incarnation of ['left as it was', 'one', 'another']) {
      const clone = boot({ memory: { file, restored: true } });
      await clone.wake(file, scope);
      await clone.restart(clone.control);
      if (incarnation !== 'left as it was') await clone.control.ask(machineMessage.renew, renewal({ incarnation }));
      await clone.restart(clone.agent);
      const hello = await clone.agent.ask(message.hello, [[tag.version, 1]]);
      expect(hello.text(tag.incarnation)).toBe(incarnation === 'left as it was' ? 'first' : incarnation);
      const box = new Sandbox('box', '/rw/box', '/rw/box/upper', ['/rw/layers/base'], sandbox.launched, clone.agent);
      const { out } = await box.shell('head -c 16 /dev/urandom | od -An -x');
      drawn.add(out);
      clone.close();
    }
    expect(drawn.size).toBe(3);
    await scope.close();
  });

  it('ends with a lease that was renewed and not kept', async () => {
    const { machine } = await started();
    await machine.control.ask(machineMessage.renew, renewal({ incarnation: 'second', leaseMs: 200 }));
    expect(await machine.exited).toBe(0);
    expect(machine.events[0]?.int(tag.status)).toBe(75 << 8);
  });

  it('serves one after the other over its ports', async () => {
    const { machine, sandbox } = await started();
    const [first, second] = machine.agents;
    await second.ask(message.hello, [[tag.version, 1]]);
    const lost = first.ask(message.attach, [
      [tag.processId, await sandbox.start(['sleep', '60'])],
      [tag.credit, 1000],
    ]);
    lost.catch(() => undefined);
    await machine.restart(first);
    const processes = await second.ask(0x17, []);
    expect(processes.nested(tag.entry)).toHaveLength(1);
    await first.ask(message.hello, [[tag.version, 1]]);
    await machine.restart(machine.control);
    const again = await machine.configure();
    expect(again.text(tag.xattrPrefix)).toBe('trusted');
    expect(
      (await machine.control.ask(message.check, [[tag.entry, encode(sandbox.identity().slice(0, 2))]]))
        .nested(tag.entry)[0]
        ?.int(tag.flags),
    ).toBe(1);
    await machine.control.ask(message.freeze, sandbox.identity());
    await machine.control.ask(message.thaw, sandbox.identity());
    expect((await machine.control.ask(message.counters, sandbox.identity())).int(tag.bytes)).toBeGreaterThan(0);
  });

  it('ends with its agent, telling how that ended', async () => {
    const { machine, sandbox } = await started();
    await sandbox.agent.ask(0x53, [[machineTag.graceMs, 0]]);
    expect(await machine.exited).toBe(0);
    expect(machine.events[0]?.int(tag.status)).toBe(0);
    expect(machine.events[0]?.int(tag.pid)).toBe(sandbox.pid);
  });

  it('ends when it is killed from its port, and when nobody holds that any more', async () => {
    const { machine, sandbox } = await started();
    await machine.control.ask(message.kill, sandbox.identity());
    expect(await machine.exited).toBe(0);
    const other = boot();
    await other.configure();
    other.control.close();
    expect(await other.exited).toBe(0);
  });

  it('says what it lacks', async () => {
    const junk = join(parts.directory, 'junk');
    writeFileSync(junk, randomBytes(1 << 20));
    const lacking: [MachineOptions, RegExp][] = [
      [{ image: null }, /no disk with serial `base`/],
      [{ image: junk }, /mount the disk `base` as squashfs/],
      [{ agentPorts: false }, /no port `holdfast.agent`/],
    ];
    await Promise.all(
      lacking.map(async ([options, why]) => expect(await refusal(boot(options).configure())).toMatch(why)),
    );
  });

  it('draws from the seed that it is given, has a place for one only if it was launched so, and a clock to be set', async () => {
    const seeded = await started([[machineTag.entropy, Buffer.alloc(64)]]);
    const ways = 'od -An -N8 -tx1 /dev/urandom; cat /proc/sys/kernel/random/uuid';
    const drawn = async (): Promise<string[]> => (await seeded.sandbox.shell(ways)).out.trim().split('\n');
    const renew = (more: Fields): Promise<unknown> =>
      seeded.machine.control.ask(machineMessage.renew, [...renewal({ incarnation: 'next' }), ...more]);
    const nobodys = await drawn();
    await renew([[machineTag.seed, Buffer.alloc(64, 7)]]);
    const first = await drawn();
    await renew([[machineTag.seed, Buffer.alloc(64, 8)]]);
    const other = await drawn();
    await renew([[machineTag.seed, Buffer.alloc(64, 7)]]);
    expect(await drawn()).toEqual(first);
    expect(first).toHaveLength(2);
    for (const [at, one] of first.entries()) expect([nobodys[at], other[at]]).not.toContain(one);
    expect(await refusal(renew([]))).toMatch(/entropy of 0 bytes: 16 to 4096/);
    expect(await refusal(renew([[machineTag.seed, Buffer.alloc(8)]]))).toMatch(/entropy of 8 bytes/);
    const at = Date.parse('2031-05-06T07:08:09Z');
    await seeded.machine.control.ask(machineMessage.renew, [[machineTag.clockNs, BigInt(at) * 1_000_000n]]);
    const seconds = Number((await seeded.sandbox.shell('date +%s')).out);
    expect(seconds).toBeGreaterThanOrEqual(at / 1000);
    expect(seconds).toBeLessThan(at / 1000 + 60);
    expect(await refusal(seeded.machine.control.ask(machineMessage.renew, []))).toMatch(/clockNs is needed/);
    const plain = await started([]);
    const given: Fields = [...renewal({ incarnation: 'next' }), [machineTag.seed, Buffer.alloc(64)]];
    expect(await refusal(plain.machine.control.ask(machineMessage.renew, given))).toMatch(/launched without a seed/);
  });

  it('runs on the board with PCI as well', async () => {
    const { sandbox } = await started([], { board: 'q35' });
    expect((await sandbox.shell('uname -s; cat /etc/hostname')).out).toBe('Linux\nbox\n');
  });
});

/** What is sent after a restore. */
function renewal(to: { incarnation: string; machineId?: string; nowMs?: number; leaseMs?: number }): Fields {
  return [
    [machineTag.clockNs, BigInt(to.nowMs ?? Date.now()) * 1_000_000n],
    [machineTag.entropy, randomBytes(64)],
    [tag.hostname, 'renewed'],
    [tag.machineId, to.machineId ?? randomBytes(16).toString('hex')],
    [tag.incarnation, to.incarnation],
    [machineTag.generation, `${to.incarnation} again`],
    [machineTag.leaseMs, to.leaseMs ?? 0],
  ];
}

async function snapshot(machine: Machine, sandbox: Sandbox, path: string, fresh: string): Promise<void> {
  await sandbox.agent.ask(message.reset, []);
  const taken = await machine.control.ask(message.snapshot, [
    ...sandbox.identity(),
    [tag.lower, sandbox.lower],
    [tag.upper, sandbox.upper],
    [tag.work, `${sandbox.upper}.work`],
    [tag.path, path],
    [tag.target, fresh],
    [tag.freshWork, `${fresh}.work`],
  ]);
  expect(taken.text(tag.method)).toBe('rotate');
  sandbox.lower = [path, ...sandbox.lower];
  sandbox.upper = fresh;
}
