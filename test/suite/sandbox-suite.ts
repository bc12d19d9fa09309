/**
 * What every substrate must do, through the runtime's own verbs. Each implementation runs this one suite with a list of
 * skips; a skip carries its reason, and an unknown skip fails. `docs/capabilities.md` is made from the same lists.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime/index.ts';
import type { ExecInput, ExecResult, HoldfastService, Isolation, Sandbox } from '../../src/schema/index.ts';

export interface Implementation {
  name: string;
  options: (home: string) => RuntimeOptions;
  /** What each sandbox asks for; the weakest there is if not said. */
  isolation?: Isolation;
  /** For what is emulated: an assertion is the same, only slower to come. */
  timeoutMs?: number;
  /** What it needs in its home first. */
  prepare?: (runtime: Runtime) => Promise<void>;
  /** Requirement id to the reason it cannot be had here. */
  skips: Record<string, string>;
}

interface Bench {
  service: HoldfastService;
  isolation: Isolation;
  box(input?: Parameters<HoldfastService['createSandbox']>[0]): Promise<Sandbox>;
  run(ref: string, input: Partial<ExecInput> & { argv: string[] }): Promise<ExecResult>;
  sh(ref: string, command: string, input?: Partial<ExecInput>): Promise<ExecResult>;
}

