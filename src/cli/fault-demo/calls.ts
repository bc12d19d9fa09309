/** Demonstrations of what calls of the door meet. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind } from '../../schema/index.ts';
import type { Demonstration, Watching } from './demonstrate.ts';

type CallKind = Exclude<FaultKind, `network.${string}`>;

const megabyte = 1024 * 1024;

/** A tool's call that fails although nothing is wrong with it. */
const failing =
  (after?: (demo: Watching) => Promise<string | null>): Demonstration['watch'] =>
  async (demo) => {
    const result = await demo.tool('shell', { command: 'echo done; touch /workspace/was-here' });
    if (result.ok) return null;
    const more = after ? await after(demo) : '';
    return more === null ? null : `${result.error.code}: ${result.error.message}${more}`;
  };

const writing: Demonstration['watch'] = async ({ tool }) => {
  const result = await tool('files', { action: 'write', path: 'notes.txt', content: 'a note' });
  return result.ok ? null : `${result.error.code}: ${result.error.message}`;
};

const answer = (result: Awaited<ReturnType<Watching['tool']>>, field: string): unknown =>
  result.ok && typeof result.output === 'object' && result.output !== null
    ? Reflect.get(result.output, field)
    : undefined;

/** @returns what took at least so long, in words */
async function taking(leastMs: number, what: () => Promise<unknown>): Promise<string | null> {
  const startedMs = performance.now();
  await what();
  const tookMs = Math.round(performance.now() - startedMs);
  return tookMs < leastMs ? null : `the call took ${tookMs} ms`;
}

/** Whether something that ran before the third call is gone after it. */
const losing =
  (expected: string): Demonstration['watch'] =>
  async ({ service, sandbox, run }) => {
    const { processId } = await service.startProcess(sandbox, {
      argv: ['/bin/sh', '-c', `trap 'echo told > /workspace/told; exit 0' TERM; while :; do sleep 0.1; done`],
    });
    // What is told before it listens would not be heard. A call waits for that, so that whoever does the calls again waits too.
    await run('until grep -qsx sleep /proc/[0-9]*/comm; do :; done');
    await run('true');
    const running = (await service.listProcesses(sandbox)).some((one) => one.processId === processId && !one.exit);
    const { text } = await run('cat /workspace/told 2>/dev/null; true');
    return running || (expected === 'told' && !text.includes('told'))
      ? null
      : `a process is gone${text.includes('told') ? ', after SIGTERM' : ''}`;
  };

