/**
 * `holdfast substrate install gvisor`: the machine's package where programs of today run in it, else a newer runsc, built
 * from gVisor's Go module and kept where only Holdfast looks. May be repeated; a runsc that does is left alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  chmod,
  findProgram,
  makeDirectories,
  readEnvironment,
  rename,
  rootScope,
  runProcess,
  type Scope,
} from '../base/index.ts';
import { findRunsc, ownPrograms } from '../compute/late.ts';
import { HoldfastError } from '../schema/index.ts';
import { installPackages, run } from './install-packages.ts';

/** What the shared suite was run on. */
export const testedModule = 'gvisor.dev/gvisor@v0.0.0-20260905035102-160fafc42237';
const timeoutMs = 30 * 60_000;
const noGo = 'Install Go (a `go` of 1.26 or newer on the PATH or in /usr/local/go/bin), then run this again.';

/** What an installation does to the machine; apart, so that the order of steps can be tested. */
export interface GvisorHost {
  isRoot: boolean;
  /** The runsc that would be used, and whether a program of this machine runs in it. */
  current(): Promise<{ program: string; version: string; works: boolean } | null>;
  installPackage(): Promise<void>;
  findGo(): Promise<string | null>;
  build(go: string): Promise<void>;
}

export async function installGvisor({ say }: { say: (line: string) => void }): Promise<void> {
  await using scope = rootScope({ name: 'install gVisor', timeoutMs });
  await installOn(machine(say, scope), say);
}

export async function installOn(host: GvisorHost, say: (line: string) => void): Promise<void> {
  if (!host.isRoot) {
    throw new HoldfastError('capability-missing', 'gVisor sandboxes need a daemon that is root, and so does this', {
      hint: 'Run: sudo holdfast substrate install gvisor',
    });
  }
  let why = await host.current();
  if (why === null) {
    // Where there is no package there may be Go.
    await host.installPackage().catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
    why = await host.current();
  }
  if (why?.works) return say(`runsc ${why.version} at ${why.program} works here`);
  const reason = why === null ? 'there is no package of runsc' : `runsc ${why.version} runs no program of this machine`;
  const go = await host.findGo();
  if (go === null) throw new HoldfastError('capability-missing', `${reason}, and there is no Go`, { hint: noGo });
  say(`${reason}: building ${testedModule}; this takes some minutes`);
  await host.build(go);
  const built = await host.current();
  if (!built?.works) {
    throw new HoldfastError('capability-missing', 'programs of this machine do not run in the runsc that was built', {
      hint: `See why: ${join(ownPrograms, 'runsc')} --network=none --ignore-cgroups do ls /`,
    });
  }
  say(`runsc ${built.version} is at ${built.program}`);
}

function machine(say: (line: string) => void, scope: Scope): GvisorHost {
  return {
    isRoot: readEnvironment().isRoot,
    async current() {
      const runsc = await findRunsc(scope);
      return runsc && { ...runsc, works: await runsPrograms(runsc.program, scope) };
    },
    installPackage: () => installPackages([{ program: 'runsc', name: 'runsc' }], say),
    findGo,
    build,
  };
}

/** Builds of 2022 start, but refuse what today's `ls` asks for. */
async function runsPrograms(runsc: string, scope: Scope): Promise<boolean> {
  const args = ['--network=none', '--ignore-cgroups', 'do', '/bin/ls', '-ld', '/usr'];
  const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const { status } = await runProcess({ file: runsc, args, environment }, scope);
  return status === 0;
}

async function findGo(): Promise<string | null> {
  const place = '/usr/local/go/bin/go';
  const { status } = await runProcess({ file: place, args: ['version'] }, rootScope({ name: 'find Go' })).catch(() => ({
    status: 1,
  }));
  return status === 0 ? place : findProgram('go');
}

/** Everything that is fetched and compiled lies in one directory and goes with it. */
async function build(go: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-gvisor-'));
  const [, version = ''] = testedModule.split('@');
  const environment = {
    PATH: `${dirname(go)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    GOFLAGS: '-mod=mod -modcacherw',
    GOPATH: join(directory, 'path'),
    GOCACHE: join(directory, 'cache'),
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
  };
  const flags = ['-trimpath', '-ldflags', `-s -w -X gvisor.dev/gvisor/runsc/version.version=${version}`];
  const steps = [
    ['mod', 'init', 'holdfast.invalid/gvisor'],
    ['get', testedModule],
    ['build', ...flags, '-o', join(directory, 'runsc'), 'gvisor.dev/gvisor/runsc'],
  ];
  try {
    for (const step of steps) {
      const status = await run([go, ...step], environment, directory);
      if (status !== 0) {
        throw new HoldfastError('capability-missing', `go ${step[0]} ended with status ${status}`, {
          hint: `It said why above. ${noGo}`,
        });
      }
    }
    await makeDirectories(ownPrograms);
    await chmod(ownPrograms, 0o755);
    await run(['cp', join(directory, 'runsc'), join(ownPrograms, 'runsc.new')]);
    await chmod(join(ownPrograms, 'runsc.new'), 0o755);
    await rename(join(ownPrograms, 'runsc.new'), join(ownPrograms, 'runsc'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
