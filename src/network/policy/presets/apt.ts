/**
 * apt: every source of this machine, in both formats. The sandbox's own apt reads the sources of its template: a template
 * that names other mirrors needs rules of its own. A proxy in apt's configuration is not passed on: the gateway has its
 * own way out.
 */
import { notConfigured, type PresetExpansion, rulesFor, unusable, withoutCredentials } from './places.ts';
import type { PresetReader } from './reader.ts';

const directory = '/etc/apt';

export async function expandApt(reader: PresetReader): Promise<PresetExpansion> {
  const parts = await reader.list(`${directory}/sources.list.d`);
  const names = ['sources.list', ...parts.map((name) => `sources.list.d/${name}`)];
  const found = await Promise.all(names.map((name) => readSources(name, reader)));
  const urls = [...new Set(found.flat().flatMap(reached))];
  if (urls.length === 0) {
    throw notConfigured('apt', `${directory} has no source on the network`, `Add a source below ${directory}.`);
  }
  return { rules: await rulesFor('apt', urls, reader), environment: {} };
}

async function readSources(name: string, reader: PresetReader): Promise<string[]> {
  const isDeb822 = name.endsWith('.sources');
  if (!isDeb822 && !name.endsWith('.list')) return [];
  const text = (await reader.read(`${directory}/${name}`))?.toString('utf8') ?? '';
  return isDeb822 ? deb822(text) : oneLine(text);
}

function oneLine(text: string): string[] {
  const lines = text.matchAll(/^[ \t]*deb(?:-src)?[ \t]+(?:\[[^\]\n]*\][ \t]*)?(\S+)/gm);
  return [...lines].map(([, url = '']) => url);
}

/** Paragraphs of fields; a line that begins with a space goes on with the one before. */
function deb822(text: string): string[] {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n[ \t]*\n/);
  return paragraphs.flatMap((paragraph) => {
    const unfolded = paragraph.replace(/\n[ \t]+/g, ' ');
    const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'im').exec(unfolded)?.[1]?.trim() ?? '';
    return /^(?:no|false|off|0|without|disable)$/i.test(field('enabled')) ? [] : field('uris').split(/\s+/);
  });
}

/** Of local media nothing is reached. */
function reached(url: string): string[] {
  if (/^https?:/i.test(url)) return [url];
  if (url === '' || /^(?:file|cdrom|copy):/i.test(url)) return [];
  throw unusable('apt', `the source ${withoutCredentials(url)} does not name one host over http or https`);
}
