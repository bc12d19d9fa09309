/**
 * Of a command that failed in a throw-away sandbox: what its network policy denied meanwhile, on stderr. Many programs say
 * no more than 403, and with the sandbox its log goes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService, NetworkFlow } from '../schema/index.ts';
import type { Output } from './output.ts';

/** Flows reach the daemon in batches, a twentieth of a second apart. */
const toldAfterMs = 120;
const mostShown = 5;

export async function tellDenials(service: HoldfastService, sandbox: string, output: Output): Promise<void> {
  await sleep(toldAfterMs);
  const denials = new Map<string, { flow: NetworkFlow; times: number }>();
  try {
    for await (const flow of service.networkFlows(sandbox, { denied: true })) {
      const key = `${flow.host}:${flow.port} ${flow.decision.message}`;
      const known = denials.get(key);
      if (known) known.times++;
      else denials.set(key, { flow, times: 1 });
    }
  } catch {
    // The command's own end is what was asked for.
    return;
  }
  for (const { flow, times } of [...denials.values()].slice(0, mostShown)) await output.say(described(flow, times));
  if (denials.size > mostShown) await output.say(`holdfast: and ${denials.size - mostShown} denials more`);
}

function described({ host, port, kind, decision }: NetworkFlow, times: number): string {
  const where = kind === 'dns' ? host : `${host}:${port}`;
  const often = times === 1 ? '' : `, ${times} times`;
  const hint = decision.hint === null ? '' : `\n  hint: ${decision.hint}`;
  return `holdfast: denied ${where}: ${decision.message} (${decision.code}${often})${hint}`;
}
