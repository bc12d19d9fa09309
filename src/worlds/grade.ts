/**
 * How still a world holds, found out by running twice: the same command in two fresh sandboxes, and a few questions about
 * what should not differ between them. A grade is what was seen, never what was meant.
 */
import type { HoldfastService } from '../schema/index.ts';
import { enterWorld, playOf } from './enter.ts';
import { type Grade, grades, type World } from './manifest.ts';

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

interface Seen {
  exit: string;
  stdout: string;
  stderr: string;
  clock: string;
  chance: Record<string, string>;
  misses: string[];
  live: string[];
}

const longestMs = 10 * 60_000;

export async function gradeWorld(
  service: HoldfastService,
  world: World,
  argv: string[],
  timeoutMs: number = longestMs,
): Promise<Graded> {
  const made: string[] = [];
  try {
    const runs: Seen[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const { id } = await enterWorld(service, world, { lifetimeMs: timeoutMs + 60_000 });
      made.push(id);
      runs.push(await look(service, id, argv, timeoutMs));
    }
    const [from = '', to = ''] = made;
    const { entries } = await service.diff({ from, to });
    const changed = entries.map(({ path, kind }) => `${kind} ${path}`);
    return judge(world, runs, changed);
  } finally {
    await Promise.all(made.map((id) => service.destroySandbox(id)));
  }
}

/** Each prints the same in a world that holds; what is not installed says nothing. */
const chances: Record<string, string> = {
  'hash seeds of Python': `python3 -c "print(hash('a'))" 2>/dev/null || true`,
  'hash seeds of Perl': `perl -e '%h=map{$_=>1}1..20;print join(" ",keys %h)' 2>/dev/null || true`,
  getrandom: `python3 -c "import os;print(os.urandom(8).hex())" 2>/dev/null || true`,
  '/dev/urandom': 'od -An -N8 -tx1 /dev/urandom',
};

async function look(service: HoldfastService, id: string, argv: string[], timeoutMs: number): Promise<Seen> {
  const ask = async (command: string): Promise<string> => {
    const { stdout } = await service.exec(id, { argv: ['/bin/sh', '-c', command], cwd: '/', timeoutMs: 20_000 });
    return new TextDecoder().decode(stdout).trim();
  };
  const ran = await service.exec(id, { argv, timeoutMs });
  const play = await playOf(service, id);
  const live: string[] = [];
  for await (const flow of service.networkFlows(id)) {
    const isOut = flow.decision.allowed && flow.kind !== 'dns' && flow.tape === null;
    if (isOut) live.push(`${flow.host}:${flow.port}`);
  }
  const chance: Record<string, string> = {};
  for (const [what, command] of Object.entries(chances)) chance[what] = await ask(command);
  return {
    exit: `${ran.reason} ${ran.exitCode ?? ran.signal}`,
    stdout: new TextDecoder().decode(ran.stdout),
    stderr: new TextDecoder().decode(ran.stderr),
    clock: await ask('date -u +%s.%N'),
    chance,
    misses: play?.missed ?? [],
    live,
  };
}

function judge(world: World, runs: readonly Seen[], changed: readonly string[]): Graded {
  const [one, other] = runs;
  if (!one || !other) throw new Error('two runs make a grade');
  const misses = [...one.misses, ...other.misses];
  const live = [...one.live, ...other.live];
  const findings: Finding[] = [
    {
      what: 'network',
      holds: live.length === 0 && misses.length === 0,
      detail:
        live.length > 0
          ? `not from the tape: ${live.slice(0, 5).join(', ')}`
          : misses.length > 0
            ? `${misses.length} requests are not on the tape`
            : world.tape
              ? 'all of it from the tape'
              : 'there is none',
    },
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

function chanceOf(one: Seen, other: Seen): Finding {
  const asked = Object.keys(chances).filter((what) => one.chance[what] !== '');
  const differing = asked.filter((what) => one.chance[what] !== other.chance[what]);
  const same = asked.filter((what) => !differing.includes(what));
  const said = [
    ...(same.length > 0 ? [`the same: ${same.join(', ')}`] : []),
    ...(differing.length > 0 ? [`different: ${differing.join(', ')}`] : []),
  ];
  return { what: 'entropy', holds: differing.length === 0, detail: said.join('; ') };
}

function outputsOf(one: Seen, other: Seen, changed: readonly string[]): Finding {
  const differing = [
    ...(one.exit === other.exit ? [] : [`exit (${one.exit} and ${other.exit})`]),
    ...(one.stdout === other.stdout ? [] : ['stdout']),
    ...(one.stderr === other.stderr ? [] : ['stderr']),
    ...(changed.length === 0 ? [] : [`files (${changed.slice(0, 5).join(', ')})`]),
  ];
  return {
    what: 'outputs',
    holds: differing.length === 0,
    detail:
      differing.length === 0 ? 'the same, byte by byte, and so are the files' : `different: ${differing.join(', ')}`,
  };
}
