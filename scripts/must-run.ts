/**
 * Tests without which a run says nothing about the walls of a sandbox, those of kernels of its own, its launchers, a killed daemon, a full disk, terminals,
 * the network boundary, worlds that hold still, the contract that ships, browsers, the vendors' SDKs, a coding agent that others
 * wrote, or agents without an internet or an audit log. Where this machine can run them, a skipped one fails the run: a wall that
 * was not tried must not look like one that held, nor a promise like one that is kept.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './steps.ts';
import {
  canProvide,
  chromium,
  fakeTime,
  has,
  hasCodingAgent,
  hasGvisor,
  hasMachines,
  hasReaders,
  hasVendors,
} from './test-programs.ts';

/** What vitest's JSON reporter writes, as far as it is read here. */
export interface RunReport {
  testResults: { name: string; status?: string; assertionResults: { fullName: string; status: string }[] }[];
}

interface MustRun {
  /** Parts of the names of what may be missing for a reason of its own. */
  optional(): readonly string[];
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
const machines = (): boolean => hasMachines();
/** Tests of one kind among others, by parts of their names; asked for where that kind can be run. */
const unless = (can: () => boolean, ...names: string[]): string[] => (can() ? [] : names);
const ofKinds = (gvisor: readonly string[], ownKernels: readonly string[]): string[] => [
  ...unless(hasGvisor, ...gvisor),
  ...unless(machines, ...ownKernels),
];
const underGvisor = (): string[] => unless(hasGvisor, 'isolation userspace-kernel');
const always = { optional: (): string[] => [] };
const onMachines: MustRun = { ...always, canRun: machines };
const onGvisor: MustRun = { ...always, canRun: hasGvisor };

export const mustRun: Readonly<Record<string, MustRun>> = {
  'test/system/acceptance-offline.test.ts': { ...always, canRun: asRoot },
  'test/system/as-user.test.ts': { ...always, canRun: asRoot },
  'test/system/audit-full.test.ts': { ...always, canRun: asRoot },
  'test/system/cli.test.ts': { optional: () => ['complete in fish', 'complete in zsh'], canRun: terminals },
  'test/system/client-browser.test.ts': { ...always, canRun: browsers },
  // Its package comes from a registry, which may not answer.
  'test/system/coding-agent.test.ts': { ...always, canRun: () => isRoot && hasCodingAgent() },
  'test/system/consistency.test.ts': { optional: underGvisor, canRun: () => has('/usr/bin/python3') },
  'test/system/contract/catalogue.test.ts': { optional: () => ['is found: BusyBox’s awk'], canRun: namespaces },
  'test/system/contract/certified.test.ts': {
    optional: () => ofKinds(['is kept by gVisor'], ['is kept by microVM', 'is kept by full VM']),
    canRun: namespaces,
  },
  // The vendors' packages come from a registry, which may not answer.
  'test/system/contract/vendors.test.ts': { ...always, canRun: () => namespaces() && hasVendors() },
  'test/system/crash.test.ts': { optional: underGvisor, canRun: () => true },
  'test/system/faults-elsewhere.test.ts': {
    // Only a kernel of its own has a clock to move.
    optional: () => ['under gvisor moves', ...ofKinds(['under gvisor'], ['under microvm'])],
    canRun: () => isRoot && (hasGvisor() || hasMachines()),
  },
  'test/system/full-disk.test.ts': { ...always, canRun: disks },
  'test/system/gvisor-memory.test.ts': onGvisor,
  // What its suite says it cannot have.
  'test/system/gvisor.test.ts': { optional: () => ['(skipped: '], canRun: hasGvisor },
  'test/system/launcher.test.ts': { ...always, canRun: () => isRoot && has('bwrap') },
  'test/system/machine-clock.test.ts': onMachines,
  'test/system/machine-crash.test.ts': onMachines,
  'test/system/machine-disk.test.ts': onMachines,
  'test/system/machine-doctor.test.ts': onMachines,
  'test/system/machine-draws.test.ts': onMachines,
  'test/system/machine-engine.test.ts': onMachines,
  'test/system/machine-kvm.test.ts': onMachines,
  'test/system/machine-live.test.ts': onMachines,
  'test/system/machine-warm.test.ts': onMachines,
  'test/system/machine.test.ts': {
    optional: () => [
      ...unless(() => hasMachines('own'), 'on the purpose-built kernel'),
      ...unless(() => hasMachines('debian'), "on Debian's kernel"),
    ],
    canRun: machines,
  },
  'test/system/memory.test.ts': onMachines,
  'test/system/microvm.test.ts': onMachines,
  'test/system/network/bypass-gvisor.test.ts': { ...always, canRun: () => namespaces() && hasGvisor() },
  'test/system/network/bypass.test.ts': { ...always, canRun: namespaces },
  'test/system/network/cores.test.ts': { ...always, canRun: () => namespaces() && canPlaceCores() },
  'test/system/network/failure.test.ts': { ...always, canRun: namespaces },
  'test/system/network/gvisor.test.ts': { ...always, canRun: () => namespaces() && hasGvisor() },
  'test/system/network/hostile.test.ts': { ...always, canRun: namespaces },
  'test/system/network/lifecycle.test.ts': { ...always, canRun: namespaces },
  'test/system/network/limits.test.ts': { ...always, canRun: namespaces },
  'test/system/network/local-registries.test.ts': {
    optional: () => ['npm', 'pip', 'apt'].filter(lacksManager).map((name) => `${name} ${installs}`),
    canRun: namespaces,
  },
  'test/system/network/publish.test.ts': {
    optional: () => (lacksManager('npm') ? ['N12: is not published to by npm itself'] : []),
    canRun: namespaces,
  },
  'test/system/network/replay.test.ts': { ...always, canRun: namespaces },
  'test/system/network/secrets.test.ts': { optional: () => ['is in no core of a process inside'], canRun: namespaces },
  'test/system/network/told.test.ts': { ...always, canRun: namespaces },
  // A program that this machine has and a sandbox has not fails there; one that it has not is skipped.
  'test/system/network/tools.test.ts': {
    optional: () => ['trusts the authority, and says what is denied', 'needs no variable'],
    canRun: namespaces,
  },
  'test/system/network/upstream.test.ts': { ...always, canRun: namespaces },
  'test/system/network/world-packages.test.ts': {
    optional: () => ['npm', 'pip'].filter(lacksManager),
    canRun: (isWhole) => namespaces() && clocks(isWhole) && !['npm', 'pip'].every(lacksManager),
  },
  'test/system/ports.test.ts': { ...always, canRun: browsers },
  // As the vendors' packages, from a registry.
  'test/system/recording-exports.test.ts': { ...always, canRun: () => has('python3') && hasReaders() },
  'test/system/security/escape.test.ts': {
    optional: () => ofKinds(['out of userspace-kernel is not'], ['out of microvm is not', 'out of vm is not']),
    canRun: asRoot,
  },
  'test/system/security/filesystem.test.ts': { ...always, canRun: asRoot },
  'test/system/security/git-and-host.test.ts': { ...always, canRun: asRoot },
  'test/system/security/gvisor.test.ts': onGvisor,
  'test/system/security/kernel-surface.test.ts': { optional: () => ['the 32-bit ways'], canRun: asRoot },
  'test/system/security/left-behind.test.ts': { ...always, canRun: asRoot },
  'test/system/security/machines.test.ts': {
    optional: () => unless(() => has('qemu-system-x86_64'), 'is started with a filter'),
    canRun: () => isRoot && has('python3'),
  },
  'test/system/security/network.test.ts': { ...always, canRun: namespaces },
  'test/system/security/processes.test.ts': { ...always, canRun: asRoot },
  'test/system/security/resources.test.ts': { ...always, canRun: asRoot },
  'test/system/security/tenants-and-api.test.ts': { ...always, canRun: asRoot },
  'test/system/seed-everywhere.test.ts': {
    optional: () => ofKinds(['under userspace-kernel'], ['under microvm', 'under vm']),
    canRun: () => isRoot && (hasGvisor() || hasMachines()),
  },
  'test/system/training-profile.test.ts': { ...always, canRun: clocks },
  'test/system/vm.test.ts': onMachines,
  'test/system/worlds.test.ts': { ...always, canRun: clocks },
};

/** Those that this machine can run. */
export const runnable = (isWhole: boolean): string[] =>
  Object.keys(mustRun).filter((file) => mustRun[file]?.canRun(isWhole));

/** @param isWhole of a run that was to run everything: a file that is not in the report was not run */
export function notRun({ testResults }: RunReport, isWhole: boolean, files: readonly string[]): string[] {
  const ran = new Map(testResults.map(({ name, assertionResults }) => [relative(root, name), assertionResults]));
  return files.flatMap((file) => {
    const optional = mustRun[file]?.optional() ?? [];
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
