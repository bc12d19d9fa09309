import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditHome, toolCall } from '../../test/fixtures/audit-world.ts';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { exportLines } from '../audit/index.ts';

describe('holdfast audit', () => {
  it('lists, shows, exports, and says what it did', async () => {
    const service = recordingService();
    const listed = await runCli(['audit', 'ls', '--person', 'ada', '--kind', 'tool-call', '--limit', '7'], service);
    expect(listed.stdout).toMatch(/tool-call +allowed +clerk +0123456789abcdef/);
    expect(listed.stderr).toContain('--after 3');
    expect(JSON.stringify(service.calls.at(-1))).toContain('"person":"ada","limit":7');
    const shown = await runCli(['audit', 'show', '3'], service);
    expect(shown.stdout).toContain('"tool": "é"');
    expect((await runCli(['audit', 'show', 'x'], service)).status).toBe(2);
    expect(JSON.parse((await runCli(['audit', 'show', '3', '--json'], service)).stdout)).toMatchObject({
      proof: { size: 3 },
    });
    expect((await runCli(['audit', 'export', '--timeline'], service)).stdout).toBe('{"end":true,"entries":0}\n');
    const file = join(mkdtempSync(join(tmpdir(), 'hf-export-')), 'ada.jsonl');
    const exported = await runCli(['audit', 'export', '--person', 'ada', '--output', file], service);
    expect(exported).toMatchObject({ status: 0, stdout: '', stderr: expect.stringContaining(file) });
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['{"end":true,"entries":0}\n', 0o600]);
    const asJson = await runCli(['audit', 'export', '--json', '-o', file], service);
    expect(JSON.parse(asJson.stdout)).toEqual({ file, bytes: 25 });
    const calls = service.calls.length;
    expect((await runCli(['audit', 'export', '-o', join(file, 'x')], service)).status).not.toBe(0);
    expect(service.calls.length).toBe(calls);
    rmSync(dirname(file), { recursive: true });
    const erased = await runCli(['audit', 'erase', 'ada', '--cancel'], service);
    expect(erased.stdout).toContain('1 sessions and 2 memories removed');
    expect(erased.stdout).toContain('not touched: sandbox sbx-1');
    expect((await runCli(['audit', 'erase'], service)).status).toBe(2);
  });

  it('has the status 1 when something is wrong with the log, and says where', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hf-witness-'));
    mkdirSync(join(directory, 'notes'));
    writeFileSync(join(directory, 'notes', 'one'), 'a note');
    const service = recordingService();
    const { status, stdout } = await runCli(['audit', 'verify', '--checkpoints', join(directory, 'notes')], service);
    expect(status).toBe(1);
    expect(stdout).toContain('entry 2: its hash is another (/log/000001.jsonl line 2)');
    expect(JSON.stringify(service.calls.at(-1))).toContain('a note');
    rmSync(directory, { recursive: true });
  });

  it('checks an export without a daemon', async () => {
    const home = auditHome();
    const audit = await home.open();
    for (let n = 1; n <= 3; n++) audit.append(toolCall(n));
    let text = '';
    for await (const line of exportLines(audit, 'acme', {})) text += line;
    const path = join(home.home, 'export.jsonl');
    writeFileSync(path, text);
    const { publicKey } = audit.open.signer;
    expect(await runCli(['audit', 'verify', '--export', path, '--key', publicKey], null)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('3 entries'),
    });
    writeFileSync(path, text.replace('secret of ada 2', 'secret of ada 3'));
    const forged = await runCli(['audit', 'verify', '--export', path, '--key', publicKey], null);
    expect(forged).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('entry 2: it does not say what was logged'),
    });
    await home.remove();
  });

  it('places, lists and ends legal holds, one thing at a time', async () => {
    const service = recordingService();
    expect((await runCli(['audit', 'hold'], service)).stdout).toMatch(/hld-1 +ada .*case/);
    expect((await runCli(['audit', 'hold', 'ada', '--reason', 'case'], service)).stdout).toBe('hld-1\n');
    expect((await runCli(['audit', 'hold', '--everybody', '--reason', 'case'], service)).status).toBe(0);
    expect((await runCli(['audit', 'hold', '--release', 'hld-1'], service)).stderr).toContain('is over');
    for (const wrong of [['ada'], ['--everybody'], ['--reason', 'x'], ['ada', '--everybody', '--reason', 'x']]) {
      expect((await runCli(['audit', 'hold', ...wrong], service)).status, wrong.join(' ')).toBe(2);
    }
  });
});

it('searches memories by words', async () => {
  const service = recordingService();
  const found = await runCli(['memory', 'search', 'a', 'b', '--scope', 'user', '--owner', 'ada'], service);
  expect(found.stdout).toMatch(/user +ada +facts +k .*a & b/);
  expect(JSON.stringify(service.calls.at(-1))).toContain('"query":"a b"');
  expect((await runCli(['memory', 'search', 'a', '--scope', 'all'], service)).status).toBe(2);
});
