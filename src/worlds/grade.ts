/**
 * How still a world holds, found out by running twice: the same suite of commands in two fresh sandboxes, and a few questions
 * about what should not differ between them. A grade is what was seen, never what was meant.
 */
import { type ContractInput, HoldfastError, type HoldfastService } from '../schema/index.ts';
import { type Asked, askedBy, playOf } from './asked.ts';
import { enterWorld } from './enter.ts';
import { type Fixture, type Grade, grades, type World } from './manifest.ts';

export interface Finding {
  what: 'network' | 'clock' | 'entropy' | 'outputs';
  holds: boolean;
  /** What was seen. */
  detail: string;
}

export interface Graded {
  /** The highest up to which everything holds. */
  grade: Grade;
  findings: Finding[];
  /** Of both runs together. */
  misses: string[];
}

interface Ran {
  exit: string;
  stdout: string;
  stderr: string;
  /** Bytes that are in neither of the two. */
  cutBytes: number;
}

interface Seen extends Asked {
  /** One for each fixture. */
  suite: Ran[];
  clock: string;
  chance: Record<string, string>;
  beside: Record<string, string>;
  misses: string[];
}

const longestMs = 10 * 60_000;
/** Of each stream of a fixture: what is longer cannot be the same byte by byte, as far as anybody saw. */
const mostOutputBytes = 64 * 1024 * 1024;

/**
 * @param suite the world's own when absent
 * @param contract what both sandboxes are held to; the daemon's when absent
 * @throws HoldfastError `invalid-argument` where there is none
 */
export async function gradeWorld(
  service: HoldfastService,
  world: World,
  suite: readonly Fixture[] = world.suite,
  timeoutMs: number = longestMs,
  contract?: ContractInput,
): Promise<Graded> {
  if (suite.length === 0) {
    throw new HoldfastError('invalid-argument', 'a world is graded by what runs in it, and no command is given', {
      hint: 'Give a command after `--`, or write a suite into the world.',
    });
  }
  const made: string[] = [];
  try {
    const runs: Seen[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const lifetimeMs = Math.max(shortestLifetimeMs, timeoutMs * suite.length + 60_000);
      const { id } = await enterWorld(service, world, {
        lifetimeMs,
        ...(contract === undefined ? {} : { contract }),
      });
      made.push(id);
      runs.push(await look(service, id, suite, timeoutMs));
    }
    const [from = '', to = ''] = made;
    const { entries } = await service.diff({ from, to });
    const changed = entries.map(({ path, kind }) => `${kind} ${path}`);
    return judge(world, runs, changed);
  } finally {
    await Promise.all(made.map((id) => service.destroySandbox(id)));
  }
}

/** As long as a create without a word gives: a daemon's contract may promise no less. */
const shortestLifetimeMs = 3_600_000;

const python = (script: string): string => `python3 -c "${script}" 2>/dev/null || true`;

/** Each prints the same in a world that holds; what is not installed says nothing. */
const chances: Record<string, string> = {
  'hash seeds of Python': python("print(hash('a'))"),
  'hash seeds of Perl': `perl -e '%h=map{$_=>1}1..20;print join(" ",keys %h)' 2>/dev/null || true`,
  getrandom: python('import os;print(os.urandom(8).hex())'),
  'getrandom without the C library': python(
    `import ctypes,platform;b=ctypes.create_string_buffer(8);n=ctypes.CDLL(None).syscall({'x86_64':318}.get(platform.machine(),278),b,8,0);print(n,b.raw.hex())`,
  ),
  '/dev/urandom': 'od -An -N8 -tx1 /dev/urandom',
  '/dev/random': 'od -An -N8 -tx1 /dev/random',
  '/proc/sys/kernel/random/uuid': 'cat /proc/sys/kernel/random/uuid 2>/dev/null || true',
  OpenSSL: 'openssl rand -hex 8 2>/dev/null || true',
};

/** What the kernel gives programs unasked: told, and no part of the grade. */
const besides: Record<string, string> = {
  'addresses of programs': 'grep -m1 stack /proc/self/maps | cut -d- -f1',
};

