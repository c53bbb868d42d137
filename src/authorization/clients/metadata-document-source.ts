import type { Clock } from '../../core/clock.ts';
import { TooManyRequests, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type FetchAnswer, FetchFailed, type SafeFetch } from '../../core/safe-fetch.ts';
import { singleFlights } from '../../core/single-flight.ts';
import type { DocumentedClient } from './client-metadata.ts';
import { type DocumentFailure, documentMemory } from './document-memory.ts';
import {
  checkMetadataDocumentUrl,
  defaultMetadataDocumentPolicy,
  looksLikeDocumentUrl,
  type MetadataDocumentPolicy,
  readMetadataDocument,
} from './metadata-document.ts';
import { minuteBudget } from './minute-budget.ts';

/** What the source works with. Its `fetch` must know our own hosts, so that no document leads back to us. */
export interface MetadataDocumentSourceOptions {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy?: MetadataDocumentPolicy;
  /** How many documents are remembered, and as many failures (default 1,000). */
  readonly maxDocuments?: number;
  /** The network that the request under way came from; undefined where there is none. */
  readonly askingNetwork?: () => string | undefined;
  /** How many URLs of one host are tried in a minute that have not proved to be documents (default 600). */
  readonly newPerHostAndMinute?: number;
  /** The same of one asking network, whatever the host (default 100): it takes several to use up a host. */
  readonly newPerNetworkAndMinute?: number;
}

/** Clients by the URL of their metadata document. */
export interface MetadataDocumentSource {
  /**
   * The client, or undefined where the identifier is no URL that we fetch or its document is not acceptable. Rejects
   * with `Unavailable` where the document cannot be had now, with `TooManyRequests` where its caller has asked for too
   * many: neither says anything about the client.
   */
  find(clientId: string): Promise<DocumentedClient | undefined>;
}

const MINUTE = 60;
const LIMITS = { maxBytes: 5120, timeoutMs: 5000 };

/**
 * Fetches documents when they are needed: one fetch at a time per URL, kept as long as their headers allow (24 hours at
 * most, nothing where they say `no-store`), failures for 30 seconds. While the host cannot be reached, the last good
 * copy serves on until it is a day old.
 */
export function metadataDocumentSource(options: MetadataDocumentSourceOptions): MetadataDocumentSource {
  const { fetch, clock, log, policy = defaultMetadataDocumentPolicy, maxDocuments = 1000 } = options;
  const memory = documentMemory(maxDocuments, clock);
  const hostHasRoom = minuteBudget(options.newPerHostAndMinute ?? 600, clock);
  const networkHasRoom = minuteBudget(options.newPerNetworkAndMinute ?? 100, clock);
  const once = singleFlights<DocumentedClient | undefined>();

  function admit(url: string): void {
    if (memory.isProven(url)) return;
    const { host } = new URL(url);
    const network = options.askingNetwork?.();
    if (network !== undefined && !networkHasRoom(network)) {
      log.warn('client_document_deferred', { host, reason: 'too_many_documents_of_caller' });
      throw new TooManyRequests('client_documents', MINUTE);
    }
    if (hostHasRoom(host)) return;
    log.warn('client_document_deferred', { host, reason: 'too_many_documents_of_host' });
    throw new Unavailable('client_document_deferred', undefined, MINUTE);
  }

  async function load(url: string): Promise<DocumentedClient | undefined> {
    const fetched = await fetchDocument(url, fetch, policy);
    if ('client' in fetched) {
      memory.keep(url, fetched.client, fetched.headers);
      return fetched.client;
    }
    const { failure, reason, words, ours } = fetched;
    log.warn('client_document_refused', { client: url, reason, words });
    if (!ours) memory.fail(url, failure);
    return withoutDocument(url, failure);
  }

  function withoutDocument(url: string, failure: DocumentFailure): DocumentedClient | undefined {
    if (failure === 'lasting') return undefined;
    const client = memory.standIn(url);
    if (client === undefined) throw new Unavailable('client_document_unreachable');
    return client;
  }

  return {
    async find(clientId) {
      if (!looksLikeDocumentUrl(clientId)) return undefined;
      const fault = checkMetadataDocumentUrl(clientId, policy);
      if (fault !== undefined) {
        log.info('client_document_refused', { reason: 'url_not_allowed', words: fault });
        return undefined;
      }
      const fresh = memory.fresh(clientId);
      if (fresh !== undefined) return fresh;
      const failure = memory.failure(clientId);
      if (failure !== undefined) return withoutDocument(clientId, failure);
      // Whoever has no room is refused before anybody can wait for the same document.
      return once(clientId, () => {
        admit(clientId);
        return load(clientId);
      });
    },
  };
}

type Fetched =
  | { readonly client: DocumentedClient; readonly headers: Headers }
  | { readonly failure: DocumentFailure; readonly reason: string; readonly words: string; readonly ours: boolean };

async function fetchDocument(url: string, fetch: SafeFetch, policy: MetadataDocumentPolicy): Promise<Fetched> {
  try {
    return readAnswer(url, await fetch(url, LIMITS), policy);
  } catch (error) {
    if (!(error instanceof FetchFailed)) throw error;
    const { fault, reason, message } = error;
    const failure = fault === 'busy' || fault === 'unreachable' ? 'passing' : 'lasting';
    return { failure, reason, words: message, ours: fault === 'busy' };
  }
}

function readAnswer(url: string, { status, headers, body }: FetchAnswer, policy: MetadataDocumentPolicy): Fetched {
  const contentType = headers.get('content-type') ?? undefined;
  const read = readMetadataDocument(url, { status, contentType, body }, policy);
  if (read.ok) return { client: read.metadata, headers };
  // RFC 6585 §4 and RFC 9110 §15.6: the host is in trouble, which passes.
  const failure = status === 429 || status >= 500 ? 'passing' : 'lasting';
  return { failure, reason: read.error, words: read.description, ours: false };
}
