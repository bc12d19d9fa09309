/** Time and memory of calls: whether they block, what stays from one to the next, what lives on in the background. */
import { type Reading, valueReading } from '../reading.ts';
import { type Door, type DoorProbe, isAlive, textOf, workPath } from './door.ts';

export const persistenceProbe: DoorProbe = {
  name: 'persistence',
  fields: ['exec.cwd.persists', 'exec.variables-persist', 'exec.umask-persists', 'exec.files-persist'],
  async run(door) {
    const file = workPath(door, 'kept');
    await door.exec(`cd / && HOLDFAST_KEPT=yes && export HOLDFAST_KEPT && umask 0127 && echo kept >${file}`);
    const { stdout } = await door.exec(
      `[ "$(pwd)" = / ] && echo yes || echo no; echo "\${HOLDFAST_KEPT:-no}"; [ "$(umask)" = 0127 ] && echo yes || echo no; ` +
        `[ -s ${file} ] && echo yes || echo no; rm -f ${file}`,
    );
    const answers = textOf(stdout).split('\n');
    // Where commands start in / anyway, nothing about cd can be told.
    const start = textOf((await door.exec('cd /tmp; pwd')).stdout).trim();
    await door.exec(`cd ${start || '/tmp'}`);
    return this.fields.map((field, at) => valueReading(field, answers[at] ?? 'unknown'));
  },
};

export const blockingProbe: DoorProbe = {
  name: 'blocking',
  fields: ['exec.blocking', 'exec.background', 'exec.background-survives', 'exec.concurrent'],
  async run(door) {
    const blocking = await took(door, 'sleep 0.4 2>/dev/null || sleep 1');
    const background = await took(door, '(sleep 1.5 2>/dev/null || sleep 2) & echo started');
    const pid = textOf((await door.exec('(exec sleep 30) >/dev/null 2>&1 </dev/null & echo $!')).stdout).trim();
    const number = /^\d{1,9}$/.test(pid) ? pid : '0';
    const alive = textOf((await door.exec(`${isAlive(number)} && echo yes; kill ${number} 2>/dev/null`)).stdout);
    return [
      valueReading('exec.blocking', blocking >= 380 ? 'yes' : 'no'),
      valueReading('exec.background', background >= 1450 ? 'waits for it' : 'returns at once'),
      valueReading('exec.background-survives', alive.trim() === 'yes' ? 'yes' : 'no'),
      await concurrency(door),
    ];
  },
};

async function took(door: Door, script: string): Promise<number> {
  const startedMs = door.clock.monotonicMs();
  await door.exec(script);
  return door.clock.monotonicMs() - startedMs;
}

/** Each of two calls waits to see the other's file: no clock decides. */
async function concurrency(door: Door): Promise<Reading> {
  const [mine, yours] = [workPath(door, 'mine'), workPath(door, 'yours')];
  const meet = (own: string, other: string): string =>
    `: >${own}; n=0; while [ $n -lt 20 ]; do [ -e ${other} ] && echo met && break; n=$((n + 1)); sleep 0.05; done`;
  const [one, two] = await Promise.all([door.exec(meet(mine, yours)), door.exec(meet(yours, mine))]);
  await door.exec(`rm -f ${mine} ${yours}`);
  // The second of two in a row finds the first one's file; only both together have met.
  const met = [one, two].every(({ stdout }) => textOf(stdout).trim() === 'met');
  return valueReading('exec.concurrent', met ? 'yes' : 'one after the other');
}