async function look(service: HoldfastService, id: string, suite: readonly Fixture[], timeoutMs: number): Promise<Seen> {
  const ask = async (command: string): Promise<string> => {
    const { stdout } = await service.exec(id, { argv: ['/bin/sh', '-c', command], cwd: '/', timeoutMs: 20_000 });
    return new TextDecoder().decode(stdout).trim();
  };
  const askAll = async (questions: Record<string, string>): Promise<Record<string, string>> => {
    const answers: Record<string, string> = {};
    for (const [what, command] of Object.entries(questions)) answers[what] = await ask(command);
    return answers;
  };
  const ran: Ran[] = [];
  for (const { argv, cwd } of suite) {
    const { reason, exitCode, signal, stdout, stderr, stdoutCutBytes, stderrCutBytes } = await service.exec(id, {
      argv,
      timeoutMs,
      outputCapBytes: mostOutputBytes,
      ...(cwd === undefined ? {} : { cwd }),
    });
    const [out = '', error = ''] = [stdout, stderr].map((bytes) => Buffer.from(bytes).toString('base64'));
    const exit = `${reason} ${exitCode ?? signal}`;
    ran.push({ exit, stdout: out, stderr: error, cutBytes: stdoutCutBytes + stderrCutBytes });
  }
  const play = await playOf(service, id);
  return {
    ...(await askedBy(service, id)),
    suite: ran,
    clock: await ask('date -u +%s.%N'),
    chance: await askAll(chances),
    beside: await askAll(besides),
    misses: play?.missed ?? [],
  };
}

function judge(world: World, runs: readonly Seen[], changed: readonly string[]): Graded {
  const [one, other] = runs;
  if (!one || !other) throw new Error('two runs make a grade');
  const misses = [...one.misses, ...other.misses];
  const findings: Finding[] = [
    networkOf(world, one, other),
    {
      what: 'clock',
      holds: world.clock !== 'host' && one.clock === other.clock,
      detail: one.clock === other.clock ? `stands at ${one.clock}` : `${one.clock} and ${other.clock}`,
    },
    chanceOf(one, other),
    outputsOf(one, other, changed),
  ];
  const failed = findings.findIndex(({ holds }) => !holds);
  return { grade: grades[failed < 0 ? findings.length : failed] ?? 'D0', findings, misses };
}

/** Refused hosts are told, and no part of the grade: they are refused each time. */
function networkOf({ tape }: World, one: Seen, other: Seen): Finding {
  const live = [...one.live, ...other.live];
  const missed = one.misses.length + other.misses.length;
  const strangers = [...new Set([...one.strangers, ...other.strangers])];
  const said = [
    ...(live.length > 0 ? [`not from the tape: ${live.slice(0, 5).join(', ')}`] : []),
    ...(missed > 0 ? [`${missed} requests are not on the tape`] : []),
    ...(live.length + missed > 0 ? [] : [tape ? 'all of it from the tape' : 'there is none']),
    ...(strangers.length > 0 ? [`refused, as they are not in the world: ${strangers.slice(0, 5).join(', ')}`] : []),
  ];
  return { what: 'network', holds: live.length + missed === 0, detail: said.join('; ') };
}

function chanceOf(one: Seen, other: Seen): Finding {
  const [same, differing] = compared(one.chance, other.chance);
  const beside = compared(one.beside, other.beside)[1];
  const said = [
    ...(same.length > 0 ? [`the same: ${same.join(', ')}`] : []),
    ...(differing.length > 0 ? [`different: ${differing.join(', ')}`] : []),
    ...(beside.length > 0 ? [`different beside the grade: ${beside.join(', ')}`] : []),
  ];
  return { what: 'entropy', holds: differing.length === 0, detail: said.join('; ') };
}

/** What was the same in both, and what was not; what neither could say is left out. */
function compared(one: Record<string, string>, other: Record<string, string>): [same: string[], differing: string[]] {
  const asked = Object.keys(one).filter((what) => one[what] !== '');
  const isSame = (what: string): boolean => one[what] === other[what];
  return [asked.filter(isSame), asked.filter((what) => !isSame(what))];
}

function outputsOf(one: Seen, other: Seen, changed: readonly string[]): Finding {
  const differing = [
    ...one.suite.flatMap((ran, at) =>
      differences(ran, other.suite[at], one.suite.length > 1 ? ` of fixture ${at + 1}` : ''),
    ),
    ...(changed.length === 0 ? [] : [`files (${changed.slice(0, 5).join(', ')})`]),
  ];
  return {
    what: 'outputs',
    holds: differing.length === 0,
    detail:
      differing.length === 0
        ? 'the same, byte by byte, and so are the files'
        : `different, or not known: ${differing.join(', ')}`,
  };
}

function differences(one: Ran, other: Ran | undefined, where: string): string[] {
  if (!other) return [`no second run${where}`];
  return [
    ...(one.exit === other.exit ? [] : [`exit${where} (${one.exit} and ${other.exit})`]),
    ...(one.stdout === other.stdout ? [] : [`stdout${where}`]),
    ...(one.stderr === other.stderr ? [] : [`stderr${where}`]),
    ...(one.cutBytes === 0 ? [] : [`${one.cutBytes} bytes${where} that were not kept`]),
  ];
}
