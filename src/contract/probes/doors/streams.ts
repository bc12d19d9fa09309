/** What goes in and comes out: stdin, the two outputs, what is cut, what is changed on the way. */
import { type Reading, templateReading, unmeasured, valueReading } from '../reading.ts';
import { type Door, type DoorProbe, textOf } from './door.ts';

const everyByte = Uint8Array.from({ length: 256 }, (_, at) => at);

export const stdinProbe: DoorProbe = {
  name: 'stdin',
  fields: ['exec.stdin.default', 'exec.stdin.passed'],
  async run(door) {
    const { stdin } = door.features;
    if (stdin === 'script') {
      const reason = 'the script itself comes on stdin';
      return [unmeasured('exec.stdin.default', reason), unmeasured('exec.stdin.passed', reason)];
    }
    return [
      await defaultStdin(door),
      stdin === 'yes' ? await passedStdin(door) : unmeasured('exec.stdin.passed', 'the target takes no stdin'),
    ];
  },
};

async function defaultStdin(door: Door): Promise<Reading> {
  // Somebody else ends the reader after a second, so that the runtime's own time limit is not what is measured.
  const script =
    'if [ -t 0 ]; then echo terminal; exit; fi; exec 3<&0; (cat <&3 >/dev/null; echo "end of file") & reader=$!; ' +
    '(sleep 1; kill $reader && echo silence) >/dev/null 2>&1 & watcher=$!; ' +
    'wait $reader 2>/dev/null || echo "open and silent"; kill $watcher 2>/dev/null; true';
  const answer = textOf((await door.exec(script)).stdout).trim();
  return ['terminal', 'end of file', 'open and silent'].includes(answer)
    ? valueReading('exec.stdin.default', answer)
    : unmeasured('exec.stdin.default', `the reader said ${answer.slice(0, 100)}`);
}

async function passedStdin(door: Door): Promise<Reading> {
  const { stdout } = await door.exec('od -An -v -tx1', { stdin: everyByte });
  const hex = textOf(stdout).replace(/\s/g, '');
  const wanted = Buffer.from(everyByte).toString('hex');
  return valueReading('exec.stdin.passed', hex === wanted ? 'unchanged' : hex === '' ? 'lost' : 'changed');
}

export const outputProbe: DoorProbe = {
  name: 'output',
  fields: [
    'exec.streams',
    'exec.output.binary',
    'exec.output.line-ends',
    'exec.output.escapes',
    'exec.output.large',
    'exec.output.strategy',
    'exec.output.marker',
  ],
  async run(door) {
    const streams = await door.exec('echo out; echo err >&2');
    return [
      valueReading('exec.streams', separation(textOf(streams.stdout), textOf(streams.stderr))),
      await unchanged(door, 'exec.output.binary', everyByte),
      await unchanged(door, 'exec.output.line-ends', new TextEncoder().encode('\n\na\r\nb \n\n')),
      await unchanged(door, 'exec.output.escapes', new TextEncoder().encode('\u001b[31mred\u001b[0m\u0007\b!\n')),
      ...(await largeOutput(door)),
    ];
  },
};

function separation(stdout: string, stderr: string): string {
  if (stdout === 'out\n' && stderr === 'err\n') return 'apart';
  const all = stdout + stderr;
  if (all.includes('out') && all.includes('err')) return stderr === '' ? 'merged into stdout' : 'mixed';
  return all.includes('out') ? 'stderr is lost' : 'stdout is lost';
}

async function unchanged(door: Door, field: string, bytes: Uint8Array): Promise<Reading> {
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const { stdout } = await door.exec(`printf '${octal}'`);
  if (Buffer.compare(stdout, bytes) === 0) return valueReading(field, 'unchanged');
  const trimmed = Buffer.compare(stdout, Buffer.from(Buffer.from(bytes).toString('latin1').trim(), 'latin1')) === 0;
  const replaced = Buffer.from(new TextDecoder().decode(bytes)).equals(stdout);
  return valueReading(field, trimmed ? 'trimmed' : replaced ? 'what is no text is replaced' : 'changed');
}

const line = '0123456789abcde\n';
const lines = 262_144;

async function largeOutput(door: Door): Promise<Reading[]> {
  const needed = 'command -v yes >/dev/null && command -v head >/dev/null || exit 3; ';
  const command = `${needed}echo first-line-here; yes ${line.trim()} | head -n ${lines}; echo last-line-here`;
  const { stdout, cutBytes } = await door.exec(command);
  const text = new TextDecoder().decode(stdout);
  const first = text.startsWith('first-line-here\n');
  const last = text.trimEnd().endsWith('last-line-here');
  const wanted = line.length * lines + 'first-line-here\nlast-line-here\n'.length;
  if (text === '') return largeFields.map((field) => unmeasured(field, 'yes or head is missing, or nothing arrived'));
  if (stdout.length === wanted && first && last) {
    return [
      valueReading('exec.output.large', 'whole'),
      valueReading('exec.output.strategy', 'not cut at 4 MiB'),
      templateReading('exec.output.marker', 'none: not cut at 4 MiB'),
    ];
  }
  const strategy =
    first && last
      ? 'the middle is cut'
      : first
        ? 'the end is cut'
        : last
          ? 'the beginning is cut'
          : 'both ends are cut';
  return [
    valueReading('exec.output.large', `${kibibytes(stdout.length)} KiB of 4096`),
    valueReading('exec.output.strategy', strategy),
    templateReading(
      'exec.output.marker',
      markerOf(text) ?? (cutBytes > 0 ? 'none in the text: counted beside it' : 'none'),
    ),
  ];
}

const largeFields = ['exec.output.large', 'exec.output.strategy', 'exec.output.marker'];

const kibibytes = (bytes: number): number => Math.round(bytes / 1024);

/** What stands in the output that the command did not print. */
function markerOf(text: string): string | null {
  const strange = text
    .split('\n')
    .map((one) => one.replaceAll(line.trim(), '').replace(/^(first|last)-line-here$/, ''))
    .filter((one) => one !== '' && !line.includes(one));
  return strange.length === 0 ? null : strange.slice(0, 5).join('\n').replace(/\d+/g, '<n>');
}
