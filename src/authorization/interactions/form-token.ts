import { equalSecrets, randomToken, sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { forbidden } from './refused-page.ts';

/** What a form belongs to. A token for one of them is worth nothing for another. */
export interface FormPlace {
  /** The interaction, or the session for a form outside of one. */
  readonly id: string;
  readonly step: 'sign-in' | 'continue' | 'consent' | 'sign-out';
  /** The account that the page was made for. */
  readonly accountId: string | undefined;
}

const key = ({ id, step, accountId }: FormPlace): string =>
  `form:${sha256(JSON.stringify([id, step, accountId ?? null]))}`;

/** The token that a form at this place carries, made when first asked for. Kept for `ttl` seconds. */
export async function formToken(store: Store, place: FormPlace, ttl: number): Promise<string> {
  const name = key(place);
  const made = randomToken();
  if (await store.putIfAbsent(name, made, ttl)) return made;
  return (await store.get(name)) ?? formToken(store, place, ttl);
}

/** Rejects with a 403 unless the form carries the token of its place. A wrong token changes nothing. */
export async function checkFormToken(store: Store, place: FormPlace, sent: unknown): Promise<void> {
  const kept = await store.get(key(place));
  if (kept === undefined || typeof sent !== 'string' || !equalSecrets(kept, sent)) throw forbidden('form_token');
}
