/** The manifest is as much a part of a recording as its events: what it says otherwise than they do is found. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleHead, sampleWriter } from '../../test/fixtures/recordings.ts';
import type { RecordingReport } from '../schema/index.ts';
import type { RecordingManifest } from './format.ts';
import { openRecording } from './reader.ts';
import { readRun } from './run.ts';
import { type FindSnapshot, verifyRecording, withSnapshots } from './verify.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-bound-')), 'rec-1');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const digest = 'ab'.repeat(32);
const token = 'hfr_aaaaaaaaaaaaaaaaaaaaaaaaaa';
const longName = 'N'.repeat(300);
const there: FindSnapshot = () => ({ digest });

/** Two steps, a snapshot and a secret, closed as the recorder closes. */
async function record(): Promise<void> {
  const writer = await sampleWriter(directory, [{ input: { command: 'ls' } }, { input: { command: 'ps' } }]);
  const facts = { method: 'copy' as const, pauseMs: 1, addedFiles: 1, addedBytes: 1, processes: [] };
  writer.append({ type: 'snapshot-taken', step: 2, snapshot: 'snp-1', digest, ...facts });
  writer.append({ type: 'redacted', token, kind: 'environment', name: longName });
  writer.append({ type: 'recording-ended', reason: 'stopped', steps: 2 });
  await writer.close({
    at: '2026-01-02T03:05:00.000Z',
    reason: 'stopped',
    steps: 2,
    redactions: { [token]: { kind: 'environment', name: longName } },
    snapshots: [{ step: 2, snapshot: 'snp-1', digest }],
    tape: null,
  });
}

async function verified(isOwn = true, find = there): Promise<RecordingReport> {
  return withSnapshots(await verifyRecording(directory, 'rec-1', isOwn), isOwn, find);
}

