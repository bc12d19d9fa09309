/**
 * Tests without which a run says nothing about the walls of a sandbox, its launchers, a killed daemon, a full disk, terminals,
 * the network boundary, worlds that hold still, the contract that ships, browsers, the vendors' SDKs, a coding agent that others
 * wrote, or agents without an internet or an audit log. Where this machine can run them, a skipped one fails the run: a wall that
 * was not tried must not look like one that held, nor a promise like one that is kept.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './steps.ts';
import { canProvide, chromium, fakeTime, has, hasCodingAgent, hasReaders, hasVendors } from './test-programs.ts';

/** What vitest's JSON reporter writes, as far as it is read here. */
export interface RunReport {
  testResults: { name: string; status?: string; assertionResults: { fullName: string; status: string }[] }[];
}

interface MustRun {
  /** Parts of the names of what may be missing for a reason of its own. */
  optional: readonly string[];
  /** @param isWhole a whole run brings the programs it needs before it begins */
  canRun(isWhole: boolean): boolean;
}

const isRoot = process.getuid?.() === 0;
/** Root with iproute2: network namespaces can be made. */
const namespaces = (): boolean => isRoot && has('ip');
/** Worlds whose clock stands still: D2 and above. */
const clocks = (isWhole: boolean): boolean => isRoot && (existsSync(fakeTime) || (isWhole && canProvide()));

const canPlaceCores = (): boolean => {
  try {
    accessSync('/proc/sys/kernel/core_pattern', constants.W_OK);
    return true;
  } catch {
    return false;
  }
};
const managerPrograms: Readonly<Record<string, readonly string[]>> = {
  npm: ['npm', 'node'],
  pip: ['pip', 'python3'],
  apt: ['apt-get', 'dpkg-deb', 'gpg', 'gpgv'],
};
const lacksManager = (name: string): boolean =>
  !(managerPrograms[name] ?? []).every((program) => existsSync(join('/usr/bin', program)));
const installs = 'installs with its preset, over TLS that is read, and onto a tape';
const asRoot = (): boolean => isRoot;
/** A whole run brings what is not there. */
const terminals = (isWhole: boolean): boolean => [has('tmux') && has('vim'), isWhole && canProvide()].some(Boolean);
const disks = (): boolean => isRoot && has('mkfs.ext4') && existsSync('/dev/loop-control');
const browsers = (): boolean => has(chromium);
const underGvisor = 'isolation userspace-kernel';

export const mustRun: Readonly<Record<string, MustRun>> = {
  'test/system/acceptance-offline.test.ts': { optional: [], canRun: asRoot },
  'test/system/as-user.test.ts': { optional: [], canRun: asRoot },
  'test/system/audit-full.test.ts': { optional: [], canRun: asRoot },
  'test/system/cli.test.ts': { optional: ['complete in fish', 'complete in zsh'], canRun: terminals },
  'test/system/client-browser.test.ts': { optional: [], canRun: browsers },
  // Its package comes from a registry, which may not answer.
  'test/system/coding-agent.test.ts': { optional: [], canRun: () => isRoot && hasCodingAgent() },
  'test/system/consistency.test.ts': { optional: [underGvisor], canRun: () => has('/usr/bin/python3') },
  'test/system/contract/catalogue.test.ts': { optional: ['is found: BusyBox’s awk'], canRun: namespaces },
  'test/system/contract/certified.test.ts': {
    optional: ['is kept by gVisor', 'is kept by microVM', 'is kept by full VM'],
    canRun: namespaces,
  },
  // The vendors' packages come from a registry, which may not answer.
  'test/system/contract/vendors.test.ts': { optional: [], canRun: () => namespaces() && hasVendors() },
  'test/system/crash.test.ts': { optional: [underGvisor], canRun: () => true },
  'test/system/full-disk.test.ts': { optional: [], canRun: disks },
  'test/system/launcher.test.ts': { optional: [], canRun: () => isRoot && has('bwrap') },
  'test/system/network/bypass.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/cores.test.ts': { optional: [], canRun: () => namespaces() && canPlaceCores() },
  'test/system/network/failure.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/hostile.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/lifecycle.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/limits.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/local-registries.test.ts': {
    optional: ['npm', 'pip', 'apt'].filter(lacksManager).map((name) => `${name} ${installs}`),
    canRun: namespaces,
  },
  'test/system/network/publish.test.ts': {
    optional: lacksManager('npm') ? ['N12: is not published to by npm itself'] : [],
    canRun: namespaces,
  },
  'test/system/network/replay.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/secrets.test.ts': { optional: ['is in no core of a process inside'], canRun: namespaces },
  'test/system/network/told.test.ts': { optional: [], canRun: namespaces },
  // A program that this machine has and a sandbox has not fails there; one that it has not is skipped.
  'test/system/network/tools.test.ts': {
    optional: ['trusts the authority, and says what is denied', 'needs no variable'],
    canRun: namespaces,
  },
  'test/system/network/upstream.test.ts': { optional: [], canRun: namespaces },
  'test/system/network/world-packages.test.ts': {
    optional: ['npm', 'pip'].filter(lacksManager),
    canRun: (isWhole) => namespaces() && clocks(isWhole) && !['npm', 'pip'].every(lacksManager),
  },
  'test/system/ports.test.ts': { optional: [], canRun: browsers },
  // As the vendors' packages, from a registry.
  'test/system/recording-exports.test.ts': { optional: [], canRun: () => has('python3') && hasReaders() },
  'test/system/security/filesystem.test.ts': { optional: [], canRun: asRoot },
  'test/system/security/git-and-host.test.ts': { optional: [], canRun: asRoot },
  'test/system/security/kernel-surface.test.ts': { optional: ['the 32-bit ways'], canRun: asRoot },
  'test/system/security/left-behind.test.ts': { optional: [], canRun: asRoot },
  'test/system/security/network.test.ts': { optional: [], canRun: namespaces },
  'test/system/security/processes.test.ts': { optional: [], canRun: asRoot },
  'test/system/security/resources.test.ts': { optional: [], canRun: asRoot },
  'test/system/security/tenants-and-api.test.ts': { optional: [], canRun: asRoot },
  'test/system/training-profile.test.ts': { optional: [], canRun: clocks },
  'test/system/worlds.test.ts': { optional: [], canRun: clocks },
};

/** Those that this machine can run. */
export const runnable = (isWhole: boolean): string[] =>
  Object.keys(mustRun).filter((file) => mustRun[file]?.canRun(isWhole));

/** @param isWhole of a run that was to run everything: a file that is not in the report was not run */
export function notRun({ testResults }: RunReport, isWhole: boolean, files: readonly string[]): string[] {
  const ran = new Map(testResults.map(({ name, assertionResults }) => [relative(root, name), assertionResults]));
  return files.flatMap((file) => {
    const { optional = [] } = mustRun[file] ?? {};
    const tests = ran.get(file);
    if (!tests) return isWhole ? [file] : [];
    if (tests.length === 0) return [file];
    const skipped = tests.filter(
      ({ fullName, status }) =>
        status !== 'passed' && status !== 'failed' && !optional.some((part) => fullName.includes(part)),
    );
    return skipped.map(({ fullName }) => `${file}: ${fullName}`);
  });
}
