/** Programs inside: how they are started, fed, heard and ended. */
import { expect } from 'vitest';
import { decode, type Requirement } from './requirement.ts';

export const programRequirements: readonly Requirement[] = [
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
];
