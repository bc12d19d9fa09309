/** What is being brought in and has no row yet: while it comes it counts against what its tenant may keep. */
export class Incoming {
  readonly #bytes = new Map<string, number>();

  of(tenant: string): number {
    return this.#bytes.get(tenant) ?? 0;
  }

  /** @param refuse throws where there is no room for so many bytes more */
  begin(tenant: string, refuse: (more: number) => void): { take(bytes: number): void; end(): void } {
    let taken = 0;
    const add = (bytes: number): void => {
      const bytesNow = this.of(tenant) + bytes;
      if (bytesNow > 0) this.#bytes.set(tenant, bytesNow);
      else this.#bytes.delete(tenant);
      taken += bytes;
    };
    return {
      take: (bytes) => {
        refuse(bytes);
        add(bytes);
      },
      end: () => add(-taken),
    };
  }
}
