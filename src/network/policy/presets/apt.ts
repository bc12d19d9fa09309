/**
 * apt: every source of this machine, in both formats, with the keys it is checked by. They come into the sandbox as files,
 * as the `host` template has an empty /etc/apt whose `apt.conf` leads there (filesystem/template-host.ts). The apt of
 * another template reads its own sources: one that names other mirrors needs rules of its own. Proxies and passwords in
 * apt's configuration are not passed on.
 */
import type { ExpandedPreset } from '../../../schema/index.ts';
import { trustDirectory } from '../../inside.ts';
import { notConfigured, type PresetExpansion, rulesFor, unusable, withoutCredentials } from './places.ts';
import type { PresetReader } from './reader.ts';

type PresetFile = ExpandedPreset['files'][number];
/** Fields of one source by name, lower case; values keep their further lines. */
type Source = Map<string, string>;

const directory = '/etc/apt';
/** Lists and packages: whoever uses apt inside may write there. */
const kept = '/var/tmp/apt';

export async function expandApt(reader: PresetReader): Promise<PresetExpansion> {
  const parts = await reader.list(`${directory}/sources.list.d`);
  const names = ['sources.list', ...parts.map((name) => `sources.list.d/${name}`)];
  const found = (await Promise.all(names.map((name) => readSources(name, reader)))).flat();
  const sources = found.flatMap(onNetwork);
  if (sources.length === 0) {
    throw notConfigured('apt', `${directory} has no source on the network`, `Add a source below ${directory}.`);
  }
  const urls = new Set(sources.flatMap((source) => words(source.get('uris'))));
  const rules = await rulesFor('apt', [...urls], reader);
  const keys = new Keys(reader);
  const signed = await Promise.all(sources.map((source) => keys.bring(source)));
  const files = [
    file('apt.conf', configuration(await settings(reader))),
    file('apt.sources', signed.map(paragraph).join('\n')),
    // Nothing is installed: apt does without a list of that, but not without the file.
    file('apt.status', ''),
    ...keys.files,
  ];
  return { rules, environment: {}, files };
}

async function readSources(name: string, reader: PresetReader): Promise<Source[]> {
  const isDeb822 = name.endsWith('.sources');
  if (!isDeb822 && !name.endsWith('.list')) return [];
  const text = (await reader.read(`${directory}/${name}`))?.toString('utf8') ?? '';
  return isDeb822 ? deb822(text) : oneLine(text);
}

/** Names of options that are spelled otherwise as fields. */
const fieldNames: Readonly<Record<string, string>> = { arch: 'architectures', lang: 'languages', target: 'targets' };

