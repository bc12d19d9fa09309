/**
 * One episode: read the orders, book them once, write their sum. Three steps that any agent's work is made of: a read, an
 * effect that must not come twice, a write that may. The policy decides after each answer; a verifier, which no fault
 * reaches, decides about the end.
 */
import type { HoldfastService, ToolResult } from 'holdfast/schema';
import type { Chosen, Deed, Policy } from './policy.ts';

export interface Episode {
  success: boolean;
  calls: number;
  /** Of them, those that met a fault. */
  hit: number;
  reward: number;
  chosen: Chosen[];
}

export interface Trial {
  service: HoldfastService;
  sandbox: string;
  policy: Policy;
  /** The next number from 0 up to 1. */
  draw(): number;
  /** Tries things out, or does what it thinks best. */
  explores: boolean;
}

type Step = 'read' | 'book' | 'write';

const mostTurns = 6;
const waitMs = 60;
const costs = { call: 0.02, wait: 0.01 };
export const orders = [12, 7, 30, 5, 41, 18, 9, 26];

export async function prepare(service: HoldfastService, sandbox: string): Promise<void> {
  const lines = [`${orders.length} orders`, ...orders].join('\n');
  await service.writeFile(sandbox, '/workspace/orders.txt', new TextEncoder().encode(`${lines}\n`));
}

export async function play(trial: Trial): Promise<Episode> {
  const run = new Run(trial);
  const read = await run.step('read', 'cat orders.txt');
  const sum = [...read.matchAll(/^\d+$/gm)].reduce((total, [line]) => total + Number(line), 0);
  await run.step('book', 'echo booked >> ledger.txt');
  await run.step('write', `echo ${sum} > sum.txt`);
  const { success, hit } = await verify(trial);
  return { success, hit, calls: run.calls, chosen: run.chosen, reward: (success ? 1 : 0) - run.cost };
}

/** Everything that was injected is over: what is judged is the work. */
async function verify({ service, sandbox }: Trial): Promise<Pick<Episode, 'success' | 'hit'>> {
  const { labels } = await service.stopFaults(sandbox);
  const command = 'cat sum.txt ledger.txt 2>/dev/null';
  const { stdout } = await service.exec(sandbox, { argv: ['/bin/sh', '-c', command] });
  const wanted = `${orders.reduce((total, order) => total + order, 0)}\nbooked\n`;
  const hit = new Set(labels.filter(({ applied }) => applied).map(({ position }) => position)).size;
  return { success: new TextDecoder().decode(stdout) === wanted, hit };
}

class Run {
  readonly chosen: Chosen[] = [];
  calls = 0;
  cost = 0;
  readonly #trial: Trial;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  /** Answers what was read, or ''. */
  async step(step: Step, command: string): Promise<string> {
    let answer = await this.#shell(command);
    for (let turn = 0; turn < mostTurns; turn++) {
      const situation = `${step}: ${situationOf(step, answer)}`;
      const deed = this.#decide(situation);
      if (deed === 'accept') break;
      if (deed === 'wait') await this.#wait();
      if (deed === 'verify') {
        const found = await this.#look(step);
        if (found !== null) return found;
      }
      answer = deed === 'fall-back' ? await this.#otherWay(step, command) : await this.#shell(command);
    }
    return textOf(answer);
  }

  #decide(situation: string): Deed {
    const { policy, explores, draw } = this.#trial;
    // What it never saw it can only guess.
    const deed = explores || !policy.knows(situation) ? policy.choose(situation, draw()) : policy.best(situation);
    this.chosen.push({ situation, deed });
    return deed;
  }

  #shell(command: string): Promise<ToolResult> {
    return this.#call('shell', { command, timeoutMs: 1000 });
  }

  /** With the other tool; an effect by reading, adding and writing as a whole. */
  async #otherWay(step: Step, command: string): Promise<ToolResult> {
    if (step === 'read') return this.#call('files', { action: 'read', path: 'orders.txt' });
    const content = step === 'book' ? 'booked\n' : `${/\d+/.exec(command)?.[0] ?? ''}\n`;
    return this.#call('files', { action: 'write', path: step === 'book' ? 'ledger.txt' : 'sum.txt', content });
  }

  /** Whether it is done already, as far as can be seen: what was read, or '' for an effect; null when it is not. */
  async #look(step: Step): Promise<string | null> {
    const path = { read: 'orders.txt', book: 'ledger.txt', write: 'sum.txt' }[step];
    const seen = await this.#call('files', { action: 'read', path });
    const text = textOf(seen);
    if (step === 'read') return isWhole(text) ? text : null;
    return text.trim() === '' ? null : '';
  }

  async #wait(): Promise<void> {
    this.cost += costs.wait;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  #call(tool: string, input: unknown): Promise<ToolResult> {
    this.calls++;
    this.cost += costs.call;
    return this.#trial.service.callTool(this.#trial.sandbox, { tool, input });
  }
}

/** All that a policy can tell apart, from what an agent sees. */
function situationOf(step: Step, result: ToolResult): string {
  if (!result.ok) return result.error.code === 'rate-limited' ? 'rate-limited' : `error ${result.error.code}`;
  const reason = fieldOf(result, 'reason');
  if (reason !== undefined && (reason !== 'exited' || fieldOf(result, 'exitCode') !== 0)) return `ended ${reason}`;
  if (step !== 'read') return 'fine';
  const text = textOf(result);
  return text === '' ? 'nothing' : isWhole(text) ? 'whole' : 'in part';
}

/** The first line says how many there are. */
function isWhole(text: string): boolean {
  const [head = '', ...lines] = text.trim().split('\n');
  return lines.length > 0 && head === `${lines.length} orders` && lines.every((line) => /^\d+$/.test(line));
}

function textOf(result: ToolResult): string {
  return String(fieldOf(result, 'stdout') ?? fieldOf(result, 'content') ?? '');
}

function fieldOf(result: ToolResult, name: string): unknown {
  return result.ok && typeof result.output === 'object' && result.output !== null
    ? Reflect.get(result.output, name)
    : undefined;
}
