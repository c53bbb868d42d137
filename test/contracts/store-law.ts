import type { Store } from '../../src/store/store.ts';

/** A store of your own, made fresh and empty for one law. The law closes what it was given. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Lets `seconds` pass for the store: moves its clock, or waits where the backend has a clock of its own. */
  advance(seconds: number): void | Promise<void>;
  /** One more handle of the same backend, where it can have several: laws about two handles pass by default without. */
  readonly another?: () => Promise<Store>;
}

/** One promise of the Store contract. `check` rejects with an AssertionError when it is broken. */
export interface StoreLaw {
  readonly title: string;
  check(open: () => Promise<StoreUnderTest>): Promise<void>;
}

/** A law over one fresh store, which is closed whatever becomes of the law. */
export function law(title: string, body: (subject: StoreUnderTest) => Promise<void>): StoreLaw {
  return {
    title,
    async check(open) {
      const subject = await open();
      try {
        await body(subject);
      } finally {
        await subject.store.close();
      }
    },
  };
}
