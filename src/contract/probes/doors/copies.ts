/** Copies and pauses, where the runtime has them: what is in a fork, what two forks share, what lives through a pause. */

import type { TargetSession } from '../../targets/target.ts';
import { type Reading, unmeasured, valueReading } from '../reading.ts';
import { type Door, type DoorProbe, isAlive, textOf, unmeasuredAll, workPath } from './door.ts';

export const copyProbe: DoorProbe = {
  name: 'copies',
  fields: ['snapshot.files', 'snapshot.processes', 'snapshot.isolated', 'snapshot.entropy', 'snapshot.identity'],
  async run(door) {
    const { session } = door;
    if (!session.fork) return unmeasuredAll(this.fields, 'the target offers no copies');
    const file = workPath(door, 'copied');
    await door.exec(`echo before >${file}; (exec sleep 60) >/dev/null 2>&1 </dev/null & echo $! >${file}-pid`);
    const copies: TargetSession[] = [];
    try {
      copies.push(await session.fork(door.signal));
      copies.push(await session.fork(door.signal));
      const [first = '', second = ''] = await Promise.all(copies.map((copy) => look(door, copy, file)));
      const back = textOf((await door.exec(`cat ${file}`)).stdout).trim();
      return compared(first.split('\n'), second.split('\n'), back);
    } finally {
      const clean = door.exec(`read -r pid <${file}-pid && kill $pid; rm -f ${file} ${file}-pid`);
      await Promise.all([clean, ...copies.map((copy) => copy.close())]);
    }
  },
};

async function look(door: Door, copy: TargetSession, file: string): Promise<string> {
  const command =
    `cat ${file}; read -r pid <${file}-pid && ${isAlive('$pid')} && echo lives || echo gone; ` +
    `od -An -N8 -tx1 /dev/urandom; cat /proc/sys/kernel/random/boot_id; cat /etc/machine-id 2>/dev/null || echo none; ` +
    `cat /proc/sys/kernel/hostname; echo changed >${file}`;
  return textOf((await copy.exec({ command, timeoutMs: 20_000 }, door.signal)).stdout);
}

function compared(first: string[], second: string[], back: string): Reading[] {
  const shared = [
    ['boot id', 3],
    ['machine id', 4],
    ['host name', 5],
  ] as const;
  const same = shared.filter(([, at]) => first[at] !== 'none' && first[at] === second[at]).map(([name]) => name);
  return [
    valueReading('snapshot.files', first[0] === 'before' && second[0] === 'before' ? 'kept' : 'lost'),
    valueReading('snapshot.processes', first[1] === 'lives' ? 'live on' : 'are gone'),
    valueReading('snapshot.isolated', back === 'before' ? 'yes' : 'no'),
    valueReading('snapshot.entropy', first[2] === second[2] ? 'repeats' : 'differs'),
    valueReading('snapshot.identity', same.join(', ') || 'nothing'),
  ];
}

export const lifeProbe: DoorProbe = {
  name: 'life',
  fields: ['lifecycle.lifetime', 'lifecycle.suspend'],
  async run(door) {
    const { lifetimeMs } = door.session;
    return [
      lifetimeMs === null
        ? unmeasured('lifecycle.lifetime', 'the runtime does not say it')
        : valueReading('lifecycle.lifetime', String(Math.round(lifetimeMs / 1000))),
      await pause(door),
    ];
  },
};

async function pause(door: Door): Promise<Reading> {
  const { session } = door;
  if (!session.suspendAndResume) return unmeasured('lifecycle.suspend', 'the target cannot be suspended');
  const file = workPath(door, 'paused');
  await door.exec(`echo kept >${file}; (exec sleep 60) >/dev/null 2>&1 </dev/null & echo $! >${file}-pid`);
  await session.suspendAndResume(door.signal);
  const look = `[ -s ${file} ] && echo files; read -r pid <${file}-pid && ${isAlive('$pid')} && kill $pid && echo processes; rm -f ${file} ${file}-pid`;
  const kept = textOf((await door.exec(look)).stdout)
    .trim()
    .split('\n')
    .filter(Boolean);
  return valueReading('lifecycle.suspend', kept.join(' and ') || 'nothing');
}
