/**
 * A sandbox in a world.
 *
 * 1. Clock and chance are held by means that are known before: where one does not work, nothing is run.
 * 2. Looking whether they do is no call of the episode: no fault meets it, and no recording has it.
 */
import {
  type ContractInput,
  type CreateSandboxInput,
  HoldfastError,
  type HoldfastService,
  type Sandbox,
  type SandboxFaultsInput,
} from '../schema/index.ts';
import { fakeTimeLibrary } from '../tools/index.ts';
import type { World } from './manifest.ts';

export interface Entering {
  lifetimeMs?: number;
  faults?: SandboxFaultsInput;
  contract?: ContractInput;
  record?: NonNullable<CreateSandboxInput['record']>;
}

/** @throws HoldfastError `snapshot-corrupt` or `not-found` when a part of the world is another one than it was made of */
export async function enterWorld(
  service: HoldfastService,
  world: World,
  { lifetimeMs, faults, contract, record }: Entering = {},
): Promise<Sandbox> {
  await checkParts(service, world);
  const isWatched = faults !== undefined || record !== undefined;
  if (isWatched && world.clock !== 'host') await service.destroySandbox((await enterWorld(service, world)).id);
  const sandbox = await service.createSandbox({
    ...createInputOf(world),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(faults === undefined ? {} : { faults }),
    ...(contract === undefined ? {} : { contract }),
    ...(record === undefined ? {} : { record }),
  });
  if (isWatched) return sandbox;
  try {
    await checkClock(service, sandbox.id, world);
  } catch (error) {
    await service.destroySandbox(sandbox.id);
    throw error;
  }
  return sandbox;
}

async function checkParts(service: HoldfastService, world: World): Promise<void> {
  const { snapshot } = world;
  const { digest } = await service.getSnapshot(snapshot.id);
  if (digest !== snapshot.digest) {
    throw new HoldfastError(
      'snapshot-corrupt',
      `the snapshot ${snapshot.id} is not the one that the world was made of`,
      {
        hint: 'Freeze the world anew.',
        details: { wanted: snapshot.digest, found: digest },
      },
    );
  }
  await checkTape(service, world);
}

/** @throws HoldfastError `not-found` */
export async function checkTape(
  service: Pick<HoldfastService, 'listTapes'>,
  { tape, packagesAsOf, presets = [] }: World,
): Promise<void> {
  if (!tape) return;
  const found = (await service.listTapes()).find(({ id }) => id === tape.id);
  const isOfThen = packagesAsOf === undefined || found?.createdAt === packagesAsOf;
  // One that the tape does not have would be what it is on this machine now.
  const hasPresets = presets.every((preset) => found?.presets.includes(preset));
  const holdsTheSame = tape.root === undefined || found?.root === tape.root;
  if (found && isOfThen && hasPresets && !found.open && holdsTheSame && found.exchanges === tape.exchanges) return;
  throw new HoldfastError('not-found', `the tape ${tape.id} of the world is not there as it was`, {
    hint: 'Record it again and freeze the world anew.',
  });
}

function createInputOf(world: World): CreateSandboxInput {
  const { snapshot, isolation, user, limits, environment } = world;
  const held = heldBy(world);
  return {
    template: snapshot.id,
    isolation,
    user,
    limits,
    ...held,
    environment: { ...environment, ...held.environment },
  };
}

/** What holds network, clock and chance still, in whatever sandbox. Every program finds the variables; one of a command's own stands above them. */
export function heldBy(
  world: World,
): Required<Pick<CreateSandboxInput, 'environment' | 'network'>> & Pick<CreateSandboxInput, 'seed' | 'clock'> {
  const { tape, presets = [], zone, clock, entropy } = world;
  return {
    environment: { ...clockEnvironment(clock), ...entropyEnvironment(entropy) },
    ...(entropy === 'host' ? {} : { seed: entropy.seed }),
    // What libfaketime does not reach begins at that time and runs on.
    ...(clock !== 'host' && hasOwnKernel(world) ? { clock: clock.at } : {}),
    network: tape
      ? {
          presets,
          allow: zone.map(({ host, protocol, ports }) => ({
            host,
            protocol,
            ports,
            ...(protocol === 'https' ? { mediate: true } : {}),
          })),
          tape: {
            mode: 'replay',
            tape: tape.id,
            // Certificates are of that time, and dates as they were recorded: one time for all.
            ...(clock === 'host' ? {} : { at: clock.at, refreshDates: false }),
            ...(tape.rules === undefined ? {} : { rules: tape.rules }),
          },
        }
      : 'none',
  };
}

/** @throws HoldfastError `capability-missing` where the clock does not stand still although it should */
export async function checkClock(
  service: Pick<HoldfastService, 'exec'>,
  sandbox: string,
  { clock }: World,
): Promise<void> {
  if (clock === 'host') return;
  const { stdout } = await service.exec(sandbox, {
    argv: ['/bin/sh', '-c', 'date -u +%s'],
    cwd: '/',
    timeoutMs: 10_000,
  });
  const seconds = Number(new TextDecoder().decode(stdout).trim());
  if (seconds === Math.floor(Date.parse(clock.at) / 1000)) return;
  throw new HoldfastError('capability-missing', 'the clock of this world cannot be held still here', {
    hint: `Its files need the package libfaketime (${fakeTimeLibrary}): install it on this machine, or in the template.`,
    details: { wanted: clock.at, seconds },
  });
}

const hasOwnKernel = ({ isolation }: World): boolean => isolation === 'microvm' || isolation === 'vm';

function clockEnvironment(clock: World['clock']): Record<string, string> {
  if (clock === 'host') return {};
  return {
    LD_PRELOAD: fakeTimeLibrary,
    // Seconds since 1970 are read in no zone: a contract may promise that none is set.
    FAKETIME_FMT: '%s',
    FAKETIME: String(Math.floor(Date.parse(clock.at) / 1000)),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
    SOURCE_DATE_EPOCH: String(Math.floor(Date.parse(clock.at) / 1000)),
  };
}

/** Languages that draw the order of their tables from a variable, and not from the kernel. */
function entropyEnvironment(entropy: World['entropy']): Record<string, string> {
  if (entropy === 'host') return {};
  return {
    PYTHONHASHSEED: String(entropy.seed),
    PERL_HASH_SEED: entropy.seed.toString(16),
    PERL_PERTURB_KEYS: '0',
  };
}
