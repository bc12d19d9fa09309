/** go: the module proxies and the checksum database, as `go env` says. Without a proxy, modules come from anywhere. */
import { notConfigured, type PresetExpansion, rulesFor, unusable } from './places.ts';
import type { PresetReader } from './reader.ts';

const asked = ['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GOPRIVATE', 'GONOPROXY'] as const;

export async function expandGo(reader: PresetReader): Promise<PresetExpansion> {
  const settings = await askGo(reader);
  const setting = settings['GOPROXY'] ?? '';
  const proxies = setting
    .split(/[,|]/)
    .map((entry) => entry.trim())
    .filter((entry) => /^https?:/i.test(entry));
  if (proxies.length === 0) {
    const fix = 'Set one with `go env -w GOPROXY=https://...`.';
    throw notConfigured('go', `GOPROXY is ${setting || 'empty'}`, fix);
  }
  const kept = asked.filter((name) => name !== 'GOPROXY' && (settings[name] ?? '') !== '');
  return {
    rules: await rulesFor('go', [...proxies, ...checksums(settings['GOSUMDB'] ?? '')], reader),
    environment: {
      // Without `direct`: version control hosts are not reachable, and trying them hides the proxy's own answer.
      GOPROXY: proxies.join(','),
      ...Object.fromEntries(kept.map((name) => [name, settings[name] ?? ''])),
    },
  };
}

async function askGo(reader: PresetReader): Promise<Record<string, string>> {
  const output = await reader.run('go', ['env', '-json', ...asked]);
  if (output === null) throw notConfigured('go', 'go is not installed here', 'Install go.');
  if (output.status !== 0) throw unusable('go', `go env failed: ${output.stderr.trim().slice(-300)}`);
  try {
    return JSON.parse(output.stdout) as Record<string, string>;
  } catch {
    throw unusable('go', 'go env printed no JSON');
  }
}

/** `off`, `name`, `name+key`, or either with a URL of its own behind it. */
function checksums(value: string): string[] {
  if (value === '' || value === 'off') return [];
  const [name = '', url] = value.split(/\s+/);
  return [url ?? `https://${name.split('+')[0] ?? ''}`];
}