function edit(change: (manifest: RecordingManifest) => void): void {
  const path = join(directory, 'recording.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as RecordingManifest;
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

it('one that nobody edited is intact', async () => {
  await record();
  expect(await verified()).toMatchObject({ ok: true, problems: [], snapshots: { present: 1, missing: [] } });
});

describe('the head', () => {
  const contract = { name: 'c', digest: 'd', document: { tools: {} } };
  const edits: [string, Partial<RecordingManifest['head']>][] = [
    ['createdAt', { createdAt: '2027-01-02T03:04:05.678Z' }],
    ['versions', { versions: { holdfast: '9', node: 'v24', kernel: '6' } }],
    ['sandbox', { sandbox: { ...sampleHead().sandbox, network: { allow: [{ host: 'evil.example' }] } } }],
    ['base', { base: { template: 'other', templateDigest: 'ab', snapshot: null } }],
    ['contract', { contract }],
    ['profile', { profile: 'other' }],
    ['seeds', { seeds: { sandbox: '7' } }],
    ['parent', { parent: { recording: 'rec-0', step: 1, hash: digest } }],
    ['source', { source: 'atif' }],
  ] as [string, Partial<RecordingManifest['head']>][];

  it.each(edits)('is what the first event says: %s', async (field, change) => {
    await record();
    edit((manifest) => void Object.assign(manifest.head, change));
    const problem = expect.stringContaining(`another ${field} than its first event`);
    expect(await verified()).toMatchObject({ ok: false, problems: [problem] });
    // Nothing is done again by an edited one.
    await expect(readRun(await openRecording(directory))).rejects.toMatchObject({ code: 'recording-corrupt' });
  });

  it('of one that was brought in has this home’s id, tenant and name, and nothing else', async () => {
    await record();
    edit(({ head }) => void Object.assign(head, { tenant: 'b', name: 'mine' }));
    expect(await verified(false)).toMatchObject({ ok: true });
    expect(await verified()).toMatchObject({ ok: false, problems: [expect.stringContaining('name, tenant')] });
    edit(({ head }) => void Object.assign(head, { seeds: { sandbox: '7' } }));
    expect(await verified(false)).toMatchObject({ ok: false, problems: [expect.stringContaining('seeds')] });
  });
});

describe('the closing', () => {
  type Closed = NonNullable<RecordingManifest['closed']>;
  const edits: [string, (closed: Closed) => void][] = [
    ['the number of its events', (closed) => void closed.events++],
    ['the number of its steps', (closed) => void closed.steps--],
    ['the token', (closed) => void Object.assign(closed, { redactions: {} })],
    ['the token', (closed) => void Object.assign(closed.redactions[token] ?? {}, { kind: 'pattern' })],
    ['the snapshot', (closed) => void closed.snapshots.pop()],
    ['the snapshot', (closed) => void Object.assign(closed.snapshots[0] ?? {}, { snapshot: 'snp-2' })],
    ['the snapshot', (closed) => void Object.assign(closed.snapshots[0] ?? {}, { digest: 'cd'.repeat(32) })],
    ['a snapshot that no event tells', (closed) => void closed.snapshots.push({ step: 1, snapshot: 'x', digest })],
    ['a token that no event tells', (closed) => void Object.assign(closed.redactions, { x: { kind: 'a', name: 'b' } })],
    ['how it ended', (closed) => void Object.assign(closed, { reason: 'full' })],
  ];

  it.each(edits)('is what the events say: %s', async (what, change) => {
    await record();
    edit(({ closed }) => closed && change(closed));
    const { ok, problems } = await verified();
    expect({ ok, told: problems.some((problem) => problem.includes(what)) }).toEqual({ ok: false, told: true });
  });

  it('may have what an event that was lost would have told', async () => {
    const writer = await sampleWriter(directory, []);
    // Of what could not be written a gap tells.
    writer.tryAppend({ type: 'note', by: 'a', text: '\ud800' });
    writer.append({ type: 'recording-ended', reason: 'stopped', steps: 0 });
    const facts = { at: '2026-01-02T03:05:00.000Z', reason: 'stopped', steps: 0, redactions: {}, tape: null };
    await writer.close({ ...facts, snapshots: [{ step: 0, snapshot: 'snp-1', digest: null }] });
    expect(await verified()).toMatchObject({ ok: true, problems: [] });
  });
});

describe('a snapshot', () => {
  it('that is gone, or another one, is damage of an own recording', async () => {
    await record();
    const gone = await verified(true, () => null);
    expect(gone).toMatchObject({ ok: false, problems: [expect.stringContaining('snp-1 of step 2 is not here')] });
    const other = await verified(true, () => ({ digest: 'cd'.repeat(32) }));
    expect(other).toMatchObject({ ok: false, problems: [expect.stringContaining('not the one that was recorded')] });
    // Where a digest is not known nothing is held against it.
    expect(await verified(true, () => ({ digest: null }))).toMatchObject({ ok: true });
  });

  it('of which there was a later one of its step may be gone', async () => {
    const writer = await sampleWriter(directory, [{ input: { command: 'ls' } }]);
    const facts = { digest, method: 'copy' as const, pauseMs: 1, addedFiles: 1, addedBytes: 1, processes: [] };
    for (const snapshot of ['snp-1', 'snp-2']) writer.append({ type: 'snapshot-taken', step: 1, snapshot, ...facts });
    await writer.leave();
    const kept =
      (id: string): FindSnapshot =>
      (snapshot) =>
        snapshot === id ? { digest } : null;
    expect(await verified(true, kept('snp-2'))).toMatchObject({ ok: true, snapshots: { present: 1, missing: [] } });
    expect(await verified(true, kept('snp-1'))).toMatchObject({ ok: false, snapshots: { missing: ['snp-2'] } });
  });

  it('of one that was brought in is elsewhere', async () => {
    await record();
    expect(await verified(false, () => null)).toMatchObject({
      ok: true,
      snapshots: { present: 0, missing: ['snp-1'] },
    });
  });
});