function oneLine(text: string): Source[] {
  const lines = text.matchAll(/^[ \t]*(deb(?:-src)?)[ \t]+(?:\[([^\]\n]*)\][ \t]*)?(\S+)([^#\n]*)/gm);
  return [...lines].map(([, type = '', options = '', uri = '', rest = '']) => {
    const [suite = '', ...components] = words(rest);
    const given = words(options).map((option): [string, string] => {
      const [, name = '', change = '', value = ''] = /^([^=+-]+(?:-[^=+-]+)*)([+-]?)=(.*)$/.exec(option) ?? [];
      const ending = change === '+' ? '-add' : change === '-' ? '-remove' : '';
      return [`${fieldNames[name] ?? name}${ending}`, value.replaceAll(',', ' ')];
    });
    const source: Source = new Map([['types', type], ['uris', uri], ['suites', suite], ...given]);
    return components.length > 0 ? source.set('components', components.join(' ')) : source;
  });
}

/** Paragraphs of fields; a line that begins with a space goes on with the one before. */
function deb822(text: string): Source[] {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n[ \t]*\n/);
  return paragraphs.map((each) => {
    const fields = each.matchAll(/^([!-9;-~]+):(.*(?:\n[ \t].*)*)/gm);
    return new Map(
      [...fields].map(([, name = '', value = '']) => [name.toLowerCase(), value.replace(/^[ \t]+/, '').trimEnd()]),
    );
  });
}

/** None when it is switched off, or only of local media. */
function onNetwork(source: Source): Source[] {
  if (/^(?:no|false|off|0|without|disable)$/i.test(source.get('enabled') ?? '')) return [];
  const urls = words(source.get('uris')).filter(isReached);
  return urls.length === 0 ? [] : [new Map(source).set('uris', urls.join(' '))];
}

function isReached(url: string): boolean {
  if (/^https?:/i.test(url)) return true;
  if (/^(?:file|cdrom|copy):/i.test(url)) return false;
  throw unusable('apt', `the source ${withoutCredentials(url)} does not name one host over http or https`);
}

/** Brings keys that lie where a sandbox has none: outside /usr. */
class Keys {
  readonly files: PresetFile[] = [];
  readonly #reader: PresetReader;
  readonly #brought = new Map<string, Promise<string>>();

  constructor(reader: PresetReader) {
    this.#reader = reader;
  }

  async bring(source: Source): Promise<Source> {
    const signedBy = source.get('signed-by');
    // A key itself, of many lines.
    if (signedBy?.includes('BEGIN PGP')) return source;
    const named = signedBy === undefined ? await this.#trusted() : words(signedBy);
    const paths = await Promise.all(named.map((name) => (name.startsWith('/') ? this.#place(name) : name)));
    if (paths.length === 0) return source;
    return new Map(source).set('signed-by', paths.join(' '));
  }

  async #trusted(): Promise<string[]> {
    const names = await this.#reader.list(`${directory}/trusted.gpg.d`);
    const parts = names
      .filter((name) => /\.(?:gpg|asc)$/.test(name))
      .map((name) => `${directory}/trusted.gpg.d/${name}`);
    return (await this.#reader.read(`${directory}/trusted.gpg`)) ? [`${directory}/trusted.gpg`, ...parts] : parts;
  }

  #place(path: string): Promise<string> {
    if (path.startsWith('/usr/')) return Promise.resolve(path);
    const known = this.#brought.get(path) ?? this.#copy(path);
    this.#brought.set(path, known);
    return known;
  }

  async #copy(path: string): Promise<string> {
    const name = `apt-key-${this.#brought.size + 1}.${path.endsWith('.asc') ? 'asc' : 'gpg'}`;
    const content = await this.#reader.read(path);
    // Missing here as well: apt says so inside as it does here.
    if (!content) return path;
    this.files.push({ name, base64: content.toString('base64') });
    return `${trustDirectory}/${name}`;
  }
}

/** Of the machine's settings those that say how sources are read; nothing that could name a proxy or a password. */
const passedOn =
  /^(?:APT::(?:Architectures?|Default-Release|Install-Recommends)|Acquire::(?:Check-Valid-Until|Check-Date|M(?:ax|in)-ValidTime|Languages|PDiffs|By-Hash))(?:::[\w-]*)* "[^"]*";$/;

async function settings(reader: PresetReader): Promise<string[]> {
  const output = await reader.run('apt-config', ['dump']);
  return (output?.stdout ?? '').split('\n').filter((line) => passedOn.test(line));
}

function configuration(more: readonly string[]): string {
  const lines = [
    `Dir::Etc::sourcelist "${trustDirectory}/apt.sources";`,
    `Dir::State "${kept}";`,
    `Dir::State::status "${trustDirectory}/apt.status";`,
    `Dir::Cache "${kept}";`,
    // Where apt asks for services of a host by name, nobody answers.
    'Acquire::EnableSrvRecords "false";',
    // There is no other user to become.
    'APT::Sandbox::User "root";',
    ...more,
  ];
  return `${lines.join('\n')}\n`;
}

const paragraph = (source: Source): string => [...source].map(([name, value]) => `${name}: ${value}\n`).join('');

const words = (text = ''): string[] => text.split(/\s+/).filter((word) => word !== '');

const file = (name: string, text: string): PresetFile => ({ name, base64: Buffer.from(text).toString('base64') });
