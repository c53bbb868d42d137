import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Counters of this process, of bounded number: the caller that was counted longest ago is forgotten first. To be
 * forgotten takes as many other callers as there is room for.
 */
export class BoundedMemory extends RateLimiterMemory {
  readonly #room: number;
  readonly #callers = new Set<string>();

  constructor(options: { readonly points: number; readonly duration: number }, room: number) {
    super({ ...options, keyPrefix: '' });
    this.#room = room;
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#callers.size;
  }

  override consume(caller: string): Promise<RateLimiterRes> {
    this.#callers.delete(caller);
    this.#callers.add(caller);
    const [oldest] = this.#callers.size > this.#room ? this.#callers : [];
    if (oldest !== undefined) {
      this.#callers.delete(oldest);
      void this.delete(oldest);
    }
    return super.consume(caller);
  }
}
