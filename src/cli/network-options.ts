/** What may be reached, as people say it on a command line: presets, a policy file, single hosts. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { closest } from '../base/suggest.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { NetworkPolicyInput, NetworkPreset } from '../schema/index.ts';
import { textOf } from './contract-files.ts';

export const networkOptions = {
  network: {
    kind: 'text',
    value: 'POLICY',
    description: 'what it may reach: none, presets such as npm,pip, or a file',
  },
  allow: {
    kind: 'list',
    value: 'HOST',
    description: 'a host it may reach, e.g. *.example.com or tcp://db.example.com:5432',
  },
} as const;

interface NetworkOptionValues {
  network: string | undefined;
  allow: string[];
}

/** Undefined when nothing was said: the daemon's default, which is no network. */
export async function networkInputOf(options: NetworkOptionValues): Promise<'none' | NetworkPolicyInput | undefined> {
  const { network, allow } = options;
  if (network === undefined && allow.length === 0) return undefined;
  if (network === 'none') {
    if (allow.length === 0) return 'none';
    throw new HoldfastError('invalid-argument', '--network none and --allow contradict each other', {
      hint: 'Leave one of them out.',
    });
  }
  const policy = network === undefined ? {} : await policyOf(network);
  return { ...policy, allow: [...(policy.allow ?? []), ...allow.map(ruleOf)] };
}

/**
 * A list of presets' names, or else a file.
 * @param directory where a file's relative path begins; the process's own when absent
 */
export async function policyOf(text: string, directory?: string): Promise<NetworkPolicyInput> {
  const { networkPresets } = await import('../schema/index.ts');
  const words = text.split(',').map((word) => word.trim());
  const isPreset = (word: string): word is NetworkPreset => networkPresets.some((preset) => preset === word);
  if (words.every(isPreset)) return { presets: words };
  const [wrong = text] = words.filter((word) => !isPreset(word));
  const near = closest(wrong, networkPresets);
  const meant = near === null ? '' : ` Did you mean ${near}?`;
  const hint = `It takes none, presets (${networkPresets.join(', ')}), or a policy file.${meant}`;
  const path = resolve(directory ?? '.', text);
  if (words.length > 1 && !existsSync(path))
    throw new HoldfastError('invalid-argument', `there is no preset ${JSON.stringify(wrong)}`, { hint });
  return readPolicyFile(directory === undefined ? text : path, hint);
}

export async function readPolicyFile(
  path: string,
  hint = 'Give the path of a policy file.',
): Promise<NetworkPolicyInput> {
  const { parsePolicyFile } = await import('../network/policy/index.ts');
  return parsePolicyFile(await textOf(path, `the policy file ${path}`, hint), path);
}

/** `host`, `host:port`, and in front of them `https://` (the default), `http://` or `tcp://`. */
function ruleOf(text: string): NonNullable<NetworkPolicyInput['allow']>[number] {
  const [, protocol = 'https', v6, name, port] =
    /^(?:(https|http|tcp):\/\/)?(?:\[([0-9a-f:.]+)\]|([^/:@\s]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = v6 ?? name;
  if (host === undefined || (protocol === 'tcp' && port === undefined)) {
    throw new HoldfastError('invalid-argument', `--allow does not take "${text}"`, {
      hint: 'It takes HOST, HOST:PORT, http://HOST or tcp://HOST:PORT, e.g. *.example.com; paths stand in a policy file.',
    });
  }
  return {
    host,
    protocol: protocol.toLowerCase() as 'https' | 'http' | 'tcp',
    ...(port === undefined ? {} : { ports: [Number(port)] }),
  };
}
