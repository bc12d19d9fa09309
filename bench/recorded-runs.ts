/**
 * Made-up runs of ten kinds, in turn, as a coding agent would have them: it looks around, breaks something, reads the
 * failure, mends it, runs the tests again. Drawn by a seed, so that run 17 is the same run for everybody; no model is needed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { HoldfastService } from '../src/schema/index.ts';

export type Call = { tool: string; input: Record<string, unknown> };
export interface AgentRun {
  name: string;
  calls: readonly Call[];
}

export type Random = (below: number) => number;

export const shell = (command: string): Call => ({ tool: 'shell', input: { command } });
const write = (path: string, content: string): Call => ({
  tool: 'files',
  input: { action: 'write', path: `/workspace/${path}`, content },
});
const edit = (path: string, old: string, now: string): Call => ({
  tool: 'files',
  input: { action: 'edit', path: `/workspace/${path}`, old, new: now },
});
export const read = (path: string): Call => ({ tool: 'files', input: { action: 'read', path: `/workspace/${path}` } });

const example = join(import.meta.dirname, '../examples/repair/project');

/** What each needs besides a shell. */
const kinds: { name: string; needs: string[]; calls(random: Random): Call[] }[] = [
  { name: 'repair', needs: ['awk'], calls: repair },
  { name: 'python-tests', needs: ['python3'], calls: pythonTests },
  { name: 'node-tests', needs: ['node'], calls: nodeTests },
  { name: 'git', needs: ['git'], calls: gitWork },
  { name: 'c-build', needs: ['gcc', 'make'], calls: cBuild },
  { name: 'data', needs: ['awk', 'sort'], calls: dataWork },
  { name: 'database', needs: ['sqlite3'], calls: database },
  { name: 'session', needs: [], calls: session },
  { name: 'server', needs: ['python3', 'curl'], calls: server },
  { name: 'mistakes', needs: [], calls: mistakes },
];

export const everyKind: readonly string[] = kinds.map(({ name }) => name);

/** Which kinds can run where the service's sandboxes are. */
export async function kindsThere(service: HoldfastService): Promise<string[]> {
  const { id } = await service.createSandbox({});
  try {
    const programs = [...new Set(kinds.flatMap(({ needs }) => needs))];
    const script = programs.map((name) => `command -v ${name} >/dev/null && echo ${name}`).join('; ');
    const { stdout } = await service.exec(id, { argv: ['sh', '-c', `${script}; true`] });
    const there = new Set(new TextDecoder().decode(stdout).split('\n'));
    return kinds.filter(({ needs }) => needs.every((name) => there.has(name))).map(({ name }) => name);
  } finally {
    await service.destroySandbox(id);
  }
}

export function recordedRun(number: number, among: readonly string[]): AgentRun {
  const usable = kinds.filter(({ name }) => among.includes(name));
  const kind = usable[number % usable.length];
  if (!kind) throw new Error('no kind of run can be had here');
  return { name: `${kind.name} ${number}`, calls: kind.calls(generator(number)) };
}

