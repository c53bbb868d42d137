import type { SignInRecords } from './sign-in-records.ts';

/** What a server of the bench is told when it starts. */
export interface Setup {
  /** Where it listens, and what it publishes. */
  readonly port: number;
  readonly base: string;
  /** As in STORE_URL. */
  readonly storeUrl: string;
  /** Only where it is a matter of choice. */
  readonly sealed: boolean;
  /** A sealing key. */
  readonly key: string;
  readonly signIn: SignInRecords;
  /** How many clients it has, and whether they are in the store already. */
  readonly clients: number;
  readonly filled: boolean;
}

/** A code, and what its client sends with it. */
export interface MadeCode {
  readonly client: string;
  readonly code: string;
}
