import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exitReasons } from '../schema/index.ts';
import { launcherTags, launcherTypes } from './launcher-wire.ts';
import { headerBytes, maxPayloadBytes, messageTypes, protocolVersion, tags } from './wire.ts';

const read = (name: string): string => readFileSync(new URL(`../../guest/common/${name}`, import.meta.url), 'utf8');
const header = read('protocol.h');
const launcherHeader = read('launcher.h');

describe('the numbers of host and guest', () => {
  it('agree on messages', () => {
    expect(enumOf('hf_message', 'HF_')).toEqual(messageTypes);
  });

  it('agree on tags', () => {
    expect(enumOf('hf_tag', 'HF_TAG_')).toEqual(tags);
  });

  it('agree on what the launcher is told', () => {
    expect(enumOf('hf_launcher_message', 'HF_', launcherHeader)).toEqual(launcherTypes);
    expect(enumOf('hf_launcher_tag', 'HF_TAG_', launcherHeader)).toEqual(launcherTags);
  });

  it('agree on exit reasons', () => {
    const expected = exitReasons.map((reason, index) => [camel(reason.replaceAll('-', '_')), index + 1]);
    expect(enumOf('hf_exit_reason', 'HF_REASON_')).toEqual(Object.fromEntries(expected));
  });

  it('agree on version and sizes', () => {
    expect(['VERSION', 'HEADER_BYTES', 'MAX_PAYLOAD'].map(defined)).toEqual([
      protocolVersion,
      headerBytes,
      maxPayloadBytes,
    ]);
  });
});

function enumOf(name: string, prefix: string, text = header): Record<string, number> {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  const members = [...body.matchAll(/HF_(\w+) = (\w+)/g)];
  expect(members.length).toBeGreaterThan(10);
  return Object.fromEntries(
    members.map(([, member, value]) => [camel(`HF_${member}`.slice(prefix.length)), Number(value)]),
  );
}

const camel = (upper: string): string =>
  upper.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const defined = (name: string): number => Number(new RegExp(`#define HF_${name} (\\d+)`).exec(header)?.[1]);
