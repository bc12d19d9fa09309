/** What a session's log says that its agents remembered. */
import type { StoredEntry } from '../state/index.ts';
import { fields } from './conversation.ts';

export interface Remembered {
  slot: string;
  key: string;
  value: string;
  /** When it was, ISO 8601. */
  at: string;
}

/** In the order of the log. */
export function rememberedIn(entries: readonly StoredEntry[]): Remembered[] {
  const inputs = new Map<string, unknown>();
  const remembered: Remembered[] = [];
  for (const { kind, position, at, data } of entries) {
    if (kind === 'called' && data['tool'] === 'remember') inputs.set(`c${position}.0`, data['input']);
    if (kind !== 'outcome') continue;
    const content = data['name'] === 'model' && Array.isArray(data['content']) ? data['content'] : [];
    for (const [index, part] of content.entries()) {
      const { type, tool, input } = fields(part);
      if (type === 'call' && tool === 'remember') inputs.set(`c${position}.${index}`, input);
    }
    if (data['name'] !== 'tool' || data['tool'] !== 'remember' || data['ok'] !== true) continue;
    const { slot, key, value } = fields(inputs.get(String(data['callId'])));
    remembered.push({ slot: String(slot), key: String(key), value: String(value), at });
  }
  return remembered;
}
