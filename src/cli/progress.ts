/** One line that says how far long work is: rewritten in place on a terminal, else a line for every stretch. */
import { type Io, writeTo } from './io.ts';
import { type Output, printable } from './output.ts';

export interface Stage {
  done: number;
  of: number;
  /** What is being done within the stretch; null between stretches. */
  step: string | null;
}

const barWidth = 20;

export class Progress implements AsyncDisposable {
  readonly #io: Io;
  readonly #output: Output;
  readonly #live: boolean;
  #last = '';
  #written: Promise<void> = Promise.resolve();

  constructor(io: Io, output: Output) {
    this.#io = io;
    this.#output = output;
    this.#live = io.stderr.isTTY === true && !output.json && io.environment['TERM'] !== 'dumb';
  }

  show(word: string, { done, of, step }: Stage): void {
    const filled = Math.round((barWidth * done) / Math.max(1, of));
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
    if (this.#live)
      this.#write(`\r\u001b[2K${printable(`${bar} ${word} ${done + 1}/${of}${step === null ? '' : ` · ${step}`}`)}`);
    else if (this.#last !== `${word} ${done}`) this.#say(`${word} ${done + 1}/${of}`);
    this.#last = `${word} ${done}`;
  }

  /** A line that stays. */
  note(text: string): void {
    if (this.#live) this.#write('\r\u001b[2K');
    this.#say(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#live && this.#last !== '') this.#write('\r\u001b[2K');
    await this.#written;
  }

  #say(text: string): void {
    this.#written = this.#written.then(() => this.#output.hint(text)).catch(() => undefined);
  }

  #write(text: string): void {
    this.#written = this.#written.then(() => writeTo(this.#io.stderr, text)).catch(() => undefined);
  }
}
