/** The documents say what the code says: lists are complete, links lead somewhere, figures come from the bench. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isCurrent } from '../../scripts/specification.ts';
import { errorCodes, exitReasons } from '../../src/schema/index.ts';

const root = join(import.meta.dirname, '../..');
const documents = [
  ...['README', 'ARCHITECTURE', 'SPECIFICATION', 'SECURITY', 'LIMITATIONS', 'CONTRIBUTING', 'CHANGELOG'].map(
    (name) => `${name}.md`,
  ),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('docs/errors.md', () => {
  const rows = tableRows(textOf('docs/errors.md'), 7);

  it('has every code, with its facts, in the order of the list', () => {
    const written = rows.map(([code, fault, retry, http, exit]) => ({ code, fault, retry, http, exit }));
    const known = Object.entries(errorCodes).map(([code, { fault, retryable, httpStatus, exitStatus }]) => ({
      code: `\`${code}\``,
      fault,
      retry: retryable ? 'yes' : 'no',
      http: String(httpStatus),
      exit: String(exitStatus),
    }));
    expect(written).toEqual(known);
  });

  it('says of every code what it means and what to do', () => {
    expect(rows.filter((row) => row.slice(5).some((cell) => cell.length < 5 && cell !== ''))).toEqual([]);
    expect(rows.filter((row) => !row[5] || !row[6]).map(([code]) => code)).toEqual([]);
  });

  it('has every way to end', () => {
    const reasons = tableRows(textOf('docs/errors.md'), 2).map(([reason]) => reason);
    expect(reasons).toEqual(exitReasons.map((reason) => `\`${reason}\``));
  });
});

describe('docs/dependencies.md', () => {
  it('has a reason for each package, and no other', () => {
    // package.json is ours and has both.
    const manifest = JSON.parse(textOf('package.json')) as Record<'dependencies' | 'devDependencies', object>;
    const [atRunTime = '', rest = ''] = textOf('docs/dependencies.md').split('## For development');
    const [forDevelopment = ''] = rest.split('## On the machine');
    const named = (text: string): string[] => tableRows(text, 2).map(([name = '']) => name.replaceAll('`', ''));
    expect(named(atRunTime).sort()).toEqual(Object.keys(manifest.dependencies).sort());
    expect(named(forDevelopment).sort()).toEqual(Object.keys(manifest.devDependencies).sort());
  });
});

describe('SPECIFICATION.md', () => {
  it('has the figures of the last bench and no others', async () => {
    expect(await isCurrent()).toBe(true);
  });

  it('names a test for each promise about sessions and agents', () => {
    const [, section = ''] = /### Sessions and agents\n\n([\s\S]*?)\n\n/.exec(textOf('SPECIFICATION.md')) ?? [];
    const promises = section.split(/^- /m).slice(1);
    expect(promises.length).toBeGreaterThan(7);
    expect(promises.filter((promise) => !/`(?:src|test)\/[\w./-]+\.test\.ts`/.test(promise))).toEqual([]);
  });

  it('types no figure by hand', () => {
    const prose = textOf('SPECIFICATION.md').replace(/<!-- bench:[\s\S]*?<!-- \/bench -->/g, '');
    expect(prose.match(/\d+(\.\d+)? ?(ms|s|MB|MiB|GiB|per second)\b/g)).toBeNull();
  });
});

describe('ARCHITECTURE.md', () => {
  it('has every folder of src, once', () => {
    const named = tableRows(textOf('ARCHITECTURE.md'), 2).map(([folder = '']) => folder.replaceAll('`', ''));
    const there = readdirSync(join(root, 'src')).map((name) => `src/${name}/`);
    expect(named.sort()).toEqual(there.sort());
  });
});

describe('SECURITY.md', () => {
  it('names for each check a test that cites it', () => {
    const rows = [...textOf('SECURITY.md').matchAll(/^\| ([FSN]\d+) \|.*\| ([^|]+) \|$/gm)];
    expect(rows.length).toBe(37);
    const uncited = rows.filter(([, id = '', tests = '']) => {
      const paths = [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
      return paths.length > 0 && !paths.some((path) => new RegExp(`\\b${id}\\b`).test(textOf(path)));
    });
    expect(uncited.map(([row]) => row)).toEqual([]);
  });
});

describe('CHANGELOG.md', () => {
  it('says nothing twice', () => {
    const entries = textOf('CHANGELOG.md').split(/^- /m).slice(1);
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter((entry, at) => entries.indexOf(entry) !== at)).toEqual([]);
  });
});

describe('docs/glossary.md', () => {
  it('has each word once', () => {
    const words = [...textOf('docs/glossary.md').matchAll(/^\*\*(.+?)\.\*\*/gm)].flatMap(([, word = '']) =>
      word.split(', '),
    );
    expect(words.length).toBeGreaterThan(70);
    expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
  });
});

describe('all documents', () => {
  it('are there', () => {
    expect(documents.length).toBeGreaterThanOrEqual(14);
  });

  it('link only to what exists', () => {
    const broken = documents.flatMap((document) =>
      [...textOf(document).matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(document), target)))
        .map((target) => `${document}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('name only files that exist', () => {
    const named = /`((?:src|guest|test|bench|scripts|docs)\/[\w./-]+)`/g;
    const missing = documents
      .filter((document) => !document.startsWith('docs/decisions'))
      .flatMap((document) =>
        [...textOf(document).matchAll(named)]
          .map(([, path = '']) => path)
          .filter((path) => !existsSync(join(root, path)))
          .map((path) => `${document}: ${path}`),
      );
    expect(missing).toEqual([]);
  });

  it('hold no path of one machine', () => {
    const found = documents.filter((document) =>
      /\/(?:home|Users)\/(?!agent|user\b)\w+|\/work\/|\/tmp\/\w+\.log/.test(textOf(document)),
    );
    expect(found).toEqual([]);
  });
});

/** Cells of the table rows with just so many columns; head and separator are left out. */
function tableRows(text: string, columns: number): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === columns && /^`/.test(cells[0] ?? ''));
}
