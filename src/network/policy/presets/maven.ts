/**
 * maven: the mirrors and repositories of its settings; without a mirror of the central one, the repository that Maven's
 * own super POM names, read out of its jar. What a sandbox's Maven uses is written in the settings of its template.
 */
import { notConfigured, type PresetExpansion, rulesFor } from './places.ts';
import type { PresetReader } from './reader.ts';
import { readZipEntry } from './zip.ts';

const superPom = 'org/apache/maven/model/pom-4.0.0.xml';

export async function expandMaven(reader: PresetReader): Promise<PresetExpansion> {
  const home = await mavenHome(reader);
  const files = [`${reader.environment['HOME'] ?? ''}/.m2`, ...(home === null ? [] : [`${home}/conf`])];
  const texts = await Promise.all(files.map((directory) => readXml(`${directory}/settings.xml`, reader)));
  // A blocked one stands for what Maven refuses to reach.
  const mirrors = texts.flatMap((text) => elements(text, 'mirror')).filter((each) => value(each, 'blocked') !== 'true');
  const own = texts.flatMap(repositories);
  const urls = [
    ...mirrors.map((mirror) => value(mirror, 'url')),
    ...(mirrors.some((mirror) => standsFor(mirror, null)) ? [] : own),
    ...(mirrors.some((mirror) => standsFor(mirror, 'central')) ? [] : await builtIn(home, reader)),
  ];
  return { rules: await rulesFor('maven', [...new Set(urls)], reader), environment: {} };
}

async function mavenHome({ environment, run }: PresetReader): Promise<string | null> {
  const output = await run('mvn', ['-v'], { MAVEN_OPTS: '', MAVEN_ARGS: '' });
  const printed = /^Maven home: (.+?)\s*$/m.exec(output?.stdout ?? '')?.[1];
  return printed ?? environment['MAVEN_HOME'] ?? null;
}

async function builtIn(home: string | null, reader: PresetReader): Promise<string[]> {
  const fix = 'Install Maven, or add a mirror to ~/.m2/settings.xml.';
  if (home === null) {
    throw notConfigured('maven', 'Maven is not installed here, and no settings.xml names a mirror', fix);
  }
  const jars = (await reader.list(`${home}/lib`)).filter((name) => /^maven-(?:model|impl|compat).*\.jar$/.test(name));
  for (const jar of jars) {
    const bytes = await reader.read(`${home}/lib/${jar}`);
    const pom = bytes === null ? null : readZipEntry(bytes, superPom);
    if (pom !== null) return repositories(plain(pom.toString('utf8')));
  }
  throw notConfigured('maven', `${home}/lib has no jar with the super POM`, fix);
}

async function readXml(path: string, reader: PresetReader): Promise<string> {
  return plain((await reader.read(path))?.toString('utf8') ?? '');
}

function repositories(text: string): string[] {
  return [...elements(text, 'repository'), ...elements(text, 'pluginRepository')].map((each) => value(each, 'url'));
}

/** `mirrorOf` is a list; `external:*` is every repository that is not of this machine. Null asks for all of them. */
function standsFor(mirror: string, id: string | null): boolean {
  const names = value(mirror, 'mirrorOf')
    .split(',')
    .map((name) => name.trim());
  const isAll = names.includes('*') || names.includes('external:*');
  if (id === null) return isAll && !names.some((name) => name.startsWith('!'));
  return names.includes(id) || (isAll && !names.includes(`!${id}`));
}

function elements(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inside = '']) => inside);
}

function value(text: string, name: string): string {
  const raw = new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(text)?.[1] ?? '';
  return raw.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

function plain(xml: string): string {
  return xml.replace(/<!--[\s\S]*?-->/g, '');
}
