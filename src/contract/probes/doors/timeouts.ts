/** What happens when a command runs out of time: what is said, what is left, whether there was a warning. */
import { TargetError } from '../../targets/target.ts';
import { valueReading } from '../reading.ts';
import {
  type Door,
  type DoorProbe,
  endOf,
  isAlive,
  templateOrRefusal,
  textOf,
  unmeasuredAll,
  workPath,
} from './door.ts';

const limitMs = 500;

export const timeoutProbe: DoorProbe = {
  name: 'timeouts',
  fields: [
    'exec.timeout.status',
    'exec.timeout.text',
    'exec.timeout.kills',
    'exec.timeout.warning',
    'exec.timeout.output',
    'exec.timeout.grace',
    'exec.timeout.longest',
  ],
  async run(door) {
    if (door.features.timeout === 'prober')
      return unmeasuredAll(this.fields, 'the runtime has no time limit of its own; the prober’s was used');
    const file = workPath(door, 'warned');
    // A child and a grandchild that ignore the polite signal, and a parent that notes it. Their numbers end up in files,
    // because output may be lost.
    const script =
      `echo before; echo $$ >${file}-0; sh -c 'trap "" TERM; echo $$ >${file}-1; sh -c "echo \\$\\$ >${file}-2; exec sleep 20"; sleep 20' & ` +
      `trap 'echo warned >${file}' TERM; sleep 20 & wait; sleep 20`;
    const startedMs = door.clock.monotonicMs();
    let status = 'refused';
    let output = '';
    const text = await templateOrRefusal('exec.timeout.text', async () => {
      const result = await door.exec(script, { timeoutMs: limitMs });
      status = endOf(result);
      output = textOf(result.stdout);
      return { ...result, stdout: new Uint8Array() };
    });
    const lastedMs = door.clock.monotonicMs() - startedMs;
    const longest = await longestLimit(door);
    const look =
      `for n in 0 1 2; do read -r pid <${file}-$n && ${isAlive('$pid')} && echo "alive $n"; done 2>/dev/null; ` +
      `[ -e ${file} ] && echo warned; for n in 1 2; do read -r pid <${file}-$n && kill -9 $pid; done 2>/dev/null; rm -f ${file} ${file}-?`;
    const after = textOf((await door.exec(look)).stdout);
    return [
      valueReading('exec.timeout.status', lastedMs < limitMs + 15_000 ? status : `${status}, not kept`),
      text,
      valueReading('exec.timeout.kills', survivors(after)),
      valueReading('exec.timeout.warning', after.includes('warned') ? 'SIGTERM first' : 'none'),
      valueReading('exec.timeout.output', output.includes('before') ? 'kept' : 'lost'),
      valueReading('exec.timeout.grace', graceOf(lastedMs - limitMs)),
      valueReading('exec.timeout.longest', longest),
    ];
  },
};

/** Classes, because a busy machine ends things late. */
function graceOf(ms: number): string {
  const [seconds] = [1, 5, 15].filter((one) => ms < one * 1000);
  return seconds === undefined ? '15 s and more' : `less than ${seconds} s`;
}

const hourMs = 3_600_000;
const limits = [
  ['1 hour', hourMs],
  ['1 day', 24 * hourMs],
  ['7 days', 7 * 24 * hourMs],
] as const;

async function longestLimit(door: Door): Promise<string> {
  let taken = 'less than 1 hour';
  for (const [name, timeoutMs] of limits) {
    const { exitCode } = await door.exec('exit 0', { timeoutMs }).catch(refusalOnly);
    if (exitCode !== 0) break;
    taken = name;
  }
  return taken;
}

/** A runtime that says no has answered; a trouble of the way there has not. */
function refusalOnly(error: unknown): { exitCode: null } {
  if (error instanceof TargetError && error.side === 'runtime' && error.trouble === 'refused')
    return { exitCode: null };
  throw error;
}

function survivors(text: string): string {
  const alive = ['0', '1', '2'].filter((number) => text.includes(`alive ${number}`));
  if (alive.length === 0) return 'the whole tree';
  return alive.includes('0') ? 'nothing' : `only the command; ${alive.length} of its descendants live on`;
}
