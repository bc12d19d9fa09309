/** The tool door of one sandbox, which tells each call in one line that begins with the policy's name. */
import type { HoldfastService, ToolDescription, ToolResult } from '../../schema/index.ts';
import { formatDuration, type Output } from '../output.ts';
import type { Door } from './policy.ts';

export interface DoorFacts {
  service: HoldfastService;
  sandbox: string;
  tools: readonly ToolDescription[];
  /** The policy's name, and which sandbox when there are several. */
  title: string;
  output: Output;
  onCall(result: ToolResult): void;
}

const longestInput = 70;

export function openDoor({ service, sandbox, tools, title, output, onCall }: DoorFacts): Door {
  return {
    tools,
    async call(name, input) {
      const result = await service.callTool(sandbox, { tool: name, input });
      onCall(result);
      await output.hint(
        `[${title}]   ${name}: ${inputLine(input)} -> ${resultLine(result)} (${formatDuration(result.durationMs)})`,
      );
      return result;
    },
  };
}

function inputLine(input: unknown): string {
  const text = fieldsOf(input)
    .map(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ')
    .replace(/\s+/g, ' ');
  return text.length > longestInput ? `${text.slice(0, longestInput)}…` : text;
}

function resultLine(result: ToolResult): string {
  if (!result.ok) return `refused, ${result.error.code}: ${result.error.message}`;
  const fields = Object.fromEntries(fieldsOf(result.output));
  if (!('exitCode' in fields)) return 'done';
  const words = `${fields['stdout'] ?? ''}\n${fields['stderr'] ?? ''}`.trim().split('\n').at(-1) ?? '';
  return `exit ${String(fields['exitCode'])}${words === '' ? '' : `, ${words.slice(0, longestInput)}`}`;
}

function fieldsOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
