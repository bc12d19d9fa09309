/** npm: the registry and those of scopes, as npm itself reads its configuration; the user's own file without npm. */
import { notConfigured, type PresetExpansion, rulesFor, unusable } from './places.ts';
import type { PresetReader } from './reader.ts';

export async function expandNpm(reader: PresetReader): Promise<PresetExpansion> {
  const settings = (await askNpm(reader)) ?? (await readOwn(reader));
  const registry = settings['registry'];
  if (registry === undefined) {
    const why = 'npm is not installed here, and no .npmrc names one';
    throw notConfigured('npm', why, 'Install npm, or set npm_config_registry.');
  }
  const scoped = Object.entries(settings).filter(([key]) => /^@[^:]+:registry$/.test(key));
  return {
    rules: await rulesFor('npm', [registry, ...scoped.map(([, url]) => url)], reader),
    environment: {
      npm_config_registry: registry,
      // These send what is installed to the registry, which a reader has no need to.
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    },
  };
}

async function askNpm(reader: PresetReader): Promise<Record<string, string> | null> {
  const output = await reader.run('npm', ['config', 'ls', '--json']);
  if (output === null) return null;
  if (output.status !== 0) throw unusable('npm', `npm config failed: ${output.stderr.trim().slice(-500)}`);
  try {
    const all = Object.entries(JSON.parse(output.stdout) as Record<string, unknown>);
    return Object.fromEntries(all.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  } catch {
    throw unusable('npm', 'npm config printed no JSON');
  }
}

async function readOwn({ environment, read }: PresetReader): Promise<Record<string, string>> {
  const file = await read(environment['npm_config_userconfig'] ?? `${environment['HOME'] ?? ''}/.npmrc`);
  const lines = (file?.toString('utf8') ?? '').matchAll(/^[ \t]*([^#;=\s][^=\n]*?)[ \t]*=[ \t]*(.*?)[ \t]*$/gm);
  const own = Object.fromEntries([...lines].map(([, key = '', value = '']) => [key, value]));
  const registry = environment['npm_config_registry'];
  return registry ? { ...own, registry } : own;
}
