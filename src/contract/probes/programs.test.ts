import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldRegistry, sections } from '../fields/index.ts';
import { doorProbes } from './doors/index.ts';
import { loadPrograms, scriptOf } from './programs.ts';
import { suiteOf } from './suite.ts';

const loaded = await loadPrograms();
const shells = ['sh', 'dash', 'bash', 'busybox'].filter((shell) => spawnSync(shell, ['--help']).error === undefined);

describe('the registry of fields', () => {
  it('has every field asked by exactly one probe, and no probe asks for another', () => {
    const asked = [...loaded.programs, ...doorProbes].flatMap(({ fields }) => fields);
    expect([...asked].sort()).toEqual(fieldRegistry.map(({ id }) => id).sort());
  });

  it('has more than 120 fields, over every section but latency, each with its own words', () => {
    expect(fieldRegistry.length).toBe(315);
    expect(new Set(fieldRegistry.map(({ id }) => id)).size).toBe(fieldRegistry.length);
    expect(new Set(fieldRegistry.map(({ name }) => name)).size).toBe(fieldRegistry.length);
    const found = new Set(fieldRegistry.map(({ section }) => section));
    expect(sections.filter((section) => !found.has(section))).toEqual(['latency']);
    expect(fieldRegistry.filter(({ consequence }) => consequence.length < 10)).toEqual([]);
  });

  it('has a harmless direction for every bound, and for nothing else', () => {
    expect(
      fieldRegistry.filter(({ comparison, harmless }) => (comparison === 'bound') !== (harmless !== undefined)),
    ).toEqual([]);
  });
});

describe('the programs', () => {
  it('leave nothing behind in a shell that runs no trap, and begin anew where something was left', () => {
    const program = loaded.programs.find(({ name }) => name === 'identity');
    if (!program) throw new Error('there is a program called identity');
    const place = mkdtempSync(join(tmpdir(), 'hf-program-'));
    try {
      mkdirSync(join(place, 'holdfast-abcd'));
      const script = `trap() { :; }\nTMPDIR=${place}; export TMPDIR\n${scriptOf(loaded, program, 'abcd')}`;
      const { stdout } = spawnSync('bash', [], { input: script, encoding: 'utf8' });
      expect(stdout).toMatch(/^=abcd value identity\.mode-bits$/m);
      expect(readdirSync(place)).toEqual([]);
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  it.each(shells)('are read by %s', (shell) => {
    const words = shell === 'busybox' ? ['sh', '-n'] : ['-n'];
    for (const program of loaded.programs) {
      const { status, stderr } = spawnSync(shell, words, {
        input: scriptOf(loaded, program, 'abcd'),
        encoding: 'utf8',
      });
      expect(`${program.name}: ${status} ${stderr}`).toBe(`${program.name}: 0 `);
    }
  });

  it('say nothing of programs in a shell that takes all words for one name', () => {
    const program = loaded.programs.find(({ name }) => name === 'identity');
    if (!program) throw new Error('there is a program called identity');
    const script = scriptOf(loaded, program, 'abcd').replaceAll('"$program" "$@"', '"$program $*"');
    const { stdout } = spawnSync('sh', [], { input: script, encoding: 'utf8' });
    const kindOf = (id: string): string | undefined => new RegExp(`^=abcd (\\w+) ${id}\\n\\|`, 'm').exec(stdout)?.[1];
    expect(['identity.user', 'identity.uid', 'identity.umask'].map(kindOf)).toEqual(['cannot', 'cannot', 'value']);
  });

  it('are small enough for one argument of any runtime', () => {
    for (const program of loaded.programs) expect(scriptOf(loaded, program, 'abcd').length).toBeLessThan(16_384);
  });

  it('have a digest that changes with their text', () => {
    const [first, ...rest] = loaded.programs;
    const other = {
      ...loaded,
      programs: [{ ...(first ?? rest[0]), text: 'other' } as (typeof loaded.programs)[number], ...rest],
    };
    expect(suiteOf(loaded).digest).toBe(suiteOf(loaded).digest);
    expect(suiteOf(other).digest).not.toBe(suiteOf(loaded).digest);
  });
});
