/** How commands end, and what is said of those that cannot begin. */
import { isRefusal, TargetError } from '../../targets/target.ts';
import { unmeasured, valueReading } from '../reading.ts';
import { type DoorProbe, endOf, templateOrRefusal, textOf, workPath } from './door.ts';

const statuses = {
  'exec.status.ordinary': 'exit 7',
  'exec.status.large': 'exit 300',
  'exec.status.kill': 'kill -9 $$',
  'exec.status.term': 'kill -15 $$',
  'exec.status.segfault': 'kill -11 $$',
};

export const statusProbe: DoorProbe = {
  name: 'statuses',
  fields: Object.keys(statuses),
  async run(door) {
    const readings = [];
    for (const [field, script] of Object.entries(statuses))
      readings.push(valueReading(field, endOf(await door.exec(script))));
    return readings;
  },
};

export const beginningProbe: DoorProbe = {
  name: 'beginnings',
  fields: ['exec.not-found', 'exec.not-executable', 'exec.directory', 'exec.missing-cwd'],
  async run(door) {
    const file = workPath(door, 'plain');
    await door.exec(`: >${file} && chmod 644 ${file}`);
    const readings = [
      await templateOrRefusal('exec.not-found', () => door.exec(['no-such-program', 'word'])),
      await templateOrRefusal('exec.not-executable', () => door.exec([file])),
      await templateOrRefusal('exec.directory', () => door.exec(['/tmp'])),
      door.features.cwd
        ? await templateOrRefusal('exec.missing-cwd', () => door.exec('echo started', { cwd: '/no/such/directory' }))
        : unmeasured('exec.missing-cwd', 'the target takes no working directory'),
    ];
    await door.exec(`rm -f ${file}`);
    return readings;
  },
};

export const argumentProbe: DoorProbe = {
  name: 'arguments',
  fields: ['exec.arguments', 'exec.command.longest', 'exec.environment-passed'],
  async run(door) {
    const hard = `it's "quoted" $HOME \\n *\nsecond line é`;
    const { stdout } = await door.exec(['printf', '%s', hard]);
    return [
      valueReading('exec.arguments', textOf(stdout) === hard ? 'unchanged' : 'changed'),
      valueReading('exec.command.longest', await longestCommand((script) => door.exec(script))),
      door.features.environment
        ? valueReading(
            'exec.environment-passed',
            textOf(
              (await door.exec('printf "%s\\n" "$HOLDFAST_PROBE"', { environment: { HOLDFAST_PROBE: hard } })).stdout,
            ) === `${hard}\n`
              ? 'yes'
              : 'no',
          )
        : unmeasured('exec.environment-passed', 'the target takes no variables'),
    ];
  },
};

async function longestCommand(exec: (script: string) => Promise<{ stdout: Uint8Array }>): Promise<string> {
  let taken = 'less than 1 KiB';
  for (const kibibytes of [1, 16, 100]) {
    const script = `: ${'x'.repeat(kibibytes * 1024)}; echo whole`;
    const result = await exec(script).catch((error: unknown) => {
      if (error instanceof TargetError && isRefusal(error)) return null;
      throw error;
    });
    if (result === null || textOf(result.stdout) !== 'whole\n') break;
    taken = `${kibibytes} KiB`;
  }
  return taken;
}
