/**
 * cargo: the sparse indexes of crates-io (or what replaces it) and of named registries, and the places their own
 * `config.json` names for downloads. The default index is built into cargo and printed by no command: it is read off the
 * error of a search that is sent to a port where nobody listens.
 */
import { notConfigured, type PresetExpansion, readPlace, reasonOf, rulesFor, unusable } from './places.ts';
import type { PresetReader } from './reader.ts';

type Settings = ReadonlyMap<string, string>;

export async function expandCargo(reader: PresetReader): Promise<PresetExpansion> {
  const settings = await readSettings(reader);
  const named = [...settings].filter(([key]) => /^registries\.[^.]+\.index$/.test(key));
  const standing = replacement(settings) ?? [await askCargo(reader)];
  const indexes = [...new Set([...standing, ...named.map(([, url]) => url)])].map(sparse);
  // Before anything is fetched: a URL with a password is refused.
  for (const index of indexes) readPlace('cargo', index);
  const downloads = await Promise.all(indexes.map((index) => downloadOf(index, reader)));
  const variables = named.map(([key, url]) => [`CARGO_REGISTRIES_${variable(key.split('.')[1] ?? '')}_INDEX`, url]);
  return {
    rules: await rulesFor('cargo', [...indexes, ...downloads], reader),
    environment: { CARGO_REGISTRIES_CRATES_IO_PROTOCOL: 'sparse', ...Object.fromEntries(variables) },
  };
}

/** What stands in place of crates-io: null is itself, none is a directory on disk. */
function replacement(settings: Settings): string[] | null {
  let name = settings.get('source.crates-io.replace-with');
  if (name === undefined) return null;
  for (let steps = 0; steps < 16; steps++) {
    const next: string | undefined = settings.get(`source.${name}.replace-with`);
    if (next === undefined) break;
    name = next;
  }
  if (settings.has(`source.${name}.directory`) || settings.has(`source.${name}.local-registry`)) return [];
  const url = settings.get(`source.${name}.registry`) ?? settings.get(`registries.${name}.index`);
  if (url === undefined) throw unusable('cargo', `the source ${name}, which replaces crates-io, has no registry`);
  return [url];
}

async function askCargo(reader: PresetReader): Promise<string> {
  const nowhere = { CARGO_HTTP_PROXY: 'http://127.0.0.1:1', CARGO_NET_RETRY: '0', CARGO_TERM_COLOR: 'never' };
  const output = await reader.run('cargo', ['search', '--limit', '1', 'cargo'], nowhere);
  if (output === null) throw notConfigured('cargo', 'cargo is not installed here', 'Install cargo.');
  const url = /`(https?:\/\/[^`\s]+\/)config\.json`/.exec(output.stderr)?.[1];
  if (url === undefined) throw unusable('cargo', 'this cargo does not say which sparse index it uses');
  return `sparse+${url}`;
}

function sparse(index: string): string {
  if (index.startsWith('sparse+')) return index.slice('sparse+'.length);
  throw unusable('cargo', 'an index is a git repository; only sparse indexes (sparse+https://...) are read');
}

async function downloadOf(index: string, reader: PresetReader): Promise<string> {
  const address = `${index.replace(/\/+$/, '')}/config.json`;
  const problem = (why: string): Error => unusable('cargo', `${address} does not say where crates are: ${why}`);
  const page = await reader.fetch(address).catch((error: unknown) => {
    throw problem(reasonOf(error));
  });
  if (page.status !== 200) throw problem(`status ${page.status}`);
  const text = /"dl"\s*:\s*"([^"]+)"/.exec(page.text)?.[1];
  if (text === undefined) throw problem('it has no "dl"');
  // Markers such as {crate} vary: what stands before the first one does not.
  return text.includes('{') ? text.slice(0, text.indexOf('{')).replace(/[^/]*$/, '') : text;
}

async function readSettings({ environment, read }: PresetReader): Promise<Settings> {
  const home = environment['CARGO_HOME'] ?? `${environment['HOME'] ?? ''}/.cargo`;
  const file = (await read(`${home}/config.toml`)) ?? (await read(`${home}/config`));
  const settings = readToml(file?.toString('utf8') ?? '');
  for (const [key, value] of Object.entries(environment)) {
    const name = /^CARGO_REGISTRIES_(.+)_INDEX$/.exec(key)?.[1];
    if (name !== undefined && value) settings.set(`registries.${name.toLowerCase().replaceAll('_', '-')}.index`, value);
  }
  return settings;
}

/** Tables and plain strings, by dotted key: all that sources and registries are written with. */
function readToml(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  let table = '';
  for (const line of text.split('\n')) {
    const header = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/.exec(line)?.[1];
    if (header !== undefined) table = `${plainKey(header)}.`;
    const [, key, , string] = /^\s*([\w."'-]+)\s*=\s*(["'])(.*?)\2\s*(?:#.*)?$/.exec(line) ?? [];
    if (key !== undefined && string !== undefined) settings.set(`${table}${plainKey(key)}`, string);
  }
  return settings;
}

function plainKey(key: string): string {
  return key.replaceAll(/["'\s]/g, '');
}

function variable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
