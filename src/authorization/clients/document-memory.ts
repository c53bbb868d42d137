import type { Clock } from '../../core/clock.ts';
import { recentMap } from '../../core/recent-map.ts';
import { cacheLifetime } from './cache-lifetime.ts';
import type { DocumentedClient } from './client-metadata.ts';

/** A document that was good. `client` is undefined where its publisher forbids keeping it. */
interface Kept {
  readonly client: DocumentedClient | undefined;
  readonly freshUntil: number;
  readonly usableUntil: number;
}

/** Why there is no client: `lasting` - the document is not acceptable; `passing` - it could not be had. */
export type DocumentFailure = 'lasting' | 'passing';

/** What is remembered of metadata documents, by URL. */
export interface DocumentMemory {
  /** The client, while the headers of its document allow using it without asking. */
  fresh(url: string): DocumentedClient | undefined;
  /** The last good copy, until it is a day old, for use while its host is in trouble (RFC 9111 §4.2.4). */
  standIn(url: string): DocumentedClient | undefined;
  /** Whether the URL was a good document when it was last fetched, kept or not. */
  isProven(url: string): boolean;
  keep(url: string, client: DocumentedClient, headers: Headers): void;
  /** Remembers a failure for 30 seconds; a lasting one also forgets the document. */
  fail(url: string, failure: DocumentFailure): void;
  failure(url: string): DocumentFailure | undefined;
}

const FAILURE_LIFETIME = 30;
const DAY = 24 * 60 * 60;

/** Remembers at most `max` documents, and as many failures, the ones that were used last. */
export function documentMemory(max: number, clock: Clock): DocumentMemory {
  const documents = recentMap<Kept>(max);
  const failures = recentMap<{ readonly failure: DocumentFailure; readonly until: number }>(max);
  const clientWhile = (kept: Kept | undefined, until: 'freshUntil' | 'usableUntil') =>
    kept !== undefined && kept[until] > clock() ? kept.client : undefined;
  return {
    fresh: (url) => clientWhile(documents.get(url), 'freshUntil'),
    standIn: (url) => clientWhile(documents.get(url), 'usableUntil'),
    isProven: (url) => documents.get(url) !== undefined,
    keep(url, client, headers) {
      const now = clock();
      const { seconds, storable } = cacheLifetime(headers, now);
      documents.set(url, { client: storable ? client : undefined, freshUntil: now + seconds, usableUntil: now + DAY });
      failures.delete(url);
    },
    fail(url, failure) {
      failures.set(url, { failure, until: clock() + FAILURE_LIFETIME });
      if (failure === 'lasting') documents.delete(url);
    },
    failure(url) {
      const failed = failures.get(url);
      return failed !== undefined && failed.until > clock() ? failed.failure : undefined;
    },
  };
}
