import { systemClock, writeFileAtomic } from '../../base/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { findProject, loadBundle, loadUsage, loadWaivers } from '../contract-files.ts';
import { showGate } from '../contract-view.ts';
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
    waivers: { kind: 'text', value: 'FILE', description: 'findings that are accepted, each with a reason and an end' },
    html: { kind: 'text', value: 'FILE', description: 'write a page that needs nothing else' },
  },
  async run({ options, context: { io, output } }) {
    const { gatePage, mayShip, usageLookup } = await import('../../contract/index.ts');
    const project = await findProject(io);
    const place = project ? { directory: project.directory } : io;
    const certificates = project?.value.certificates ?? 'certificates';
    const grade = options.worstGrade ?? project?.value.ship.worstGrade ?? 'C';
    const shipping = mayShip({
      train: await loadBundle(options.train ?? 'training', certificates, place),
      production: await loadBundle(options.prod ?? 'production', certificates, place),
      nowMs: systemClock.nowMs(),
      worstGrade: chosen('--worst-grade', grade, ['A', 'B', 'C', 'D'] as const),
      waivers: await loadWaivers(options.waivers ?? project?.value.waivers, options.waivers === undefined ? place : io),
      usageOf: usageLookup(await loadUsage(project?.value.recordings ?? [], place)),
    });
    const { gate } = shipping;
    if (options.json) await output.document(gate);
    else await showGate(gate, output);
    if (options.html !== undefined) {
      await writeFileAtomic(options.html, gatePage(shipping), { mode: 0o644 });
      await output.hint(`written: ${options.html}`);
    }
    return gate.ship ? 0 : 1;
  },
});
export default command;
