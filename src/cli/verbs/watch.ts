/** Watching by canaries: what is watched, from now on, now, not any more. */
import { HoldfastError } from '../../schema/error-class.ts';
import type { Canary, HoldfastService, Watch } from '../../schema/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { contractOf } from '../new-sandbox.ts';
import { formatDuration, formatTime, type Output } from '../output.ts';
import { defined, isolationOf } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'watch',
  summary: 'Looks every so often, by a canary sandbox, whether the runtime still behaves as it did.',
  examples: [
    ['holdfast watch --every 6h', 'from now on; the first canary is what later ones are compared with'],
    ['holdfast watch', 'what is watched, and how the last canaries ended'],
    ['holdfast watch --now', 'a canary now; status 1 when it saw a drift'],
  ],
  arguments: {},
  options: {
    every: { kind: 'duration', value: 'TIME', description: 'start watching, or change how often; from 1m on' },
    now: { kind: 'flag', description: 'make a canary now and wait for it' },
    renew: { kind: 'flag', description: 'the same, and compare later ones with this one' },
    stop: { kind: 'flag', description: 'stop watching; what was found goes too' },
    contract: { kind: 'text', value: 'NAME', description: 'held to this one; the daemon’s if not said' },
    isolation: { kind: 'text', value: 'LEVEL', description: 'the least accepted; namespace if not said' },
    template: { kind: 'text', value: 'NAME', description: 'the template; the substrate’s own if not said' },
  },
  async run({ options, context }) {
    const { every, now, renew, stop, json } = options;
    if ([every !== undefined, now || renew, stop].filter(Boolean).length > 1) throw oneAtATime();
    const service = await context.service();
    if (every === undefined && !now && !renew && !stop) {
      const all = await service.listWatches();
      await (json ? context.output.document(all) : showWatches(all, context.output));
      return 0;
    }
    const contract =
      options.contract === undefined ? undefined : await contractOf(options.contract, context.io.directory);
    const subject = {
      ...defined('contract', contract),
      ...defined('isolation', isolationOf(options.isolation)),
      ...defined('template', options.template),
    };
    if (every !== undefined) {
      const watch = await service.startWatch({ ...subject, everyMs: every });
      await (json ? context.output.document(watch) : context.output.line(watch.id));
      await context.output.hint(
        `a canary every ${formatDuration(watch.everyMs)}; holdfast findings ls shows what they find`,
      );
      return 0;
    }
    const chosen = await watchesOf(service, subject);
    return stop ? stopAll(service, chosen, context) : lookNow(service, chosen, renew, context);
  },
});
export default command;

interface Subject {
  contract?: unknown;
  isolation?: string;
  template?: string;
}

/** Those that fit what was said; all when nothing was. */
async function watchesOf(service: HoldfastService, subject: Subject): Promise<Watch[]> {
  const { contract } = subject;
  const name =
    typeof contract === 'string'
      ? contract
      : typeof contract === 'object' && contract !== null && 'contract' in contract
        ? contract.contract
        : undefined;
  const found = (await service.listWatches()).filter(
    (watch) =>
      (name === undefined || watch.contract?.name === name) &&
      (subject.isolation === undefined || watch.isolation === subject.isolation) &&
      (subject.template === undefined || watch.template === subject.template),
  );
  if (found.length > 0) return found;
  throw new HoldfastError('not-found', 'nothing that fits is watched', {
    hint: 'Start with `holdfast watch --every 6h`; `holdfast watch` lists what is watched.',
  });
}

async function stopAll(service: HoldfastService, watches: readonly Watch[], { output }: Context): Promise<number> {
  for (const { id } of watches) await service.stopWatch(id);
  if (output.json) await output.document({ stopped: watches.map(({ id }) => id) });
  else await output.data(watches.map(({ id }) => `${id}\n`).join(''));
  return 0;
}

async function lookNow(
  service: HoldfastService,
  watches: readonly Watch[],
  renew: boolean,
  { io, output }: Context,
): Promise<number> {
  using interrupts = new Interrupts(io);
  const canaries: Canary[] = [];
  for (const { id } of watches) {
    await output.hint(`a canary of ${id} is looking`);
    canaries.push(await service.runCanary(id, renew ? { renew } : {}, { signal: interrupts.signal }));
  }
  if (output.json) await output.document(canaries);
  for (const { watch, outcome, detail } of output.json ? [] : canaries)
    await output.line(`${watch}  ${outcome ?? 'running'}${detail === null ? '' : `: ${detail}`}`);
  const isFine = canaries.every(({ outcome }) => outcome === 'clean' || outcome === 'reference');
  if (!isFine) await output.hint('holdfast findings ls shows what they found');
  return isFine ? 0 : 1;
}

async function showWatches(watches: readonly Watch[], output: Output): Promise<void> {
  const nowMs = Date.now();
  await output.table(watches, [
    { title: 'ID', of: ({ id }) => id },
    { title: 'CONTRACT', of: ({ contract }) => contract?.name ?? '-' },
    { title: 'ISOLATION', of: ({ isolation }) => isolation },
    { title: 'TEMPLATE', of: ({ template }) => template ?? '-' },
    { title: 'EVERY', of: ({ everyMs }) => formatDuration(everyMs) },
    { title: 'LAST', of: ({ canary }) => (canary ? formatTime(canary.startedAt, nowMs) : '-') },
    { title: 'OUTCOME', of: ({ canary }) => (canary ? (canary.outcome ?? 'running') : '-') },
    { title: 'NEXT', of: ({ nextAt }) => formatTime(nextAt, nowMs) },
    { title: 'OPEN', of: ({ openFindings }) => String(openFindings) },
  ]);
  if (watches.length === 0) await output.hint('nothing is watched; start with `holdfast watch --every 6h`');
}

function oneAtATime(): HoldfastError {
  return new HoldfastError('invalid-argument', '--every, --now and --stop are three things', {
    hint: 'Say one of them; without any, `holdfast watch` lists what is watched.',
  });
}
