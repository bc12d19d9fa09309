/** What is overlooked, what never is, and what is said of a difference. */
import { describe, expect, it } from 'vitest';
import { type NormaliserName, normaliserNames, usualNormalisers } from '../schema/index.ts';
import { blameFor, blameRules } from './blame.ts';
import { compareAnswers } from './compare.ts';
import { compareText, normalise, normalisersFor } from './normalise.ts';

const overlooked: [NormaliserName, string, string][] = [
  ['ids', 'session prc-01m8j8pft6vyfr8ge49ad2rjpz', 'session prc-01m8j8pg72jwxf9vd42f2rzaym'],
  ['uuids', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6BA7B811-9dad-11d1-80b4-00c04fd430c8'],
  ['times', 'at 2026-11-28T23:28:43.123Z', 'at 2026-11-29T01:02:03Z'],
  ['times', 'Sat Nov 28 23:28:43 UTC 2026', 'Sun Nov 29 01:02:03 UTC 2026'],
  ['times', '-rw-r--r-- 1 a a 2 Nov 28 23:28 b', '-rw-r--r-- 1 a a 2 Nov 29 01:02 b'],
  ['times', 'now 1795909435', 'now 1795909999'],
  ['times', '12:00:01,123 started', '13:00:01,999 started'],
  ['durations', '3 passed in 0.12s', '3 passed in 1.50s'],
  ['durations', 'real 0m0.003s', 'real 0m1.200s'],
  ['durations', '# duration_ms 12.5 ms', '# duration_ms 7 ms'],
  ['durations', '  duration_ms: 1.04', '  duration_ms: 3.63'],
  ['durations', '# duration_ms 1.04', '# duration_ms 3.63'],
  ['commits', 'd6c1cd9 change 1', '5348368 change 1'],
  ['commits', 'commit 1a2b3c4', 'commit 9f8e7d6'],
  ['commits', 'aB1'.toLowerCase().repeat(13).concat('0'), 'cD2'.toLowerCase().repeat(13).concat('1')],
  ['addresses', '<object at 0x7f12a0>', '<object at 0x7fff01b0>'],
  ['paths', 'in /tmp/tmp.aB3dE9xYz0', 'in /tmp/tmp.zZ3dE9xYz1'],
  ['paths', 'in /tmp/tmp.aB3dE9xYz0', 'in /tmp/tmp.Qwertyuiop'],
  ['paths', '/tmp/build-x8f2k1/a', '/tmp/build-Qz0aPl/a'],
  ['paths', '/tmp/go-build1912345678/b001', '/tmp/go-build88234567/b001'],
  ['paths', '/tmp/tmpab12cd34/x', '/tmp/tmpzz99yy11/x'],
  ['ports', 'listening on 127.0.0.1:43211', 'listening on 127.0.0.1:40001'],
  ['ports', 'port 43211', 'port 40001'],
  ['pids', 'pid 17 ended', 'pid 4711 ended'],
  ['pids', '12:00:01 host sshd[1234]: up', '12:00:01 host sshd[77]: up'],
  ['pids', '[1] 1234', '[1] 77'],
  ['times', 'Nov 28 23:28:43 host cron: up', 'Nov 29 01:02:03 host cron: up'],
];

describe('a normaliser', () => {
  it.each(overlooked)('%s overlooks %j against %j, and is named', (name, then, now) => {
    expect(compareText(then, now)).toEqual({ matched: true, normalisers: [name] });
    expect(
      compareText(
        then,
        now,
        usualNormalisers.filter((each) => each !== name),
      ),
    ).toMatchObject({ matched: false });
  });

  it('that is not needed is not named', () => {
    const text = overlooked.map(([, then]) => then).join('\n');
    expect(compareText(text, text)).toEqual({ matched: true, normalisers: [] });
  });

  it.each([
    ['a word', 'passed', 'failed'],
    ['a count', '3 passed', '4 passed'],
    ['a size', 'size 1024', 'size 2048'],
    ['an exit status', 'exited with 1', 'exited with 2'],
    ['a word of hexadecimal letters', 'deadbeef', 'cafebabe'],
    ['a number of seven digits', '1234567', '7654321'],
    ['a name below /tmp', '/tmp/results.txt', '/tmp/output.txt'],
    ['a word behind a name below /tmp', '/tmp/report-summary', '/tmp/report-details'],
    ['a numbered name', 'tmp_output1', 'tmp_output2'],
    ['a numbered name of another kind', '/tmp/x.Output12', '/tmp/x.Output34'],
    ['a name with a version', '/tmp/report-v2beta1', '/tmp/report-v2beta2'],
    ['a drawn name and a longer one', '/tmp/x-a1b2c3', '/tmp/x-a1b2c3d4'],
    ['a count of items in brackets', '[12] failed', '[13] failed'],
    ['a list with one item', '[3]', '[4]'],
    ['a list in JSON', '{"sizes":[12]} ok', '{"sizes":[13]} ok'],
    ['an index', 'items[3]: is not there', 'items[4]: is not there'],
    ['an index behind a time', '12:00:01 items [3]: is not there', '12:00:01 items [4]: is not there'],
    ['a number of a job', '[1] 77', '[2] 77'],
    ['a version', '1.2.3', '1.2.4'],
    ['a checksum of content', 'a1'.repeat(32), 'b2'.repeat(32)],
    ['what sha1sum says', `${'a1'.repeat(20)}  out`, `${'b2'.repeat(20)}  out`],
    ['what crc32 says', '3610a686\tout', '9f8e7d6c\tout'],
    ['an integrity word', `sha512-${'aB1/'.repeat(21)}==`, `sha512-${'cD2+'.repeat(21)}==`],
    ['more lines', 'a\nb', 'a\nb\nc'],
  ])('never hides %s', (_, then, now) => {
    expect(compareText(then, now, normalisersFor(usualNormalisers, 'make test')).matched).toBe(false);
  });

  it('of commits is used where Git was asked, and in its own files', () => {
    for (const about of ['git log --oneline', '/usr/bin/git describe', 'cd a\ngit log', '/w/.git/refs/heads/main'])
      expect(normalisersFor(usualNormalisers, about)).toEqual(usualNormalisers);
    for (const about of ['sha1sum out', 'digit', 'gitlab', 'legit']) {
      expect(normalisersFor(usualNormalisers, about)).toEqual(usualNormalisers.filter((name) => name !== 'commits'));
    }
  });

  it.each([
    ['order', 'b\na', 'a\nb'],
    ['numbers', 'drew 17', 'drew 99'],
    ['whitespace', 'a  b', 'a b'],
    ['hashes', 'built 3610a686', 'built 9f8e7d6c'],
  ] as const)('that is not used is named when it would have absorbed the difference: %s', (name, then, now) => {
    const used = normalisersFor(usualNormalisers, 'make');
    expect(compareText(then, now, used)).toEqual({ matched: false, absorbedBy: name });
    expect(compareText(then, now, [...used, name])).toEqual({ matched: true, normalisers: [name] });
  });

  it('takes time in proportion to what it reads, whatever that is', () => {
    const hostile = [
      'a'.repeat(200_000),
      '1'.repeat(200_000),
      '0x'.repeat(100_000),
      '/tmp/'.repeat(50_000),
      ': '.repeat(100_000),
      '12:00:01 a'.repeat(20_000),
      '/tmp/a-a1b2c3'.repeat(15_000),
      '/tmp/tmp_'.repeat(20_000),
      '2026-01-01T'.repeat(20_000),
    ];
    for (const text of hostile) {
      const { user } = process.cpuUsage();
      normalise(text, normaliserNames);
      expect(compareText(text, `${text}!`, usualNormalisers).matched).toBe(false);
      // Its own time: whoever is beside it takes as much again.
      expect(process.cpuUsage().user - user).toBeLessThan(3_000_000);
    }
  });
});

const exec = (more: object) => ({
  ok: true as const,
  value: { exitCode: 0, reason: 'exited', stdout: '', stderr: '', durationMs: 1, ...more },
});

describe('two answers', () => {
  const compare = (then: object, now: object) => compareAnswers(exec(then), exec(now), usualNormalisers);

  it('are the same but for fields that never repeat', () => {
    expect(compare({ durationMs: 3, processId: 'prc-1' }, { durationMs: 9, processId: 'prc-2' })).toEqual({
      matched: true,
      normalisers: ['durations', 'ids'],
    });
  });

  it('differ first in how they ended, then in what they printed', () => {
    expect(compare({ stdout: 'a' }, { stdout: 'b', exitCode: 1 })).toMatchObject({
      matched: false,
      class: 'exit',
      expected: '0',
      actual: '1',
    });
    expect(compare({ stdout: 'a', stderr: 'x' }, { stdout: 'b', stderr: 'y' })).toMatchObject({ class: 'stdout' });
    expect(compare({ stderr: 'x' }, { stderr: 'y' })).toMatchObject({ class: 'stderr' });
    expect(compare({ entries: ['a'] }, { entries: ['a', 'b'] })).toMatchObject({ class: 'output' });
  });

  it('of bytes are compared as text where they are text', () => {
    expect(compare({ stdout: Buffer.from('12:00:01') }, { stdout: Buffer.from('12:00:02') })).toMatchObject({
      matched: true,
    });
    expect(compare({ stdout: Uint8Array.of(255, 1) }, { stdout: Uint8Array.of(255, 2) })).toMatchObject({
      matched: false,
    });
  });

  it('differ when one failed, or failed otherwise', () => {
    const failure = { code: 'file-not-found', message: 'no /a', fault: 'caller', retryable: false } as const;
    const failed = { ok: false as const, failure };
    expect(compareAnswers(exec({}), failed, usualNormalisers)).toMatchObject({ matched: false, class: 'error' });
    expect(compareAnswers(failed, failed, usualNormalisers)).toMatchObject({ matched: true });
    const other = { ok: false as const, failure: { ...failure, code: 'busy' as const } };
    expect(compareAnswers(failed, other, usualNormalisers)).toMatchObject({ matched: false, class: 'error' });
  });
});

describe('blame', () => {
  const facts = { absorbedBy: null, tapeMissed: false, templateChanged: false, infrastructure: false, edited: false };

  it.each([
    ['model', { class: 'args' }],
    ['model', { class: 'call', tapeMissed: true }],
    ['world', { class: 'stdout', tapeMissed: true }],
    ['world', { class: 'error', infrastructure: true }],
    ['world', { class: 'stdout', templateChanged: true }],
    ['tool', { class: 'stdout', edited: true }],
    ['world', { class: 'stdout', absorbedBy: 'numbers' }],
    ['world', { class: 'stdout', absorbedBy: 'order' }],
    ['tool', { class: 'not-replayable' }],
    ['tool', { class: 'stdout' }],
  ] as const)('is the %s’s of %j', (blame, more) => {
    expect(blameFor({ ...facts, ...more }).blame).toBe(blame);
  });

  it('has a last line that always fits', () => {
    expect(blameRules.at(-1)?.fits({ ...facts, class: 'exit' })).toBe(true);
  });
});
