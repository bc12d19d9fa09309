/** What runsc is told: of the sandbox, and by options that its build knows. */
import { describe, expect, it } from 'vitest';
import type { LaunchRequest } from '../types.ts';
import { bundleConfig } from './bundle.ts';
import { runArguments } from './runsc.ts';

const request: LaunchRequest = {
  sandbox: 'sbx-1',
  incarnation: 'inc-1',
  root: { lower: ['/l'], upper: '/u', work: '/w', binds: [] },
  socketPath: '/s',
  hostname: 'box',
  machineId: '0'.repeat(32),
  user: 'agent',
  limits: {},
  leaseMs: 60_000,
};

interface Config {
  process: { user: { uid: number }; args: string[]; capabilities: object; noNewPrivileges: boolean; rlimits: object[] };
  mounts: { destination: string; options?: string[] }[];
}

const config = (more: Partial<LaunchRequest> = {}): Config =>
  bundleConfig({ ...request, ...more }) as unknown as Config;

describe('the bundle', () => {
  it('gives the agent a port per client, no capability and no new privileges', () => {
    const { process } = config();
    expect(process.args.join(' ')).toBe(
      '/run/holdfast/agent agent --port-fd 0 --port-fd 1 --incarnation inc-1 --lease-ms 60000',
    );
    expect(process).toMatchObject({ user: { uid: 1000 }, noNewPrivileges: true });
    expect(Object.values(process.capabilities).flat()).toEqual([]);
    expect(config({ user: 'root' }).process.user.uid).toBe(0);
  });

  it('holds inside what counts inside, and has the agent see to what gVisor does not', () => {
    const { process, mounts } = config({ limits: { memoryBytes: 64 << 20, processes: 16, openFiles: 64 } });
    expect(process.rlimits).toEqual([
      { type: 'RLIMIT_CORE', hard: 0, soft: 0 },
      { type: 'RLIMIT_NOFILE', hard: 64, soft: 64 },
      { type: 'RLIMIT_NPROC', hard: 17, soft: 17 },
    ]);
    expect(process.args.join(' ')).toContain('--guard-memory --processes 16');
    expect(mounts.find(({ destination }) => destination === '/dev/shm')?.options).toContain(`size=${16 << 20}`);
  });

  it('has devices that follow from the seed, and an agent that closes the other way to chance', () => {
    const seeded = config({ entropy: new Uint8Array(64) });
    expect(seeded.process.args.at(-1)).toBe('--seeded');
    const files = seeded.mounts.filter(({ destination }) => destination.includes('random'));
    const bound = (destination: string, file: string) => ({
      destination,
      type: 'bind',
      source: `/rootfs/run/holdfast/${file}`,
      options: ['ro', 'nosuid', 'noexec', 'nodev'],
    });
    expect(files).toEqual([
      bound('/dev/random', 'random'),
      bound('/dev/urandom', 'random'),
      bound('/proc/sys/kernel/random/uuid', 'uuid'),
    ]);
    expect(config().mounts.some(({ destination }) => destination.includes('random'))).toBe(false);
  });

  it('binds /tmp to itself, or its files would be in memory', () => {
    expect(config().mounts.find(({ destination }) => destination === '/tmp')).toMatchObject({
      type: 'bind',
      source: '/rootfs/tmp',
    });
  });

  it('is run without a network, with the options that the build knows', () => {
    const old = { program: '/usr/bin/runsc', version: 'old', options: new Set(['root', 'log', 'network', 'overlay2']) };
    expect(runArguments(old)).toEqual([
      '/usr/bin/runsc',
      '--root=/state',
      '--log=/state/log',
      '--network=none',
      '--overlay2=none',
      'run',
      '--bundle=/bundle',
      'sandbox',
    ]);
  });
});
