/** `logs` without -f ends where the process was when it was asked, whatever the process does. */
import { expect, it, vi } from 'vitest';
import { type CliRun, runCli } from '../../test/fixtures/cli.ts';
import { FakeAttachment } from '../../test/fixtures/fake-attachment.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { OutputChunk, ProcessInfo } from '../schema/index.ts';

type Printed = NonNullable<ProcessInfo['printed']>;

/** One process that lives, and how much of it there was when it was listed. */
async function logs(
  printed: Printed | undefined,
  print: () => AsyncGenerator<OutputChunk>,
  ...words: string[]
): Promise<CliRun> {
  const service = recordingService();
  const [process] = await service.listProcesses('box-default');
  if (!process) throw new Error('it has a process');
  service.listProcesses = async () => [{ ...process, ...(printed ? { printed } : {}) }];
  service.attachProcess = async (_ref, id) => {
    const attachment = new FakeAttachment(id);
    attachment.print(untilDetached(print(), attachment));
    return attachment;
  };
  return runCli(['logs', ...words, 'box-default'], service);
}

/** As a real one: leaving it ends its output. */
async function* untilDetached(
  source: AsyncGenerator<OutputChunk>,
  attachment: FakeAttachment,
): AsyncGenerator<OutputChunk> {
  const left = Promise.withResolvers<IteratorResult<OutputChunk>>();
  const { detach } = attachment;
  attachment.detach = async () => {
    await detach.call(attachment);
    left.resolve({ done: true, value: undefined });
  };
  for (;;) {
    const next = await Promise.race([source.next(), left.promise]);
    if (next.done) return;
    yield next.value;
  }
}

const chunk = (stream: OutputChunk['stream'], offset: number, text: string, gapBytes = 0): OutputChunk => ({
  stream,
  offset,
  data: Buffer.from(text),
  gapBytes,
});
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const forever = (): Promise<never> => new Promise(() => undefined);

it('ends, though the process never stops printing', async () => {
  async function* busy(): AsyncGenerator<OutputChunk> {
    for (let offset = 0; ; offset += 4) {
      yield chunk('stdout', offset, 'abc\n');
      await sleep(5);
    }
  }
  expect(await logs({ stdoutBytes: 10, stderrBytes: 0 }, busy)).toMatchObject({ status: 0, stdout: 'abc\nabc\nab' });
});

it('waits for what is there, however slowly it comes', async () => {
  async function* slow(): AsyncGenerator<OutputChunk> {
    await sleep(600);
    yield chunk('stdout', 0, 'out');
    await sleep(600);
    yield chunk('stderr', 0, 'err');
    await forever();
  }
  expect(await logs({ stdoutBytes: 3, stderrBytes: 3 }, slow)).toMatchObject({ stdout: 'out', stderr: 'err' });
});

it('prints nothing of what nobody had printed, and asks for nothing then', async () => {
  async function* late(): AsyncGenerator<OutputChunk> {
    yield chunk('stderr', 0, 'late');
    yield chunk('stdout', 0, 'out');
    await forever();
  }
  expect(await logs({ stdoutBytes: 3, stderrBytes: 0 }, late)).toMatchObject({ stdout: 'out', stderr: '' });
  expect(await logs({ stdoutBytes: 0, stderrBytes: 0 }, late)).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

it('counts only what is missing of that', async () => {
  async function* gone(): AsyncGenerator<OutputChunk> {
    yield chunk('stdout', 100, 'new', 100);
    await forever();
  }
  const run = await logs({ stdoutBytes: 40, stderrBytes: 0 }, gone);
  expect(run).toMatchObject({ stdout: '', stderr: expect.stringContaining('40 bytes are no longer kept') });
});

it('goes on to the end with -f', async () => {
  async function* whole(): AsyncGenerator<OutputChunk> {
    yield chunk('stdout', 0, 'abc');
    yield chunk('stdout', 3, 'def');
  }
  expect(await logs({ stdoutBytes: 3, stderrBytes: 0 }, whole, '-f')).toMatchObject({ stdout: 'abcdef' });
});

it.each([
  ['is not kept', { stdoutBytes: 5, stderrBytes: 0 }],
  ['cannot be told by an earlier agent', undefined],
])('ends by silence where what there was %s', async (_, printed) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    async function* nothing(): AsyncGenerator<OutputChunk> {
      await forever();
      yield chunk('stdout', 0, '');
    }
    const run = logs(printed, nothing);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await run).toMatchObject({ status: 0, stdout: '' });
  } finally {
    vi.useRealTimers();
  }
});
