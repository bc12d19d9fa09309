/** An engine whose daemon goes away, or that cannot fetch an image: a program with the same command line, in such a state. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { EngineTarget } from './engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-engine-'));
afterAll(() => rmSync(directory, { recursive: true }));

const program = join(directory, 'engine');
writeFileSync(
  program,
  `#!/bin/sh
read -r state <${directory}/state
case $state:$1 in
down:*) echo 'Cannot connect to the Docker daemon at unix:///socket. Is the docker daemon running?' >&2; exit 1 ;;
*:version) echo 1.0 ;;
unknown:run) echo 'Error response from daemon: pull access denied for some-image' >&2; exit 125 ;;
empty:run) echo 'OCI runtime create failed: exec: "sh": executable file not found' >&2; exit 127 ;;
gone:exec | gone:inspect) echo 'Error: No such container' >&2; exit 1 ;;
*:inspect) echo true ;;
*:exec) echo 'no such container, says a program' >&2; exit 1 ;;
esac
`,
);
chmodSync(program, 0o755);

const state = (name: 'up' | 'down' | 'unknown' | 'empty' | 'gone'): void =>
  writeFileSync(join(directory, 'state'), `${name}\n`);
beforeEach(() => state('up'));
const target = new EngineTarget(program, 'some-image', {
  clock: systemClock,
  environment: { PATH: process.env['PATH'] },
  newName: () => 'name',
});
const signal = new AbortController().signal;
const request = { command: 'true', timeoutMs: 5000 };

describe('a container engine', () => {
  it('whose daemon goes away says nothing of its container', async () => {
    const session = await target.open(signal);
    state('down');
    await expect(session.exec(request, signal)).rejects.toMatchObject({ side: 'harness', trouble: 'unreachable' });
  });

  it('that has lost its container is told of the runtime', async () => {
    const session = await target.open(signal);
    state('gone');
    await expect(session.exec(request, signal)).rejects.toMatchObject({ side: 'runtime', trouble: 'died' });
  });

  it('whose container is there has the words of a command for a command’s', async () => {
    const session = await target.open(signal);
    expect(await session.exec(request, signal)).toMatchObject({ exitCode: 1 });
  });

  it.each([
    ['cannot be fetched, is the way there', 'unknown', 'harness'],
    ['has no shell, is the image’s own', 'empty', 'runtime'],
  ] as const)('whose image %s', async (_, name, side) => {
    state(name);
    await expect(target.open(signal)).rejects.toMatchObject({ side, trouble: 'not-started' });
  });
});
