/**
 * pip: the indexes that pip says it uses; without any, the default that is built into pip. Files often lie on another
 * host than their index: it is learnt from the links of one index page, and only below the first directory they share.
 */
import {
  notConfigured,
  type PresetExpansion,
  readPlace,
  reasonOf,
  rulesFor,
  unusable,
  withoutCredentials,
} from './places.ts';
import type { PresetReader, ProgramOutput } from './reader.ts';

/** In nearly every index, since pip installs and updates itself from there. */
const probe = 'pip';
const askDefault = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)';

export async function expandPip(reader: PresetReader): Promise<PresetExpansion> {
  const settings = readSettings((await python(reader, ['-m', 'pip', 'config', 'list'])).stdout);
  const index = settings.get('index-url') ?? (await python(reader, ['-c', askDefault])).stdout.trim();
  const extra = (settings.get('extra-index-url') ?? '').split(/\s+/).filter((url) => url !== '');
  const indexes = [index, ...extra];
  // Before anything is fetched: a URL with a password is refused.
  for (const url of indexes) readPlace('pip', url);
  const files = (await Promise.all(indexes.map((url) => fileRoots(url, reader)))).flat();
  return {
    rules: await rulesFor('pip', [...indexes, ...files], reader),
    environment: {
      PIP_INDEX_URL: index,
      ...(extra.length > 0 ? { PIP_EXTRA_INDEX_URL: extra.join(' ') } : {}),
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      UV_DEFAULT_INDEX: index,
      ...(extra.length > 0 ? { UV_INDEX: extra.join(' ') } : {}),
    },
  };
}

async function python(reader: PresetReader, args: readonly string[]): Promise<ProgramOutput> {
  const output = await reader.run('python3', args);
  if (output === null) throw notConfigured('pip', 'python3 is not installed here', 'Install python3 and pip.');
  if (output.status === 0) return output;
  const why = `python3 and pip do not say it: ${output.stderr.trim().slice(-300)}`;
  throw notConfigured('pip', why, 'Install pip for python3.');
}

/** Lines such as `global.index-url='https://...'`; the environment stands above a command's section, that above the rest. */
function readSettings(text: string): Map<string, string> {
  const rank = (section: string): number => [':env:', 'download', 'install'].indexOf(section) + 1 || 4;
  const found = [...text.matchAll(/^([^.\s]+)\.([a-z-]+)=(['"])(.*)\3\s*$/gm)]
    .map(([, section = '', key = '', , value = '']) => ({ section, key, value: value.replaceAll('\\n', ' ').trim() }))
    .sort((one, other) => rank(other.section) - rank(one.section));
  return new Map(found.map(({ key, value }) => [key, value]));
}

async function fileRoots(index: string, reader: PresetReader): Promise<string[]> {
  const shown = withoutCredentials(index);
  const page = await reader.fetch(`${index.replace(/\/+$/, '')}/${probe}/`).catch((error: unknown) => {
    throw unusable('pip', `the index ${shown} does not say where its files are: ${reasonOf(error)}`);
  });
  if (page.status === 404) return [];
  if (page.status !== 200) throw unusable('pip', `the index ${shown} answers with status ${page.status}`);
  const links = [...page.text.matchAll(/<a\s[^>]*?href=["']([^"'#]+)/gi)].map(([, href = '']) =>
    URL.parse(href.replaceAll('&amp;', '&'), page.url),
  );
  return [...new Set(links.flatMap((link) => (link ? [rootOf(link)] : [])))];
}

/** The host and the first directory of the path: what an index spreads below it, nobody can know. */
function rootOf({ origin, pathname }: URL): string {
  const [directory = '', ...rest] = pathname.slice(1).split('/');
  return rest.length === 0 ? origin : `${origin}/${directory}`;
}
