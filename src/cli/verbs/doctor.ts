import { asHoldfastError, errorCodes } from '../../schema/error-class.ts';
import type { Check, DoctorReport, SubstrateReport } from '../../schema/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { formatDuration, type Output, printable } from '../output.ts';

const command: Command = defineCommand({
  name: 'doctor',
  summary: 'Says what works on this machine, why the rest does not, and one fix for each.',
  examples: [
    ['holdfast doctor', 'in two seconds'],
    ['holdfast doctor --json', 'the same as one document'],
  ],
  arguments: {},
  options: {},
  async run({ options, context }) {
    const { report, failure } = await examine(context);
    if (options.json) await context.output.document(report);
    else await print(report, context.output);
    if (failure) return errorCodes[failure].exitStatus;
    if (!report.substrates.some(({ usable }) => usable)) return errorCodes['capability-missing'].exitStatus;
    return report.checks.some(({ status }) => status === 'fail') ? 1 : 0;
  },
});
export default command;

/** A daemon that cannot start is a finding, not an error of this verb. */
async function examine(context: Context): Promise<{ report: DoctorReport; failure: keyof typeof errorCodes | null }> {
  const startedMs = performance.now();
  const node: Check = { name: 'node', status: 'pass', detail: `${process.version} at ${process.execPath}`, fix: null };
  try {
    const service = await context.service();
    const { pid } = await service.version();
    const { checks, substrates } = await service.doctor();
    const daemon: Check = {
      name: 'daemon',
      status: 'pass',
      detail: pid === null ? 'answers' : `answers, process ${pid}`,
      fix: null,
    };
    return {
      report: { checks: [node, daemon, ...checks], substrates, durationMs: performance.now() - startedMs },
      failure: null,
    };
  } catch (thrown) {
    const error = asHoldfastError(thrown);
    const log = error.details?.['log'];
    const detail = [error.message, ...(Array.isArray(log) ? log.map(String) : [])].join('\n');
    const daemon: Check = { name: 'daemon', status: 'fail', detail, fix: error.hint ?? null };
    return {
      report: { checks: [node, daemon], substrates: [], durationMs: performance.now() - startedMs },
      failure: error.code,
    };
  }
}

async function print({ checks, substrates, durationMs }: DoctorReport, output: Output): Promise<void> {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ status, name, detail, fix }) => [
    `${status}  ${name.padEnd(width)}  ${detail.replaceAll('\n', `\n${' '.repeat(width + 8)}`)}`,
    ...(fix === null ? [] : [`${' '.repeat(width + 8)}fix: ${fix}`]),
  ]);
  const told = new Set(checks.map(({ name }) => name));
  const body = [...lines, '', ...substrates.flatMap((substrate) => substrateLines(substrate, told))];
  await output.line(printable(body.join('\n')));
  const unproven = new Set(checks.filter(({ status }) => status !== 'pass').map(({ name }) => name));
  const usable = substrates
    .filter((one) => one.usable && !unproven.has(`sandbox ${one.isolation}`))
    .map(({ substrate }) => substrate);
  const verdict = usable.length > 0 ? `usable here: ${usable.join(', ')}` : 'no substrate is usable here';
  const said = substrates.length > 0 ? verdict : 'no daemon answers, so nothing is known of the substrates';
  await output.hint(`${said} (${formatDuration(durationMs)})`);
}

/** What it lacks is left out where a check told of it. */
function substrateLines(
  { substrate, isolation, usable, detail, fix, capabilities }: SubstrateReport,
  told: ReadonlySet<string>,
): string[] {
  const missing = capabilities.filter(({ name, available }) => !available && !told.has(`${substrate} ${name}`));
  const present = capabilities.filter(({ available }) => available).map(({ name }) => name);
  return [
    `${usable ? 'pass' : 'no  '}  substrate ${substrate} (isolation: ${isolation})  ${detail}`,
    ...(fix === null ? [] : [`      fix: ${fix}`]),
    ...(present.length === 0 ? [] : [`      has: ${present.join(', ')}`]),
    ...missing.map(({ name, reason }) => `      lacks ${name}: ${reason ?? 'no reason known'}`),
  ];
}
