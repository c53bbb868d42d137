import { decodeJwt } from 'jose';
import { sha256 } from '../../src/core/secrets.ts';

/** What a request was for. All but `call` need the store each time; a call may live on what was read a moment ago. */
export type Step = 'page' | 'redeem' | 'refresh' | 'call' | 'revoke' | 'register' | 'machine';

/** What is known of an access token, none of it secret. */
export interface TokenFacts {
  readonly token: string;
  /** The sign-in that it comes from. */
  readonly family: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly audience: unknown;
  readonly expires: number;
}

/** What a request is about. Codes and tokens stand as fingerprints. */
export interface Facts {
  readonly code?: string;
  /** The refresh token that was presented, or the access token. */
  readonly presented?: string;
  /** When the access token that was presented ends, in seconds since 1970. */
  readonly expires?: number;
  /** Whose data may be in the answer. */
  readonly principal?: string;
  readonly consented?: readonly string[];
  readonly resource?: string;
  /** The family or the access token that a revocation ends. */
  readonly ends?: string;
  readonly family?: string;
}

/** One request of the load or of an attacker, as its client saw it. */
export interface Entry extends Facts {
  readonly who: string;
  /** `attack`: what must never be answered with anything but a refusal. `race`: of many the same, one may be granted. */
  readonly kind: 'load' | 'race' | 'attack';
  readonly step: Step;
  /** Milliseconds of a clock that only runs forward. */
  readonly began: number;
  readonly ended: number;
  /** Seconds since 1970 when it began. */
  readonly wall: number;
  /** 0: the connection was lost. */
  readonly status: number;
  readonly node: string;
  readonly error?: string;
  /** Whose data was in the answer. */
  readonly told?: string;
  readonly granted?: TokenFacts;
  /** The refresh token of the answer. */
  readonly successor?: string;
}

/** Between two moments the store could not be reached by any node. */
export interface Outage {
  readonly from: number;
  to: number;
}

/** Everything that the campaign has sent, and every secret it was given or made. */
export interface Journal {
  readonly entries: readonly Entry[];
  readonly outages: readonly Outage[];
  /** Texts that must be in no log, no error body and no record. */
  readonly secrets: ReadonlySet<string>;
  /** What was said in refusals. */
  readonly refusals: readonly string[];
  keepSecret(...secrets: readonly string[]): void;
  add(entry: Entry): void;
  refused(body: string): void;
  beginOutage(): Outage;
}

/** An empty one. */
export function createJournal(): Journal {
  const entries: Entry[] = [];
  const outages: Outage[] = [];
  const secrets = new Set<string>();
  const refusals: string[] = [];
  return {
    entries,
    outages,
    secrets,
    refusals,
    keepSecret: (...more) => {
      for (const secret of more) secrets.add(secret);
    },
    add: (entry) => void entries.push(entry),
    refused: (body) => void refusals.push(body),
    beginOutage: () => {
      const outage = { from: performance.now(), to: Number.POSITIVE_INFINITY };
      outages.push(outage);
      return outage;
    },
  };
}

/** What stands for a secret in the journal. */
export const fingerprintOf = (secret: string): string => sha256(secret).slice(0, 16);

/** Reads an access token without checking it. */
export function factsOf(token: string): TokenFacts {
  const { gid = '', sub = '', scope = '', aud, exp = 0 } = decodeJwt<{ gid?: string; scope?: string }>(token);
  return {
    token: fingerprintOf(token),
    family: gid,
    subject: sub,
    scopes: scope.split(' ').filter((name) => name !== ''),
    audience: aud,
    expires: exp,
  };
}
