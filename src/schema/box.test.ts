import { describe, expect, it } from 'vitest';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { boxes } from './index.ts';

const setUp = async () => {
  const service = recordingService();
  const box = await boxes(service).create({ name: 'x' });
  service.calls.length = 0;
  const last = () => service.calls.at(-1);
  return { service, box, last };
};

describe('a box', () => {
  it('is destroyed when its block is left', async () => {
    const service = recordingService();
    {
      await using box = await boxes(service).create();
      expect(box.id).toBe(service.ids.sandbox);
    }
    expect(service.calls.map((call) => call.verb)).toEqual(['createSandbox', 'destroySandbox']);
  });

  it('runs a program by its argv, and shows its text', async () => {
    const { box, last } = await setUp();
    const result = await box.exec(['echo', 'hé']);
    expect([result.ok, result.stdoutText, result.stderrText]).toEqual([true, 'echo hé', '\0�\n']);
    expect(last()).toMatchObject({ verb: 'exec', args: [box.id, { argv: ['echo', 'hé'] }, undefined] });
  });

  it('does not throw when a program fails', async () => {
    const { service, box } = await setUp();
    const exec = service.exec;
    service.exec = async (...args) => ({ ...(await exec(...args)), exitCode: 3 });
    expect(await box.exec({ argv: ['false'], cwd: '/' })).toMatchObject({ ok: false, exitCode: 3 });
  });

  it('reads and writes text, and refuses to guess it', async () => {
    const { service, box } = await setUp();
    await box.files.write('/a', '\uFEFFhé');
    expect(await box.files.readText('/a')).toBe('\uFEFFhé');
    expect(await box.files.read('/a', { offset: 3 })).toEqual(new TextEncoder().encode('hé'));
    service.files.set('/b', new Uint8Array(200_000).fill(0xff));
    await expect(box.files.readText('/b')).rejects.toMatchObject({ code: 'invalid-argument' });
    expect((await box.files.read('/b')).length).toBe(200_000);
  });

  it('keeps what the last verb said of it', async () => {
    const { box } = await setUp();
    await box.suspend();
    expect(box.info.state).toBe('suspended');
    await box.resume();
    expect(box.info.state).toBe('ready');
    await box.destroy();
    expect(box.info.state).toBe('gone');
  });

  it('names itself in every verb', async () => {
    const { service, box } = await setUp();
    await box.refresh();
    await box.start(['sleep', '1']);
    await box.attach('prc-1', { stdoutOffset: 1 });
    await box.processes();
    await box.signal('prc-1', 'SIGTERM', { tree: true });
    await box.callTool({ tool: 'shell', input: {} });
    await box.snapshot({ name: 's' });
    await box.rollback(service.ids.snapshot);
    expect(await box.fork({ count: 2 })).toHaveLength(2);
    await box.extend(5000);
    await box.diff({ path: '/a' });
    await box.patch();
    await box.files.write('/a', new Uint8Array(1));
    await box.files.list('/');
    await box.files.stat('/a');
    await box.files.stream('/a');
    await box.files.makeDirectory('/d');
    await box.files.move('/a', '/b');
    await box.files.search({ pattern: 'x' });
    await box.files.remove('/a');
    for await (const _ of box.files.watch('/')) break;
    for (const { verb, args } of service.calls.filter((call) => call.verb !== 'watchFiles')) {
      expect(JSON.stringify(args), verb).toContain(box.id);
    }
    expect(service.calls).toHaveLength(21);
  });

  it('is found and listed', async () => {
    const { service } = await setUp();
    expect((await boxes(service).get('box-default')).id).toBe(service.ids.sandbox);
    const page = await boxes(service).list({ limit: 1 });
    expect([page.items.map((box) => box.id), page.nextCursor]).toEqual([[service.ids.sandbox], 'more']);
  });
});
