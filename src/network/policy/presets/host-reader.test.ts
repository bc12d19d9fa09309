import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let planted: string;

beforeEach(() => {
  planted = mkdtempSync(join(tmpdir(), 'holdfast-presets-'));
});
afterEach(() => rmSync(planted, { recursive: true }));

const isThere = (program: string): Promise<boolean> =>
  promisify(execFile)(program, ['--version']).then(
    () => true,
    () => false,
  );
const has = { python3: await isThere('python3'), npm: await isThere('npm') };

/** What the reader's program printed, for a process that stands in the planted directory. */
async function run(file: string, args: string[], path = process.env['PATH'] ?? ''): Promise<string> {
  const [reader, base] = ['host-reader.ts', '../../../base/index.ts'].map(
    (name) => new URL(name, import.meta.url).href,
  );
  const program = `
    import { hostPresetReader } from ${JSON.stringify(reader)};
    import { hostVariables, rootScope } from ${JSON.stringify(base)};
    const scope = rootScope({ name: 'test', timeoutMs: 15_000 });
    const output = await hostPresetReader(hostVariables(), scope).run(${JSON.stringify(file)}, ${JSON.stringify(args)});
    process.stdout.write(JSON.stringify(output));
    await scope.close();`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', program],
    {
      cwd: planted,
      env: { HOME: '/nonexistent', PATH: path },
    },
  );
  return JSON.parse(stdout).stdout;
}

describe('programs of presets', () => {
  it('are not started where the daemon stands', async () => {
    const programs = join(planted, 'programs');
    mkdirSync(programs);
    writeFileSync(join(programs, 'manager'), '#!/bin/sh\npwd\n', { mode: 0o755 });
    expect(await run('manager', [], [programs, '/usr/bin', '/bin'].join(delimiter))).toBe('/\n');
  });

  it.skipIf(!has.python3)('take no module that lies where the daemon stands', async () => {
    mkdirSync(join(planted, 'pip'));
    for (const name of ['pip/__init__.py', 'pip/__main__.py', 'random.py']) {
      writeFileSync(join(planted, name), `print("global.index-url='http://planted.example/'")\n`);
    }
    expect(await run('python3', ['-m', 'pip', 'config', 'list'])).not.toContain('planted');
    expect(await run('python3', ['-c', 'import random; print(random.__name__)'])).toBe('random\n');
  });

  it.skipIf(!has.npm)('take no settings that lie where the daemon stands', async () => {
    writeFileSync(join(planted, 'package.json'), '{}');
    writeFileSync(join(planted, '.npmrc'), 'registry=http://planted.example/\n');
    expect(await run('npm', ['config', 'ls', '--json'])).not.toContain('planted');
  });
});
