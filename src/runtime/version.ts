import { readFileSync } from '../base/index.ts';
import type { VersionInfo } from '../schema/index.ts';

export function versionInfo(): VersionInfo {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return { version: manifest.version, apiVersion: 1, node: process.version, pid: process.pid };
}
