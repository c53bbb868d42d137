import { sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import type { SignInWishes } from './sign-in-wishes.ts';
import type { ExchangeSecrets } from './upstream-exchange.ts';

/** A person on their way to an identity provider. */
export interface UpstreamRequest {
  readonly provider: string;
  /** The interaction that waits for them. */
  readonly uid: string;
  /** The hash of the cookie of the browser that was sent. */
  readonly browser: string;
  readonly secrets: ExchangeSecrets;
  /** The scopes that they allowed before they left. */
  readonly allowed: readonly string[];
  /** What the client wished of the sign-in, and when they were sent (seconds since 1970). */
  readonly wishes?: SignInWishes;
  readonly sentAt?: number;
}

/** What became of it. */
export type UpstreamOutcome =
  | {
      readonly subject: string;
      readonly allowed: readonly string[];
      /** When the provider was asked who it was: what was ended since then is ended for this sign-in, too. */
      readonly at?: number;
    }
  | { readonly error: 'access_denied' | 'server_error' | 'temporarily_unavailable'; readonly description: string };

/** Those who are on their way, and those who came back. Both are read once. */
export interface UpstreamRequests {
  send(request: UpstreamRequest, ttl: number): Promise<void>;
  /** Ends the request, whoever asks: what is wrong with the answer is the end of it. */
  receive(state: string): Promise<UpstreamRequest | undefined>;
  settle(uid: string, outcome: UpstreamOutcome, ttl: number): Promise<void>;
  outcome(uid: string): Promise<UpstreamOutcome | undefined>;
}

const requestName = (state: string): string => `upstream_request:${sha256(state)}`;
const outcomeName = (uid: string): string => `upstream_outcome:${sha256(uid)}`;

/** Requests over a store. */
export function upstreamRequests(store: Store): UpstreamRequests {
  return {
    send: (request, ttl) => store.put(requestName(request.secrets.state), JSON.stringify(request), ttl),
    async receive(state) {
      const text = await store.take(requestName(state));
      return text === undefined ? undefined : (JSON.parse(text) as UpstreamRequest);
    },
    settle: (uid, outcome, ttl) => store.put(outcomeName(uid), JSON.stringify(outcome), ttl),
    async outcome(uid) {
      const text = await store.take(outcomeName(uid));
      return text === undefined ? undefined : (JSON.parse(text) as UpstreamOutcome);
    },
  };
}