export const callDemonstrations: Record<CallKind, Demonstration> = {
  'exec.timeout-early': {
    fault: { fraction: 0.1 },
    watch: async ({ run }) => {
      const { reason, durationMs } = await run('echo hello', { timeoutMs: 6000 });
      return reason === 'timed-out' ? `timed-out after ${Math.round(durationMs)} ms of 6000` : null;
    },
  },
  'exec.hang': {
    watch: async ({ run }) => {
      const { reason, durationMs } = await run('echo hello', { timeoutMs: 800 });
      return reason === 'timed-out' ? `nothing, then timed-out after ${Math.round(durationMs)} ms` : null;
    },
  },
  'exec.signal': {
    watch: async ({ service, sandbox }) => {
      const { reason, signal } = await service.exec(sandbox, { argv: ['echo', 'hello'] });
      return signal === 'SIGKILL' ? `${reason} by ${signal}` : null;
    },
  },
  'exec.slow-start': { fault: { delay: 300 }, watch: ({ run }) => taking(290, () => run('true')) },
  'exec.truncate': {
    fault: { keepBytes: 32 },
    watch: async ({ service, sandbox }) => {
      const { stdout, stdoutCutBytes } = await service.exec(sandbox, { argv: ['seq', '1', '200'] });
      return stdoutCutBytes > 0 ? `${stdout.length} bytes of output, ${stdoutCutBytes} cut` : null;
    },
  },
  'exec.garble': {
    fault: { bytes: 0.2 },
    watch: async ({ run }) => {
      const { text } = await run('echo a line of plain text');
      return text === 'a line of plain text\n' ? null : JSON.stringify(text);
    },
  },
  'tool.error': { watch: failing() },
  'tool.rate-limited': { watch: failing() },
  'tool.unavailable': { watch: failing() },
  'tool.auth-expired': { watch: failing() },
  'tool.empty': {
    watch: async ({ tool }) => {
      const stdout = answer(await tool('shell', { command: 'echo something' }), 'stdout');
      return stdout === '' ? 'success, with nothing on stdout' : null;
    },
  },
  'tool.partial': {
    watch: async ({ tool }) => {
      const stdout = String(answer(await tool('shell', { command: 'seq 1 20' }), 'stdout'));
      return stdout.includes('1\n') && !stdout.includes('20') ? `${stdout.split('\n').length} of 20 lines` : null;
    },
  },
  'tool.stale': {
    at: 2,
    watch: async ({ tool }) => {
      const read = (): Promise<unknown> =>
        tool('shell', { command: 'date +%s%N' }).then((one) => answer(one, 'stdout'));
      const [first, second] = [await read(), await read()];
      return first === second ? `the clock's answer of before: ${String(first).trim()}` : null;
    },
  },
  'tool.duplicate': {
    watch: async ({ tool, run }) => {
      await tool('shell', { command: 'echo once >> /workspace/log' });
      const { text } = await run('cat /workspace/log');
      return text === 'once\nonce\n' ? 'one call wrote two lines' : null;
    },
  },
  'tool.lost-acknowledgement': {
    watch: failing(async ({ run }) => {
      const { exitCode } = await run('test -e /workspace/was-here');
      return exitCode === 0 ? '; and yet it was done' : null;
    }),
  },
  'filesystem.no-space': { watch: writing },
  'filesystem.no-access': { watch: writing },
  'filesystem.io-error': { watch: writing },
  'filesystem.slow': { fault: { delay: 300 }, watch: (demo) => taking(290, () => writing(demo)) },
  'filesystem.read-only': {
    watch: async ({ run }) => {
      const { exitCode, stderr } = await run('echo x > /workspace/x');
      const after = await run('echo x > /workspace/x');
      return exitCode !== 0 && after.exitCode === 0 ? stderr.trim() : null;
    },
  },
  'resources.memory': {
    sandbox: { limits: { memoryBytes: 512 * megabyte } },
    watch: async ({ run }) => {
      // It keeps all of it: there is no end of a line.
      const greedy = 'head -c 100m /dev/zero | tail > /dev/null';
      const { reason, exitCode } = await run(greedy);
      const after = await run(greedy);
      return (reason === 'oom' || exitCode !== 0) && after.exitCode === 0 ? `${reason}, exit ${exitCode}` : null;
    },
  },
  'resources.cpu': {
    sandbox: { limits: { cpus: 1 } },
    watch: async ({ run }) => {
      // As much as can be done in two seconds: what takes so long on a slow machine would take minutes on an emulated one.
      const work = "trap 'echo $i; exit' USR1; (sleep 2; kill -USR1 $$) & i=0; while :; do i=$((i + 1)); done";
      const [slow, usual] = [Number((await run(work)).text), Number((await run(work)).text)];
      return slow > 0 && usual > 2 * slow
        ? `work got ${(usual / slow).toFixed(1)} times less far in the same time`
        : null;
    },
  },
  'resources.processes': {
    sandbox: { limits: { processes: 64 } },
    watch: async ({ run }) => {
      const { exitCode, reason, stderr } = await run('sleep 0.1 & sleep 0.1 & sleep 0.1 & sleep 0.1 & wait');
      return exitCode === 0 ? null : `${reason}: ${stderr.trim().split('\n')[0] ?? ''}`;
    },
  },
  'resources.descriptors': {
    watch: async ({ run }) => {
      const { exitCode, stderr } = await run(
        'exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null; cat /dev/null',
      );
      return exitCode === 0 ? null : stderr.trim();
    },
  },
  'clock.offset': {
    fault: { offsetMs: -3 * 365 * 86_400_000 },
    watch: async ({ run }) => {
      const [then, now] = [Number((await run('date +%s')).text), Number((await run('date +%s')).text)];
      return now - then > 86_400 ? `the clock is ${Math.round((now - then) / 86_400)} days behind` : null;
    },
  },
  'clock.jump': {
    at: 2,
    fault: { byMs: 7_200_000 },
    watch: async ({ run }) => {
      const before = Number((await run('date +%s')).text);
      const seen = [Number((await run('date +%s')).text), Number((await run('date +%s')).text)];
      return seen.every((seconds) => seconds - before >= 7200) ? 'two hours passed in an instant, for good' : null;
    },
  },
  'clock.zone': {
    fault: { zone: 'UTC-14' },
    watch: async ({ run }) => {
      const { text } = await run('date +%z');
      return text.trim() === '+1400' ? `the time zone is ${text.trim()}` : null;
    },
  },
  'lifecycle.suspend-gap': { fault: { gapMs: 400 }, watch: ({ run }) => taking(390, () => run('true')) },
  'lifecycle.restart': { at: 3, watch: losing('gone') },
  'lifecycle.reap-notice': { at: 3, fault: { noticeMs: 1500 }, watch: losing('told') },
  'lifecycle.cold-start': {
    fault: { delay: 300 },
    watch: async ({ run }) => {
      const first = await taking(290, () => run('true'));
      await sleep(1);
      return first;
    },
  },
};
