/** A sandbox in a world. */
import { keyedDraw } from '../base/index.ts';
import {
  type ContractInput,
  type CreateSandboxInput,
  HoldfastError,
  type HoldfastService,
  type Sandbox,
  type SandboxFaultsInput,
  type TapePlay,
} from '../schema/index.ts';
import { fakeTimeLibrary } from '../tools/index.ts';
import type { World } from './manifest.ts';

export interface Entering {
  lifetimeMs?: number;
  faults?: SandboxFaultsInput;
  contract?: ContractInput;
}

/** @throws HoldfastError `snapshot-corrupt` or `not-found` when a part of the world is another one than it was made of */
export async function enterWorld(
  service: HoldfastService,
  world: World,
  { lifetimeMs, faults, contract }: Entering = {},
): Promise<Sandbox> {
  await checkParts(service, world);
  const sandbox = await service.createSandbox({
    ...createInputOf(world),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(faults === undefined ? {} : { faults }),
    ...(contract === undefined ? {} : { contract }),
  });
  try {
    await checkClock(service, sandbox.id, world);
  } catch (error) {
    await service.destroySandbox(sandbox.id);
    throw error;
  }
  return sandbox;
}

async function checkParts(service: HoldfastService, { snapshot, tape }: World): Promise<void> {
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
  if (!tape) return;
  const found = (await service.listTapes()).find(({ id }) => id === tape.id);
  if (found && !found.open && found.exchanges === tape.exchanges) return;
  throw new HoldfastError('not-found', `the tape ${tape.id} of the world is not there as it was`, {
    hint: 'Record it again and freeze the world anew.',
  });
}

function createInputOf(world: World): CreateSandboxInput {
  const { snapshot, isolation, user, limits, tape, zone, clock } = world;
  return {
    template: snapshot.id,
    isolation,
    user,
    limits,
    environment: environmentOf(world),
    network: tape
      ? {
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

/** Where the clock does not stand still although it should, nothing is run. */
async function checkClock(service: HoldfastService, sandbox: string, { clock }: World): Promise<void> {
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

/** What every program in the world finds; one of a command's own stands above it. */
export function environmentOf({ clock, entropy, environment }: World): Record<string, string> {
  return { ...environment, ...clockEnvironment(clock), ...entropyEnvironment(entropy) };
}

function clockEnvironment(clock: World['clock']): Record<string, string> {
  if (clock === 'host') return {};
  return {
    LD_PRELOAD: fakeTimeLibrary,
    // Read in the zone of the process: a world's is UTC.
    FAKETIME: clock.at.slice(0, 19).replace('T', ' '),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: String(Math.floor(Date.parse(clock.at) / 1000)),
  };
}

function entropyEnvironment(entropy: World['entropy']): Record<string, string> {
  if (entropy === 'host') return {};
  const { seed } = entropy;
  return {
    LD_PRELOAD: fakeTimeLibrary,
    // Small seeds give its generator nothing to begin with.
    FAKERANDOM_SEED: `0x${keyedDraw(seed, ['world']).hex.toUpperCase()}`,
    PYTHONHASHSEED: String(seed),
    PERL_HASH_SEED: seed.toString(16),
    PERL_PERTURB_KEYS: '0',
  };
}

/** What the tape has answered to a sandbox so far; null without one. */
export async function playOf(service: HoldfastService, sandbox: string): Promise<TapePlay | null> {
  const plays = (await service.listTapes()).flatMap((tape) => tape.plays);
  return plays.find((play) => play.sandbox === sandbox) ?? null;
}
