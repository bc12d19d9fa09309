/** What happened, in order, for whoever has to report an incident: numbers first, then one line an entry. */
import { isoTime } from '../base/index.ts';
import type { AuditEntry, AuditLine, ExportAudit } from '../schema/index.ts';
import type { AuditLog } from './log.ts';
import { entryOf, matching } from './read.ts';

const hourMs = 3_600_000;
/** From awareness: what DORA and NIS2 ask for, for whoever has to report. */
const clocks: readonly (readonly [string, number])[] = [
  ['DORA: first report, 24 h from awareness at the latest', 24 * hourMs],
  ['DORA: intermediate report, 72 h', 72 * hourMs],
  ['NIS2: early warning, 24 h', 24 * hourMs],
  ['NIS2: notification, 72 h', 72 * hourMs],
  ['final report, one month', 30 * 24 * hourMs],
];
const longestDetail = 160;

export async function* timeline(
  audit: AuditLog,
  tenant: string,
  { format: _, ...filter }: ExportAudit,
): AsyncGenerator<string, void, undefined> {
  const counts = new Map<string, number>();
  const [sessions, agents, models, people] = [new Set(), new Set(), new Set(), new Set()];
  let [first, last]: (AuditLine | null)[] = [null, null];
  for await (const line of matching(audit, tenant, filter)) {
    first ??= line;
    last = line;
    counts.set(line.kind, (counts.get(line.kind) ?? 0) + 1);
    for (const [seen, value] of [
      [sessions, line.session],
      [agents, line.agent],
      [models, line.model],
      [people, line.person],
    ] as const) {
      if (value !== null) seen.add(value);
    }
  }
  if (!first || !last) return yield 'Nothing was logged that fits.\n';
  const awareMs = Date.parse(last.at);
  yield [
    `Timeline of ${tenant}, ${first.at} to ${last.at}`,
    '',
    `Sessions ${sessions.size}, agents ${names(agents)}, models ${names(models)}, people ${people.size} (by pseudonym).`,
    `Entries: ${[...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}.`,
    '',
    'If somebody became aware at the time of the last entry, and the incident is one to report:',
    ...clocks.map(([what, afterMs]) => `  ${isoTime(awareMs + afterMs)}  ${what}`),
    '',
    '',
  ].join('\n');
  for await (const line of matching(audit, tenant, filter)) yield `${lineOf(entryOf(audit.open, line))}\n`;
}

function lineOf({ at, sequence, kind, session, agent, decision, person, actor, body, erased }: AuditEntry): string {
  const who = [agent, person === null ? null : `for ${person}`, actor === null ? null : `by ${actor}`];
  const detail = erased ? '(erased)' : (JSON.stringify(body) ?? '').slice(0, longestDetail);
  return [at, `#${sequence}`, kind, decision, session, ...who, detail].filter((part) => part !== null).join('  ');
}

const names = (seen: ReadonlySet<unknown>): string => [...seen].join(', ') || 'none';