function repair(random: Random): Call[] {
  const files = readdirSync(example, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const copies = files.map((path) => write(relative(example, path), readFileSync(path, 'utf8')));
  const looks = [shell('ls -lR'), shell('sh test/run'), read('lib/merge.awk'), shell('grep -n begin lib/*.awk | head')];
  return [
    ...copies,
    ...shuffled(looks, random),
    shell('sed -i s/begin/Begin/ lib/report.awk; sh test/run'),
    shell('sed -i s/Begin/begin/ lib/report.awk; sh test/run'),
  ];
}

function pythonTests(random: Random): Call[] {
  const count = 3 + random(5);
  const cases = Array.from(
    { length: count },
    (_, at) => `    def test_${at}(self):\n        self.assertEqual(add(${at}, ${random(9)}), ${at} + ${random(9)})\n`,
  );
  const tests = `import unittest\nfrom sums import add\n\nclass Sums(unittest.TestCase):\n${cases.join('')}\nunittest.main()\n`;
  return [
    write('sums.py', 'def add(a, b):\n    return a - b\n'),
    write('test_sums.py', tests),
    shell('python3 test_sums.py'),
    edit('sums.py', 'a - b', 'a + b  # both'),
    shell('python3 test_sums.py; python3 -c "import time; print(time.time())"'),
    shell('python3 -m json.tool <<< \'{"a": [1, 2]}\'; find . -name "*.pyc" | wc -l'),
  ];
}

function nodeTests(random: Random): Call[] {
  const size = 5 + random(20);
  return [
    write('package.json', '{"type":"module","name":"sums","version":"1.0.0"}\n'),
    write('sums.js', `export const sum = (list) => list.reduce((a, b) => a + b);\n`),
    write(
      'sums.test.js',
      `import test from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from './sums.js';\ntest('empty', () => assert.equal(sum([]), 0));\ntest('some', () => assert.equal(sum(Array(${size}).fill(2)), ${2 * size}));\n`,
    ),
    shell('node --test'),
    edit('sums.js', '(a, b) => a + b', '(a, b) => a + b, 0'),
    shell('node --test'),
    shell('node -e "console.log(process.pid, new Date().toISOString(), process.version)"'),
  ];
}

function gitWork(random: Random): Call[] {
  const commits = 2 + random(4);
  const made = Array.from({ length: commits }, (_, at) =>
    shell(`echo line ${at} >> notes; git add -A; git commit -qm "change ${at}"; git log --oneline | head -3`),
  );
  return [
    shell('git init -q .; git config user.email a@b.c; git config user.name a; git status --short'),
    ...made,
    shell(
      'git checkout -q -b topic; echo topic > topic; git add -A; git commit -qm topic; git diff master topic --stat || git diff main topic --stat',
    ),
    shell('git merge nowhere'),
    shell('git log --format=%s; git status'),
  ];
}

function cBuild(random: Random): Call[] {
  const times = 2 + random(8);
  return [
    write(
      'main.c',
      `#include <stdio.h>\nint main(void) {\n  for (int n = 0; n < ${times}; n++) printf("%d\\n", n * n)\n  return 0;\n}\n`,
    ),
    write('Makefile', 'main: main.c\n\tgcc -O1 -Wall -o main main.c\n'),
    shell('make'),
    edit('main.c', 'n * n)', 'n * n);'),
    shell('make && ./main'),
    shell('make; ls; ./main | tail -1; ./main nonsense > /dev/null; echo $?'),
  ];
}

function dataWork(random: Random): Call[] {
  const rows = 50 + random(400);
  return [
    shell(`seq 1 ${rows} | awk '{ print $1 "," ($1 * 7919) % 1000 }' > data.csv; wc -l data.csv`),
    shell('sort -t, -k2 -n data.csv | head -3; cut -d, -f2 data.csv | sort -n | uniq -d | head'),
    shell("awk -F, '{ sum += $2 } END { print sum / NR }' data.csv"),
    shell(
      'head -c 20000 data.csv | gzip -n | wc -c; tar --sort=name --mtime=@0 -cf data.tar data.csv && tar -tvf data.tar',
    ),
    shell('grep -c nonsense data.csv'),
    read('data.csv'),
  ];
}

function database(random: Random): Call[] {
  const rows = 10 + random(90);
  return [
    shell('sqlite3 a.db "create table t (n integer, at text default current_timestamp)"'),
    shell(
      `for n in $(seq ${rows}); do echo "insert into t (n) values ($n);"; done | sqlite3 a.db; sqlite3 a.db "select count(*), sum(n) from t"`,
    ),
    shell('sqlite3 a.db "select * from nothing"'),
    shell('sqlite3 a.db "select n, at from t order by n desc limit 2; pragma integrity_check"'),
    shell('sqlite3 a.db .dump | grep -c INSERT'),
  ];
}

/** The session's own id is not known here: who runs this puts it in. */
function session(random: Random): Call[] {
  const run = (command: string): Call => ({
    tool: 'shell_session',
    input: { action: 'run', session: '$SESSION', command },
  });
  return [
    { tool: 'shell_session', input: { action: 'open' } },
    run('mkdir -p deep/er && cd deep/er && pwd'),
    run(`N=${random(100)}; echo $N > n; date +%s`),
    run('echo $N; cat n; ls; false'),
    run('cd /; echo $OLDPWD; echo $$ > /dev/null'),
    shell('cat deep/er/n'),
    { tool: 'shell_session', input: { action: 'close', session: '$SESSION' } },
  ];
}

function server(random: Random): Call[] {
  const port = 8000 + random(1000);
  const start = `python3 -m http.server ${port} --bind 127.0.0.1 > log 2>&1 & for n in $(seq 100); do curl -so /dev/null 127.0.0.1:${port}/ && break; sleep 0.05; done`;
  return [
    write('index.html', '<h1>here</h1>\n'),
    shell(`${start}; curl -s 127.0.0.1:${port}/; kill %1`),
    shell(`${start}; curl -sI 127.0.0.1:${port}/index.html | grep -i content-length; kill %1`),
    shell(`curl -s --max-time 2 127.0.0.1:${port}/; echo status $?`),
    shell('grep -c GET log'),
  ];
}

function mistakes(random: Random): Call[] {
  const all = [
    shell('cat missing'),
    shell('./not-there'),
    shell('exit 3'),
    shell('kill -9 $$'),
    shell('mkdir /usr/forbidden'),
    shell('echo x > /etc/passwd'),
    read('nothing.txt'),
    edit('a', 'no such text', 'x'),
    { tool: 'shell', input: { command: 'sleep 5', timeoutMs: 150 } },
    { tool: 'nonsense', input: {} },
    { tool: 'shell', input: { wrong: 1 } },
  ];
  return [write('a', 'text\n'), ...shuffled(all, random).slice(0, 6), shell('cat a; rm a; ls')];
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random(left.length), 1));
}

export function generator(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