type Requirement = [id: string, claim: string, body: (bench: Bench) => Promise<void>];

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const requirements: readonly Requirement[] = [
  [
    'exec-output',
    'a command answers with its output, status and reason',
    async ({ box, sh }) => {
      const { id } = await box();
      const result = await sh(id, 'echo out; echo err >&2; exit 3');
      expect(result).toMatchObject({
        reason: 'exited',
        exitCode: 3,
        signal: null,
        stdoutCutBytes: 0,
        stderrCutBytes: 0,
      });
      expect([decode(result.stdout), decode(result.stderr)]).toEqual(['out\n', 'err\n']);
    },
  ],
  [
    'exec-no-shell',
    'arguments reach the program as they are',
    async ({ box, run }) => {
      const { id } = await box();
      const result = await run(id, { argv: ['printf', '%s|', '$HOME', 'a b', '', '*'] });
      expect(decode(result.stdout)).toBe('$HOME|a b||*|');
    },
  ],
  [
    'exec-not-found',
    'a missing program is executable-not-found and leaves nothing',
    async ({ box, run, service }) => {
      const { id } = await box();
      await expect(run(id, { argv: ['no-such-program'] })).rejects.toMatchObject({
        code: 'executable-not-found',
        fault: 'agent',
      });
      expect(await service.listProcesses(id)).toEqual([]);
    },
  ],
  [
    'exec-signal',
    'a killed command says by which signal',
    async ({ box, sh }) => {
      const { id } = await box();
      expect(await sh(id, 'kill -TERM $$')).toMatchObject({ reason: 'signalled', exitCode: null, signal: 'SIGTERM' });
    },
  ],
  [
    'exec-timeout',
    'a timeout ends the whole tree and keeps the output so far',
    async ({ box, sh }) => {
      const { id } = await box();
      const result = await sh(id, 'echo before; (setsid sleep 77 &) ; sleep 77', { timeoutMs: 300, graceMs: 100 });
      expect(result.reason).toBe('timed-out');
      expect(decode(result.stdout)).toBe('before\n');
      expect(result.durationMs).toBeLessThan(3000);
      const left = await sh(id, "grep -l '^sleep.77' /proc/[0-9]*/cmdline 2>/dev/null | wc -l");
      expect(decode(left.stdout).trim()).toBe('0');
    },
  ],
  [
    'exec-silence',
    'a command that falls silent is ended with its own reason',
    async ({ box, sh }) => {
      const { id } = await box();
      expect(await sh(id, 'echo once; sleep 30', { silenceMs: 200, graceMs: 100 })).toMatchObject({
        reason: 'silent-timeout',
      });
    },
  ],
  [
    'exec-stdin',
    'stdin is at its end unless bytes are given',
    async ({ box, run }) => {
      const { id } = await box();
      expect(decode((await run(id, { argv: ['cat'] })).stdout)).toBe('');
      expect(decode((await run(id, { argv: ['cat'], stdin: new TextEncoder().encode('given') })).stdout)).toBe('given');
    },
  ],
  [
    'exec-output-cap',
    'output past the cap is cut in the middle and counted exactly',
    async ({ box, sh }) => {
      const { id } = await box();
      const result = await sh(id, "head -c 1000000 /dev/zero | tr '\\0' a; printf END", { outputCapBytes: 1000 });
      expect(result.stdout.length).toBe(1000);
      expect(result.stdoutCutBytes).toBe(1_000_003 - 1000);
      expect(result.stdoutBytes).toBe(1_000_003);
      expect(decode(result.stdout).endsWith('END')).toBe(true);
    },
  ],
  [
    'exec-environment',
    'the call wins over the sandbox, the sandbox over the default',
    async ({ box, sh }) => {
      const { id } = await box({ environment: { A: 'sandbox', B: 'sandbox' } });
      const result = await sh(id, 'echo $A $B $LANG', { environment: { A: 'call' } });
      expect(decode(result.stdout)).toBe('call sandbox C.UTF-8\n');
    },
  ],
  [
    'process-detached',
    'a process lives on without readers and is found, read and signalled later',
    async ({ box, service }) => {
      const { id } = await box();
      const started = await service.startProcess(id, {
        argv: ['sh', '-c', 'trap "echo bye; exit 5" TERM; echo early; while :; do sleep 0.05; done'],
        tag: 'server',
      });
      const found = (await service.listProcesses(id)).find(({ tag }) => tag === 'server');
      expect(found).toMatchObject({ processId: started.processId, exit: null });
      await expect
        .poll(async () => {
          const peek = await service.attachProcess(id, started.processId);
          for await (const chunk of peek.output) {
            await peek.detach();
            return decode(chunk.data);
          }
          return '';
        })
        .toBe('early\n');
      await service.signalProcess(id, started.processId, 'SIGTERM');
      const attached = await service.attachProcess(id, started.processId);
      let text = '';
      for await (const chunk of attached.output) text += decode(chunk.data);
      expect(text).toBe('early\nbye\n');
      expect(await attached.exit).toMatchObject({ reason: 'exited', exitCode: 5 });
      await attached.detach();
    },
  ],
  [
    'process-terminal',
    'a terminal has its size, can be resized and takes input',
    async ({ box, service }) => {
      const { id } = await box();
      const { processId } = await service.startProcess(id, {
        argv: ['sh', '-c', 'stty size; read line; stty size; echo "got $line"'],
        pty: { rows: 11, columns: 47 },
      });
      const terminal = await service.attachProcess(id, processId);
      let text = '';
      const reading = (async () => {
        for await (const chunk of terminal.output) text += decode(chunk.data);
      })();
      await expect.poll(() => text).toContain('11 47');
      await terminal.resize(33, 99);
      await terminal.write(new TextEncoder().encode('hello\n'));
      await reading;
      expect(text).toContain('33 99');
      expect(text).toContain('got hello');
      await terminal.detach();
    },
  ],
  [
    'files',
    'files are written whole, read in ranges, listed, moved, searched and removed',
    async ({ box, service }) => {
      const { id } = await box();
      const text = new TextEncoder().encode('first\nsecond needle\nthird\n');
      const stat = await service.writeFile(id, '/workspace/a/b.txt', text, { parents: true, mode: 0o640 });
      expect(stat).toMatchObject({ type: 'file', sizeBytes: text.length, mode: 0o640 });
      const { content } = await service.readFile(id, '/workspace/a/b.txt', { offset: 6, length: 6 });
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      expect(decode(Buffer.concat(parts))).toBe('second');
      expect((await service.searchFiles(id, { pattern: 'needle' })).matches).toEqual([
        { path: '/workspace/a/b.txt', line: 2, text: 'second needle' },
      ]);
      await service.moveFile(id, '/workspace/a/b.txt', '/workspace/a/c.txt');
      expect((await service.listFiles(id, '/workspace/a')).map(({ path }) => path.split('/').at(-1))).toEqual([
        'c.txt',
      ]);
      await expect(service.writeFile(id, '/workspace/a/c.txt', text, { exclusive: true })).rejects.toMatchObject({
        code: 'file-exists',
      });
      await service.removeFile(id, '/workspace/a', { recursive: true });
      await expect(service.statFile(id, '/workspace/a')).rejects.toMatchObject({ code: 'file-not-found' });
      await expect(service.statFile(id, 'relative')).rejects.toMatchObject({ code: 'invalid-argument' });
    },
  ],
  [
    'files-watch',
    'a change under a watched directory is told',
    async ({ box, service }) => {
      const { id } = await box();
      const ending = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const event of service.watchFiles(id, '/workspace', { recursive: true }, { signal: ending.signal }))
          seen.push(`${event.kind} ${event.path}`);
      })();
      await expect
        .poll(
          async () => {
            await service.writeFile(id, '/workspace/new.txt', new Uint8Array([1]));
            return seen.some((line) => line.endsWith('/workspace/new.txt'));
          },
          { interval: 100, timeout: 5000 },
        )
        .toBe(true);
      ending.abort();
      await watching;
    },
  ],
  [
    'snapshot-rollback',
    'a rollback brings the files back and ends what ran',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo good > state; mkdir -p deep/er; echo x > deep/er/file');
      const snapshot = await service.createSnapshot(id, { name: 'good' });
      expect(snapshot).toMatchObject({ sandbox: id, name: 'good' });
      await service.startProcess(id, { argv: ['sleep', '600'] });
      const before = await service.getSandbox(id);
      await sh(id, 'echo bad > state; rm -rf deep; echo new > extra');
      const after = await service.rollbackSandbox(id, snapshot.id);
      expect(after).toMatchObject({ id, state: 'ready', snapshot: snapshot.id });
      expect(after.incarnation).not.toBe(before.incarnation);
      expect(decode((await sh(id, 'cat state deep/er/file; ls')).stdout)).toBe('good\nx\ndeep\nstate\n');
      expect((await service.listProcesses(id)).filter(({ exit }) => exit === null)).toEqual([]);
    },
  ],
  [
    'snapshot-cycles',
    'ten cycles of write, snapshot and rollback lose nothing',
    async ({ box, service, sh }) => {
      const { id } = await box();
      const taken: string[] = [];
      for (let round = 0; round < 10; round++) {
        await sh(id, `echo ${round} > only-${round}; echo ${round} > last`);
        taken.push((await service.createSnapshot(id)).id);
      }
      for (const [round, snapshot] of taken.entries()) {
        await service.rollbackSandbox(id, snapshot);
        const listing = await sh(id, 'cat last; ls | wc -l');
        expect(decode(listing.stdout)).toBe(`${round}\n${round + 2}\n`);
      }
    },
  ],
  [
    'snapshot-lineage',
    'a snapshot knows what it came after',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo 1 > f');
      const first = await service.createSnapshot(id);
      await sh(id, 'echo 2 > f');
      const second = await service.createSnapshot(id);
      expect(second.parent).toBe(first.id);
      expect((await service.listSnapshots({ sandbox: id })).items.map((item) => item.id)).toEqual([
        first.id,
        second.id,
      ]);
    },
  ],
  [
    'fork',
    'forks start from the same files, go apart, and never share',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo common > f');
      const children = await service.forkSandbox(id, { count: 3 });
      expect(new Set([id, ...children.map((child) => child.id)]).size).toBe(4);
      await Promise.all(children.map((child, index) => sh(child.id, `echo ${index} >> f`)));
      const texts = await Promise.all(children.map(async (child) => decode((await sh(child.id, 'cat f')).stdout)));
      expect(texts).toEqual(['common\n0\n', 'common\n1\n', 'common\n2\n']);
      expect(decode((await sh(id, 'cat f')).stdout)).toBe('common\n');
    },
  ],
  [
    'create-from-snapshot',
    'a snapshot is usable as a template',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo kept > f');
      const snapshot = await service.createSnapshot(id);
      await service.destroySandbox(id);
      const next = await box({ template: snapshot.id });
      expect(decode((await sh(next.id, 'cat f')).stdout)).toBe('kept\n');
    },
  ],
  [
    'diff',
    'a diff names what was added, changed, deleted and re-moded, and its patch says it in text',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo one > keep; echo two > change; echo three > drop; echo four > mode');
      await service.createSnapshot(id);
      await sh(id, 'echo TWO > change; rm drop; chmod 700 mode; echo five > fresh');
      const { entries } = await service.diff({ to: id, path: '/workspace' });
      expect(entries.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
        'added /workspace/fresh',
        'deleted /workspace/drop',
        'mode /workspace/mode',
        'modified /workspace/change',
      ]);
      const patch = await service.patch({ to: id, path: '/workspace' });
      expect(patch).toContain('-two\n+TWO\n');
      expect(patch).toContain('old mode 100644\nnew mode 100755');
    },
  ],
  [
    'suspend-resume',
    'a suspended sandbox stands still, keeps its processes, and refuses calls',
    async ({ box, service, sh }) => {
      const { id } = await box();
      const { processId } = await service.startProcess(id, {
        argv: ['sh', '-c', 'n=0; while :; do n=$((n+1)); echo $n > n; sleep 0.02; done'],
      });
      await expect.poll(async () => decode((await sh(id, 'cat n 2>/dev/null')).stdout)).not.toBe('');
      expect(await service.suspendSandbox(id)).toMatchObject({ state: 'suspended' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'wrong-state' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await service.resumeSandbox(id)).toMatchObject({ state: 'ready', suspendedAt: null });
      expect((await service.listProcesses(id)).find((process) => process.processId === processId)?.exit).toBeNull();
      const first = Number(decode((await sh(id, 'cat n')).stdout));
      await expect.poll(async () => Number(decode((await sh(id, 'cat n')).stdout))).toBeGreaterThan(first);
    },
  ],
  [
    'hibernate',
    'without its memory a sandbox keeps its files, holds no process, and starts anew on resume',
    async ({ box, service, sh }) => {
      const { id, incarnation } = await box();
      await sh(id, 'echo kept > f');
      await service.startProcess(id, { argv: ['sleep', '600'] });
      expect(await service.suspendSandbox(id, { memory: false })).toMatchObject({ id, state: 'hibernated' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'wrong-state' });
      const awake = await service.connectSandbox(id);
      expect(awake).toMatchObject({ id, state: 'ready', suspendedAt: null });
      expect(awake.incarnation).not.toBe(incarnation);
      expect(decode((await sh(id, 'cat f')).stdout)).toBe('kept\n');
      expect(await service.listProcesses(id)).toEqual([]);
      await service.suspendSandbox(id, { memory: false });
      expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone' });
    },
  ],
  [
    'destroy',
    'destroy is idempotent and a call afterwards says why not',
    async ({ box, service, sh }) => {
      const { id } = await box();
      expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone', exitReason: 'cancelled' });
      expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'sandbox-gone' });
    },
  ],
  [
    'lifetime',
    'a lifetime ends a sandbox with its reason, and extending moves the end',
    async ({ box, service }) => {
      const short = await box({ lifetimeMs: 1000 });
      const long = await box({ lifetimeMs: 1000 });
      await service.extendSandbox(long.id, 60_000);
      await expect.poll(async () => (await service.getSandbox(short.id)).state, { timeout: 5000 }).toBe('gone');
      expect((await service.getSandbox(short.id)).exitReason).toBe('timed-out');
      expect((await service.getSandbox(long.id)).state).toBe('ready');
    },
  ],
  [
    'idle',
    'an idle sandbox is suspended when asked so; use keeps it awake',
    async ({ box, service, sh }) => {
      const { id } = await box({ idleMs: 1000, onIdle: 'suspend' });
      await sh(id, 'sleep 1.5');
      expect((await service.getSandbox(id)).state).toBe('ready');
      await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 5000 }).toBe('suspended');
      expect(await service.connectSandbox(id)).toMatchObject({ state: 'ready' });
    },
  ],
  [
    'idle-end',
    'an idle sandbox ends as evicted unless it is to be suspended',
    async ({ box, service }) => {
      const { id } = await box({ idleMs: 1000 });
      await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 5000 }).toBe('gone');
      expect(await service.getSandbox(id)).toMatchObject({ exitReason: 'evicted' });
    },
  ],
  [
    'idempotent-create',
    'a repeated key adopts the first sandbox; another request under it is refused',
    async ({ box }) => {
      const [first, second] = await Promise.all([box({ idempotencyKey: 'same' }), box({ idempotencyKey: 'same' })]);
      expect(second?.id).toBe(first?.id);
      await expect(box({ idempotencyKey: 'same', metadata: { other: 'request' } })).rejects.toMatchObject({
        code: 'idempotency-conflict',
      });
    },
  ],
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
      expect(await sh(id, 'x=$(head -c 200000000 /dev/zero | tr \'\\0\' a); test -n "$x"')).toMatchObject({
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

export function describeSandboxes(implementation: Implementation): void {
  describe(`sandboxes: ${implementation.name}`, () => {
    let home = '';
    let runtime: Runtime;
    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), 'hf-'));
      runtime = await createRuntime({ home, ephemeral: true, ...implementation.options(home) });
      await implementation.prepare?.(runtime);
    });
    afterAll(async () => {
      await runtime?.close();
      await rm(home, { recursive: true, force: true });
    });
    it('skips only requirements that exist', () => {
      const known = requirements.map(([id]) => id);
      expect(Object.keys(implementation.skips).filter((id) => !known.includes(id))).toEqual([]);
      expect(requirements.length).toBeGreaterThanOrEqual(30);
    });
    for (const [id, claim, body] of requirements) {
      const reason = implementation.skips[id];
      it.skipIf(reason !== undefined)(
        `${id}: ${claim}${reason ? ` (skipped: ${reason})` : ''}`,
        () => body(benchOf(runtime, implementation.isolation ?? 'none')),
        implementation.timeoutMs,
      );
    }
  });
}

function benchOf(runtime: Runtime, isolation: Isolation): Bench {
  const service = runtime.service();
  const run: Bench['run'] = (ref, input) => service.exec(ref, { cwd: '/workspace', ...input });
  return {
    service,
    run,
    isolation,
    box: (input = {}) => service.createSandbox({ isolation, ...input }),
    sh: (ref, command, input = {}) => run(ref, { argv: ['sh', '-c', command], ...input }),
  };
}
