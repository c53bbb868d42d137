import type { Clock } from '../../core/clock.ts';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type FetchAnswer, FetchFailed, type SafeFetch } from '../../core/safe-fetch.ts';
import { cacheLifetime } from './cache-lifetime.ts';
import type { DocumentedClient } from './client-metadata.ts';
import { hostBudget } from './host-budget.ts';
import {
  checkMetadataDocumentUrl,
  defaultMetadataDocumentPolicy,
  looksLikeDocumentUrl,
  type MetadataDocumentPolicy,
  readMetadataDocument,
} from './metadata-document.ts';
import { recentMap } from './recent-map.ts';

/** What the source works with. Its `fetch` must know our own hosts, so that no document leads back to us. */
export interface MetadataDocumentSourceOptions {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy?: MetadataDocumentPolicy;
  /** How many documents are remembered, and as many failures (default 1,000). */
  readonly maxDocuments?: number;
  /** How many URLs of one host are tried in a minute that have not proved to be documents (default 30). */
  readonly newPerHostAndMinute?: number;
}

/** Clients by the URL of their metadata document. */
export interface MetadataDocumentSource {
  /**
   * The client, or undefined where the identifier is no URL that we fetch or its document is not acceptable. Rejects
   * with `Unavailable` where the document cannot be had now, which says nothing about the client.
   */
  find(clientId: string): Promise<DocumentedClient | undefined>;
}

/** A document that was good. `client` is undefined where its publisher forbids keeping it. */
interface Kept {
  readonly client: DocumentedClient | undefined;
  readonly freshUntil: number;
  readonly usableUntil: number;
}

interface Failure {
  readonly until: number;
  readonly passing: boolean;
}

const LIMITS = { maxBytes: 5120, timeoutMs: 5000 };
const FAILURE_LIFETIME = 30;
const DAY = 24 * 60 * 60;

/**
 * Fetches documents when they are needed: one fetch at a time per URL, kept as long as their headers allow (24 hours at
 * most, nothing where they say `no-store`), failures for 30 seconds. While the host cannot be reached, the last good
 * copy serves on until it is a day old.
 */
export function metadataDocumentSource(options: MetadataDocumentSourceOptions): MetadataDocumentSource {
  const { fetch, clock, log, policy = defaultMetadataDocumentPolicy, maxDocuments = 1000 } = options;
  const documents = recentMap<Kept>(maxDocuments);
  const failures = recentMap<Failure>(maxDocuments);
  const underWay = new Map<string, Promise<DocumentedClient | undefined>>();
  const withinBudget = hostBudget(options.newPerHostAndMinute ?? 30, clock);

  async function load(url: string): Promise<DocumentedClient | undefined> {
    const { host } = new URL(url);
    if (documents.get(url) === undefined && !withinBudget(host)) {
      log.warn('client_document_deferred', { host, reason: 'too_many_documents_of_host' });
      throw new Unavailable('client_document_deferred', undefined, 60);
    }
    try {
      return accept(url, await fetch(url, LIMITS));
    } catch (error) {
      if (!(error instanceof FetchFailed)) throw error;
      return failed(url, error.reason, error.message, error.fault);
    }
  }

  function accept(url: string, { status, headers, body }: FetchAnswer): DocumentedClient | undefined {
    // RFC 9110 §15.6: trouble of the far side, which passes.
    if (status === 429 || status >= 500)
      return failed(url, `status_${status}`, 'The host is in trouble.', 'unreachable');
    const contentType = headers.get('content-type') ?? undefined;
    const read = readMetadataDocument(url, { status, contentType, body }, policy);
    if (!read.ok) return failed(url, read.error, read.description, 'unusable');
    const now = clock();
    const { seconds, storable } = cacheLifetime(headers, now);
    const client = storable ? read.metadata : undefined;
    documents.set(url, { client, freshUntil: now + seconds, usableUntil: now + DAY });
    failures.delete(url);
    return read.metadata;
  }

  function failed(
    url: string,
    reason: string,
    words: string,
    fault: FetchFailed['fault'],
  ): DocumentedClient | undefined {
    const passing = fault === 'unreachable' || fault === 'busy';
    log.warn('client_document_refused', { client: url, reason, words });
    if (fault !== 'busy') failures.set(url, { until: clock() + FAILURE_LIFETIME, passing });
    if (!passing) documents.delete(url);
    return standIn(url, passing);
  }

  /** RFC 9111 §4.2.4: a stale copy may serve while its host cannot be reached. */
  function standIn(url: string, passing: boolean): DocumentedClient | undefined {
    if (!passing) return undefined;
    const kept = documents.get(url);
    if (kept?.client !== undefined && kept.usableUntil > clock()) return kept.client;
    throw new Unavailable('client_document_unreachable');
  }

  return {
    async find(clientId) {
      if (!looksLikeDocumentUrl(clientId)) return undefined;
      const fault = checkMetadataDocumentUrl(clientId, policy);
      if (fault !== undefined) {
        log.info('client_document_refused', { reason: 'url_not_allowed', words: fault });
        return undefined;
      }
      const kept = documents.get(clientId);
      if (kept?.client !== undefined && kept.freshUntil > clock()) return kept.client;
      const failure = failures.get(clientId);
      if (failure !== undefined && failure.until > clock()) return standIn(clientId, failure.passing);
      const loading = underWay.get(clientId) ?? load(clientId).finally(() => underWay.delete(clientId));
      underWay.set(clientId, loading);
      return loading;
    },
  };
}
