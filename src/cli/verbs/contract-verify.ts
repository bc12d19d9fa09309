/** Holds a runtime to a contract, and files the proof: certificate, contract, raw samples, JUnit, page. */
import { basename, join, resolve } from 'node:path';
import { makeDirectories, systemClock, writeFileAtomic } from '../../base/index.ts';
import type { Certificate, Contract, Profile, Source } from '../../contract/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, type Context, defineCommand, firstSaid, flagOf } from '../command.ts';
import { loadContract, loadProfile, partsOf, usualContract } from '../contract-files.ts';
import { showCertificate } from '../contract-view.ts';
import { captureLive, planOf } from '../live-profile.ts';
import { liveOwnOptions, liveSandboxOf, liveSandboxOptions } from '../live-sandbox.ts';
import { projectAsked } from '../new-sandbox.ts';

/** Not known is neither kept nor broken, and a script must be able to tell. */
const statuses: Record<Certificate['verdict'], number> = {
  pass: 0,
  fail: 1,
  flaky: 1,
  unsupported: 1,
  'insufficient-data': 6,
  'harness-error': 6,
};

const command: Command = defineCommand({
  name: 'contract verify',
  summary:
    'Checks that a runtime keeps a contract, by a profile of it or live, and files a certificate; ends with 1 where it does not, with 6 where too little is known.',
  examples: [
    ['holdfast contract verify contract.yaml --profile training.json --as training', 'filed in certificates/training'],
    ['holdfast contract verify --profile production.json --as production --days 7', 'the contract of holdfast.yaml'],
    [
      'holdfast contract verify --target holdfast --side production --sessions 3 --rounds 0 --without latency,tools',
      'live, as the project has it, fields only',
    ],
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
    target: {
      kind: 'text',
      value: 'TARGET',
      description: 'observe this now, as `profile capture` does; after an end the same command goes on',
    },
    sessions: { kind: 'whole', value: 'N', description: 'of a live check; 12 if not said' },
    rounds: { kind: 'whole', value: 'N', description: 'of a live check; 50 if not said, 0 for none' },
    without: {
      kind: 'text',
      value: 'PARTS',
      description: 'what is not judged: latency, tools or both; the certificate says so',
    },
    as: {
      kind: 'text',
      value: 'LABEL',
      description: 'what it is filed under; the side, or the name of the profile, if not said',
    },
    output: { kind: 'text', short: 'o', value: 'DIR', description: 'where to file it; certificates if not said' },
    days: { kind: 'whole', value: 'N', description: 'how long it is valid; 30 if not said' },
    ...liveSandboxOptions,
  },
  async run({ args, options, context }) {
    const { io } = context;
    const { dayMs, NothingSeen, usualValidDays } = await import('../../contract/index.ts');
    const { side, project } = await projectAsked(options, io);
    const ofSide = side === null ? undefined : project?.value.profiles[side]?.contract;
    const named = args.contract ?? ofSide ?? project?.value.contract;
    const place = args.contract === undefined && project ? { directory: project.directory } : io;
    const label = options.as ?? side ?? basename(options.profile ?? 'live', '.json');
    const filing: Filing = {
      contract: await loadContract(named ?? usualContract, place),
      label,
      directory: resolve(io.directory, options.output ?? project?.value.certificates ?? 'certificates', label),
      without: partsOf(options.without),
      validMs: (options.days ?? usualValidDays) * dayMs,
    };
    const { profile, target, sessions, rounds } = options;
    if ((profile === undefined) === (target === undefined)) throw needsOne();
    if (profile !== undefined) {
      const said = firstSaid(liveOwnOptions, options);
      if (said !== undefined) throw notLive(said);
      return certify(await loadProfile(profile, io), filing, context);
    }
    const create = await liveSandboxOf(options, target, context, filing.contract.value);
    await makeDirectories(filing.directory);
    const live = {
      target,
      create,
      plan: planOf({ sessions, rounds, windows: 1 }),
      output: join(filing.directory, 'profile.json'),
      keep: (seen: Profile) => certify(seen, filing, context),
    };
    return captureLive(live, context).catch((error: unknown) => {
      // That nothing could be opened is an answer too, and the certificate says whose doing it was.
      if (error instanceof NothingSeen) return certify(error.profile, filing, context);
      throw error;
    });
  },
});
export default command;

interface Filing {
  contract: Source<Contract> & { text: string };
  label: string;
  directory: string;
  without: ReturnType<typeof partsOf>;
  validMs: number;
}

/** The status of its verdict. */
async function certify(
  profile: Profile,
  { contract, directory, ...rest }: Filing,
  { output }: Context,
): Promise<number> {
  const { verify } = await import('../../contract/index.ts');
  const certificate = verify({ contract: contract.value, profile, nowMs: systemClock.nowMs(), ...rest });
  await file(directory, certificate, { contract, profile });
  if (output.json) await output.document(certificate);
  else await showCertificate(certificate, output);
  const whole = profile.sessions.filter(({ outcome }) => outcome === 'complete').length;
  if (!profile.complete) await output.hint(`${whole} of ${profile.plan.sessions} sessions are whole`);
  await output.hint(`filed in ${directory}`);
  return statuses[certificate.verdict];
}

function needsOne(): HoldfastError {
  return new HoldfastError('invalid-argument', 'contract verify needs either --profile or --target', {
    hint: 'For example: holdfast contract verify --profile training.json',
  });
}

function notLive(said: string): HoldfastError {
  return new HoldfastError(
    'invalid-argument',
    `${flagOf(said)} is for what is observed now, and --profile was observed`,
    {
      hint: 'Leave it out, or give --target instead of --profile.',
    },
  );
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
