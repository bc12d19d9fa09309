/** Limits: each is held and named, or refused. */
import { expect } from 'vitest';
import { decode, type Requirement } from './requirement.ts';

export const limitRequirements: readonly Requirement[] = [
  [
    'limit-refused',
    'a limit that cannot be held here is refused with the reason, and nothing is left',
    async ({ box, service, isolation }) => {
      const { substrates } = await service.doctor();
      const substrate = substrates.find((one) => one.isolation === isolation) ?? substrates[0];
      const living = (await service.listSandboxes({ limit: 1000 })).items.length;
      const limits = {
        limitMemory: { memoryBytes: 64 * 1024 * 1024 },
        limitCpu: { cpus: 0.5 },
        limitDisk: { diskBytes: 32 * 1024 * 1024 },
      };
      const missing = Object.entries(limits).filter(
        ([name]) => !substrate?.capabilities.find((one) => one.name === name)?.available,
      );
      for (const [name, limit] of missing) {
        const why = await box({ limits: limit }).then(
          () => null,
          (error: unknown) => error,
        );
        expect(why, name).toMatchObject({
          code: 'limit-unsupported',
          fault: 'infrastructure',
          hint: expect.any(String),
        });
      }
      expect((await service.listSandboxes({ limit: 1000 })).items.length).toBe(living);
    },
  ],
  [
    'limit-output',
    'a process that prints past its limit is ended with output-limit',
    async ({ box, sh }) => {
      const { id } = await box({ limits: { outputBytes: 10_000 } });
      expect(await sh(id, 'yes')).toMatchObject({ reason: 'output-limit' });
    },
  ],
  [
    'limit-memory',
    'a memory hog ends with oom and the sandbox lives on',
    async ({ box, sh }) => {
      const { id } = await box({ limits: { memoryBytes: 64 * 1024 * 1024 } });
      // In pieces of some KiB: a shell that collects it takes a call for every 128 bytes.
      expect(await sh(id, 'head -c 200000000 /dev/zero | tail -c 200000000 >/dev/null')).toMatchObject({
        reason: 'oom',
      });
      expect(await sh(id, 'echo alive')).toMatchObject({ exitCode: 0 });
      expect(decode((await sh(id, "awk '/MemTotal/ {print $2}' /proc/meminfo")).stdout).trim()).toBe('65536');
    },
  ],
  [
    'limit-processes',
    'a fork bomb is held and named',
    async ({ box, sh }) => {
      const { id } = await box({ limits: { processes: 16 } });
      const result = await sh(id, 'for i in $(seq 1 40); do sleep 5 & done; wait; exit 1', { timeoutMs: 10_000 });
      expect(result.reason).toBe('pid-limit');
    },
  ],
  [
    'limit-cpu',
    'a CPU hog gets its share and nproc shows it',
    async ({ box, sh }) => {
      const { id } = await box({ limits: { cpus: 0.5 } });
      expect(decode((await sh(id, 'nproc')).stdout).trim()).toBe('1');
      const result = await sh(id, 'i=0; while :; do i=$((i+1)); done', { timeoutMs: 1000, graceMs: 0 });
      expect(result.reason).toBe('timed-out');
    },
  ],
  [
    'limit-files',
    'open files are limited',
    async ({ box, sh }) => {
      const { id } = await box({ limits: { openFiles: 64 } });
      expect(decode((await sh(id, 'ulimit -n')).stdout).trim()).toBe('64');
    },
  ],
  [
    'limit-disk-changes',
    'a disk-limited sandbox is snapshotted, compared, rolled back and forked like any other, and stays limited',
    async ({ box, service, sh }) => {
      const { id } = await box({ limits: { diskBytes: 32 * 1024 * 1024 } });
      await sh(id, 'echo first > f');
      const snapshot = await service.createSnapshot(id);
      await sh(id, 'echo second > f');
      expect((await service.diff({ to: id, path: '/workspace' })).entries).toMatchObject([{ kind: 'modified' }]);
      let tar = '';
      for await (const part of await service.exportFiles(id, { path: '/workspace' })) tar += decode(part);
      expect(tar).toContain('second\n');
      await service.rollbackSandbox(id, snapshot.id);
      expect(decode((await sh(id, 'cat f')).stdout)).toBe('first\n');
      expect(await sh(id, 'head -c 100000000 /dev/zero > big')).toMatchObject({ reason: 'disk-full' });
      const [child] = await service.forkSandbox(snapshot.id);
      expect(decode((await sh(child?.id ?? '', 'cat f')).stdout)).toBe('first\n');
    },
  ],
  [
    'limit-disk',
    'a full disk is named and the sandbox lives on',
    async ({ box, sh }) => {
      const { id } = await box({ limits: { diskBytes: 32 * 1024 * 1024 } });
      expect(await sh(id, 'head -c 100000000 /dev/zero > big')).toMatchObject({ reason: 'disk-full' });
      expect(await sh(id, 'rm big && echo again > small')).toMatchObject({ exitCode: 0 });
    },
  ],
];
