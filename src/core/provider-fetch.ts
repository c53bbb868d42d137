import { Unavailable } from './errors.ts';
import { fetchSlots } from './safe-fetch/fetch-slots.ts';

/** What one exchange with a server may cost. */
export interface ProviderFetchOptions {
  /** Milliseconds from the start to the last byte (default 10,000). */
  readonly timeoutMs?: number;
  /** Bytes of the body (default 1 MiB). */
  readonly maxBytes?: number;
  /** Exchanges under way at once (default 32). */
  readonly maxConcurrent?: number;
}

/**
 * Fetch for servers that the operator has named, with `fetch`'s own signature: nothing is redirected, the body is there
 * before the promise is kept, time, size and number are limited. Rejects with Unavailable alone; statuses are the
 * caller's to judge. Not for URLs that strangers name: see `safeFetch`.
 */
export function providerFetch(
  fetch: typeof globalThis.fetch,
  { timeoutMs = 10_000, maxBytes = 1_048_576, maxConcurrent = 32 }: ProviderFetchOptions = {},
): typeof globalThis.fetch {
  const slots = fetchSlots(maxConcurrent, maxConcurrent);
  return async (input, init) => {
    if (!slots.take('')) throw new Unavailable('provider_busy');
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    try {
      const response = await fetch(input, { ...init, redirect: 'manual', signal });
      const body = await readWithin(response, maxBytes);
      return new Response(mayHaveBody(response.status) ? body : null, response);
    } catch (cause) {
      if (cause instanceof Unavailable) throw cause;
      throw new Unavailable(timeout.aborted ? 'provider_timed_out' : 'provider_unreachable', cause);
    } finally {
      slots.release('');
    }
  };
}

const mayHaveBody = (status: number): boolean => ![204, 205, 304].includes(status);

async function readWithin(response: Response, maxBytes: number): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (size > maxBytes) throw new Unavailable('provider_answer_too_large');
    chunks.push(new Uint8Array(chunk));
  }
  return new Blob(chunks);
}
