/** Holds a runtime to a contract, and files the proof: certificate, contract, raw samples, JUnit, page. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { makeDirectories, rm, systemClock, writeFileAtomic } from '../../base/index.ts';
import type { Certificate, Contract, Profile, Source } from '../../contract/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { findProject, loadContract, loadProfile, toolsOf, usualContract } from '../contract-files.ts';
import { showCertificate } from '../contract-view.ts';
import { Output } from '../output.ts';
import { parseArguments } from '../parse.ts';

const command: Command = defineCommand({
  name: 'contract verify',
  summary: 'Checks that a runtime keeps a contract, by a profile of it or live, and files a certificate.',
  examples: [
    ['holdfast contract verify contract.yaml --profile training.json --as training', 'filed in certificates/training'],
    ['holdfast contract verify --profile production.json --as production --days 7', 'the contract of holdfast.yaml'],
    ['holdfast contract verify coding-agent --target exec:sh --sessions 3 --rounds 0', 'live, fields only'],
  ],
  arguments: {
    contract: {
      description: "a file, or one that ships; the project's if not said",
      optional: true,
      completes: 'file',
    },
  },
  options: {
    profile: { kind: 'text', value: 'FILE', description: 'what was observed' },
    target: { kind: 'text', value: 'TARGET', description: 'observe this now, as `profile capture` does' },
    sessions: { kind: 'text', value: 'N', description: 'of a live check; 12 if not said' },
    rounds: { kind: 'text', value: 'N', description: 'of a live check; 50 if not said, 0 for fields only' },
    as: { kind: 'text', value: 'LABEL', description: 'what it is filed under; the name of the profile if not said' },
    output: { kind: 'text', short: 'o', value: 'DIR', description: 'where to file it; certificates if not said' },
    days: { kind: 'number', value: 'N', description: 'how long it is valid; 30 if not said' },
  },
  async run({ args, options, context }) {
    const { io, output } = context;
    const { dayMs, usualValidDays, verify } = await import('../../contract/index.ts');
    const project = await findProject(io);
    const named = args.contract ?? project?.value.contract;
    const place = args.contract === undefined && project ? { directory: project.directory } : io;
    const contract = await loadContract(named ?? usualContract, place);
    const profile = await profileOf(options, context);
    const label = options.as ?? basename(options.profile ?? 'live', '.json');
    const certificate = verify({
      contract: contract.value,
      profile,
      tools: await toolsOf(profile),
      label,
      nowMs: systemClock.nowMs(),
      validMs: (options.days ?? usualValidDays) * dayMs,
    });
    const directory = resolve(io.directory, options.output ?? project?.value.certificates ?? 'certificates', label);
    await file(directory, certificate, { contract, profile });
    if (options.json) await output.document(certificate);
    else await showCertificate(certificate, output);
    await output.hint(`filed in ${directory}`);
    return certificate.verdict === 'pass' ? 0 : 1;
  },
});
export default command;

interface Options {
  profile: string | undefined;
  target: string | undefined;
  sessions: string | undefined;
  rounds: string | undefined;
}

async function profileOf({ profile, target, sessions, rounds }: Options, context: Context): Promise<Profile> {
  if ((profile === undefined) === (target === undefined)) {
    throw new HoldfastError('invalid-argument', 'contract verify needs either --profile or --target', {
      hint: 'For example: holdfast contract verify --profile training.json',
    });
  }
  if (profile !== undefined) return loadProfile(profile, context.io);
  const directory = await mkdtemp(join(tmpdir(), 'hfv-'));
  try {
    const file = join(directory, 'profile.json');
    const words = ['--target', target ?? '', '-o', file, '--windows', '1'];
    if (sessions !== undefined) words.push('--sessions', sessions);
    if (rounds !== undefined) words.push('--rounds', rounds);
    const { default: capture } = await import('./profile-capture.ts');
    const { args, options } = parseArguments(capture, words);
    const silent = new Writable({ write: (_piece, _encoding, done) => done() });
    const quiet = { ...context, output: new Output({ ...context.io, stdout: silent }, false) };
    await capture.run({ args, options, context: quiet });
    return await loadProfile(file, context.io);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function file(
  directory: string,
  certificate: Certificate,
  { contract, profile }: { contract: Source<Contract> & { text: string }; profile: Profile },
): Promise<void> {
  const { certificatePage, junitOf } = await import('../../contract/index.ts');
  await makeDirectories(directory);
  const files = {
    'profile.json': JSON.stringify(profile),
    'contract.yaml': contract.text,
    'junit.xml': junitOf(certificate),
    'page.html': certificatePage(certificate, { contract: contract.value, profile }),
    // Last: what has a certificate is whole.
    'certificate.json': JSON.stringify(certificate, null, 2),
  };
  for (const [name, text] of Object.entries(files))
    await writeFileAtomic(join(directory, name), `${text}\n`, { mode: 0o644 });
}
