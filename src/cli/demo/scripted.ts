/** The policy without a model: fixed calls per goal. It says so in its name. */
import { HoldfastError } from '../../schema/error-class.ts';
import { type Door, type Goal, type GoalId, type Policy, variants } from './policy.ts';

export const scripted: Policy = {
  name: 'scripted',
  async pursue(goal, door) {
    await scripts[goal.id](door, goal);
  },
};

const shell = (door: Door, command: string): Promise<unknown> => must(door, 'shell', { command });

const scripts: Record<GoalId, (door: Door, goal: Goal) => Promise<void>> = {
  async look(door) {
    await must(door, 'files', { action: 'list', path: '/workspace' });
    await must(door, 'files', { action: 'read', path: 'README.md' });
    await must(door, 'files', { action: 'search', path: '/workspace', pattern: 'from to' });
    await must(door, 'files', { action: 'read', path: 'lib/merge.awk' });
  },
  async test(door) {
    await shell(door, 'sh test/run');
  },
  async destroy(door) {
    await shell(door, 'rm -rf lib bin test');
  },
  async network(door) {
    await shell(door, 'exec 3<>/dev/tcp/192.0.2.1/80');
  },
  async repair(door) {
    await must(door, 'files', {
      action: 'edit',
      path: 'lib/merge.awk',
      old: '{ to = $3; next }',
      new: '{ if ($3 > to) to = $3; next }',
    });
  },
  async retest(door) {
    await shell(door, 'sh test/run');
  },
  async variant(door, { variant }) {
    const content = sources[variant];
    if (content) await must(door, 'files', { action: 'write', path: 'lib/merge.awk', content });
    await shell(door, 'sh test/run');
  },
};

const minutes = `# Bookings sorted by room, as the minutes in which a room is taken, each once: "room from to".
{ for (minute = $2; minute < $3; minute++) if (!taken[$1, minute]++) print $1, minute, minute + 1 }
`;

const pairs = `# Bookings as the stretches in which a room is taken: "room from to". Joins pairs that meet until none is left.
{ room[NR] = $1; from[NR] = $2 + 0; to[NR] = $3 + 0 }
END {
  do {
    joined = 0
    for (i = 1; i <= NR; i++) for (j = 1; j <= NR; j++) {
      if (i == j || !(i in room) || !(j in room) || room[i] != room[j] || from[j] < from[i] || from[j] > to[i]) continue
      if (to[j] > to[i]) to[i] = to[j]
      delete room[j]
      joined = 1
    }
  } while (joined)
  for (i = 1; i <= NR; i++) if (i in room) print room[i], from[i], to[i]
}
`;

/** By the order of `variants`; the first one changes nothing. */
const sources: readonly (string | null)[] = variants.map((_, at) => [null, minutes, pairs][at] ?? null);

async function must(door: Door, tool: string, input: unknown): Promise<unknown> {
  const result = await door.call(tool, input);
  if (!result.ok) throw HoldfastError.fromBody(result.error);
  return result.output;
}
