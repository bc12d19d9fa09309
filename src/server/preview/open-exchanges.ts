/** What is open of which preview: counted per sandbox, and cut when a preview ends. */
import type { Clock } from '../../base/index.ts';
import type { PreviewRecord } from '../../state/index.ts';
import { PreviewRefusal } from './refusal.ts';

const mostOpenPerSandbox = 128;

interface Open {
  exchanges: Set<AbortController>;
  stopTimer: () => void;
}

export class OpenExchanges {
  readonly #clock: Clock;
  readonly #byPreview = new Map<string, Open>();
  readonly #bySandbox = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns a signal that ends with the preview or with `end`. @throws PreviewRefusal `busy` */
  begin({ id, sandbox, expiresMs }: PreviewRecord): { signal: AbortSignal; end: () => void } {
    const count = this.#bySandbox.get(sandbox) ?? 0;
    if (count >= mostOpenPerSandbox) throw new PreviewRefusal('busy');
    this.#bySandbox.set(sandbox, count + 1);
    const controller = new AbortController();
    this.#openOf(id, expiresMs).exchanges.add(controller);
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      this.#forget(id, sandbox, controller);
      controller.abort();
    };
    return { signal: controller.signal, end };
  }

  cut(preview: string): void {
    for (const controller of this.#byPreview.get(preview)?.exchanges ?? []) controller.abort();
  }

  cutAll(): void {
    for (const preview of this.#byPreview.keys()) this.cut(preview);
  }

  #openOf(preview: string, expiresMs: number): Open {
    let open = this.#byPreview.get(preview);
    if (!open) {
      const stopTimer = this.#clock.after(expiresMs - this.#clock.nowMs(), () => this.cut(preview));
      open = { exchanges: new Set(), stopTimer };
      this.#byPreview.set(preview, open);
    }
    return open;
  }

  #forget(preview: string, sandbox: string, controller: AbortController): void {
    const open = this.#byPreview.get(preview);
    open?.exchanges.delete(controller);
    if (open?.exchanges.size === 0) {
      open.stopTimer();
      this.#byPreview.delete(preview);
    }
    const left = (this.#bySandbox.get(sandbox) ?? 1) - 1;
    if (left > 0) this.#bySandbox.set(sandbox, left);
    else this.#bySandbox.delete(sandbox);
  }
}
