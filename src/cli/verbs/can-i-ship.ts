import { systemClock } from '../../base/index.ts';
import type { GateRequest } from '../../contract/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { findProject, loadBundle, loadUsage, loadWaivers, partsOf } from '../contract-files.ts';
import { showGate } from '../contract-view.ts';
import { writeOutput } from '../output-file.ts';
import { ownVersion } from '../own-version.ts';
import { chosen } from '../values.ts';

const command: Command = defineCommand({
  name: 'can-i-ship',
  summary: 'Answers yes or no: may an agent trained in the one runtime go to the other? From stored certificates.',
  examples: [
    ['holdfast can-i-ship', 'from certificates/training to certificates/production'],
    ['holdfast can-i-ship --train training --prod production --worst-grade B', 'with a stricter grade'],
  ],
  arguments: {},
  options: {
    train: { kind: 'text', value: 'LABEL', description: 'a certificate, or its directory; training if not said' },
    prod: { kind: 'text', value: 'LABEL', description: 'a certificate, or its directory; production if not said' },
    worstGrade: {
      kind: 'text',
      value: 'GRADE',
      description: 'of the shift that may ship: A, B, C or D; C if not said',
    },
    without: {
      kind: 'text',
      value: 'PARTS',
      description: 'ship although a certificate leaves this out: latency, tools or both',
    },
    waivers: { kind: 'text', value: 'FILE', description: 'findings that are accepted, each with a reason and an end' },
    html: { kind: 'text', value: 'FILE', description: 'write a page that needs nothing else' },
  },
  async run({ options, context }) {
    const { io, output } = context;
    const { gatePage, mayShip, usageLookup } = await import('../../contract/index.ts');
    const project = await findProject(io);
    const place = project ? { directory: project.directory } : io;
    const certificates = project?.value.certificates ?? 'certificates';
    const grade = options.worstGrade ?? project?.value.ship.worstGrade ?? 'C';
    const request = {
      train: await loadBundle(options.train ?? 'training', certificates, place),
      production: await loadBundle(options.prod ?? 'production', certificates, place),
      now: await nowOf(context),
      without: options.without === undefined ? (project?.value.ship.without ?? []) : partsOf(options.without),
      worstGrade: chosen('--worst-grade', grade, ['A', 'B', 'C', 'D'] as const),
      waivers: await loadWaivers(options.waivers ?? project?.value.waivers, options.waivers === undefined ? place : io),
      usageOf: usageLookup(await loadUsage(project?.value.recordings ?? [], place)),
    };
    const gate = mayShip(request);
    if (options.json) await output.document(gate);
    else await showGate(gate, output);
    if (options.html !== undefined) {
      await writeOutput(options.html, io, gatePage(gate, request), { mode: 0o644 });
      await output.hint(`written: ${options.html}`);
    }
    return gate.ship ? 0 : 1;
  },
});
export default command;

/** What certificates are held against; of a daemon that does not run, or does not answer, nothing is known. */
async function nowOf(context: Context): Promise<GateRequest['now']> {
  const { currentSuite, proberOf } = await import('../../contract/index.ts');
  const { digest: suite } = await currentSuite();
  const daemon = await daemonOf(context).catch(() => null);
  return { nowMs: systemClock.nowMs(), suite, prober: proberOf(ownVersion()), daemon };
}

async function daemonOf(context: Context): Promise<GateRequest['now']['daemon']> {
  const service = await context.runningService();
  if (service === null) return null;
  const [{ version }, templates] = await Promise.all([service.version(), service.listTemplates()]);
  return { version, templates };
}
