import type { PlainAnswer } from '../support/plain-http.ts';
import { type Entry, type Facts, factsOf, fingerprintOf, type Journal, type Step } from './journal.ts';

/** Longest wait of a client. Milliseconds. */
const PATIENCE = 15_000;

/** Sends requests of one client and writes each into the journal. A lost connection is an answer with status 0. */
export interface Sender {
  send(step: Step, facts: Facts, url: string, init: RequestInit): Promise<PlainAnswer>;
  /** The same as `fetch`, for pages: a lost connection rejects. */
  readonly page: typeof fetch;
}

/** A sender for `who`. */
export function senderOf(journal: Journal, who: string, kind: Entry['kind'] = 'load'): Sender {
  const write = (step: Step, facts: Facts, began: number, answer?: PlainAnswer) => {
    const wall = (Date.now() - (performance.now() - began)) / 1000;
    const told = answer === undefined ? {} : tellsOf(journal, answer);
    const node = answer?.headers.get('x-served-by') ?? '';
    const { status = 0 } = answer ?? {};
    journal.add({ who, kind, step, began, ended: performance.now(), wall, status, node, ...facts, ...told });
  };
  return {
    async send(step, facts, url, init) {
      const began = performance.now();
      try {
        const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE), ...init });
        const text = await response.text();
        const answer = { status: response.status, headers: response.headers, text, body: objectOf(text) };
        write(step, facts, began, answer);
        return answer;
      } catch {
        // A connection that was lost, or nothing within the patience of any client.
        write(step, facts, began);
        return { status: 0, headers: new Headers(), text: '', body: {} };
      }
    },
    page: async (input, init) => {
      const began = performance.now();
      try {
        const response = await fetch(input, { signal: AbortSignal.timeout(PATIENCE), ...init });
        const text = response.status >= 400 ? await response.clone().text() : '';
        write('page', {}, began, { status: response.status, headers: response.headers, text, body: {} });
        journal.keepSecret(...response.headers.getSetCookie().flatMap(cookieValue));
        return response;
      } catch (error) {
        write('page', {}, began);
        throw error;
      }
    },
  };
}

/** What an answer tells, its secrets as fingerprints. */
function tellsOf(journal: Journal, { status, text, body }: PlainAnswer): Partial<Entry> {
  // A page with a form is for this browser alone, and holds what its form is known by.
  if (status >= 400 && !text.includes('<form')) journal.refused(text);
  const { access_token: access, refresh_token: refresh, error } = body;
  const result = body.result as { readonly content?: readonly { readonly text?: string }[] } | undefined;
  const told = result?.content?.[0]?.text;
  const granted = typeof access === 'string' ? factsOf(access) : undefined;
  for (const secret of [access, refresh]) if (typeof secret === 'string') journal.keepSecret(secret);
  return {
    ...(typeof error === 'string' && { error }),
    ...(told !== undefined && { told }),
    ...(granted !== undefined && { granted }),
    ...(typeof refresh === 'string' && { successor: fingerprintOf(refresh) }),
  };
}

/** The value of a cookie that is no small flag. */
function cookieValue(line: string): readonly string[] {
  const value = line.split(';')[0]?.split('=').slice(1).join('=') ?? '';
  return value.length > 16 ? [value] : [];
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
