import { CLOCK_SKEW } from '../../gate/claims.ts';
import { BadUpstreamAnswer, type UpstreamProvider, type UpstreamTokens } from '../../gate/upstream-provider.ts';

/** What a client wishes of a sign-in (OpenID Connect Core §3.1.2.1), as far as it concerns who signs people in. */
export interface SignInWishes {
  /** Whoever is signed in there is asked again. */
  readonly anew?: boolean;
  /** Seconds that their sign-in may be old. */
  readonly maxAge?: number;
  /** Which account is meant. */
  readonly hint?: string;
}

/** A sign-in that waits to be made, as oidc-provider keeps it. */
interface AskedSignIn {
  readonly params: Readonly<Record<string, unknown>>;
  readonly prompt: { readonly details: Readonly<Record<string, unknown>> };
}

/** Reads them. `maxAge` stands in the details of the page: it was why the person is asked to sign in. */
export function wishesOf({ params, prompt: { details } }: AskedSignIn): SignInWishes {
  const { prompt, login_hint: hint } = params;
  const { maxAge } = details;
  return {
    ...(String(prompt ?? '')
      .split(' ')
      .includes('login') && { anew: true }),
    ...(typeof maxAge === 'number' && { maxAge }),
    ...(typeof hint === 'string' && hint !== '' && { hint }),
  };
}

/** How a provider is told. One that knows no `max_age` is made to ask again: that is never older. */
export function wishParameters(
  { wishes: takes = {} }: Pick<UpstreamProvider, 'wishes'>,
  { anew = false, maxAge, hint }: SignInWishes,
): Readonly<Record<string, string>> {
  const asksAgain = anew || (maxAge !== undefined && !takes.maxAge);
  return {
    ...(asksAgain && takes.prompt !== undefined && { prompt: takes.prompt }),
    ...(maxAge !== undefined && takes.maxAge && { max_age: String(maxAge) }),
    ...(hint !== undefined && takes.hint !== undefined && { [takes.hint]: hint }),
  };
}

/**
 * Throws BadUpstreamAnswer where somebody signed in there longer ago than was wished when they were sent. With `max_age` the
 * provider must say when that was (OpenID Connect Core §2); with `prompt=login` alone it is looked at where it says so.
 */
export function checkSignInTime(
  { wishes: takes = {} }: Pick<UpstreamProvider, 'wishes'>,
  { anew = false, maxAge }: SignInWishes,
  { idToken }: Pick<UpstreamTokens, 'idToken'>,
  sentAt: number,
): void {
  if (!takes.maxAge || !(anew || maxAge !== undefined)) return;
  const time = idToken?.auth_time;
  if (time === undefined && maxAge === undefined) return;
  const oldest = sentAt - (anew ? 0 : (maxAge ?? 0)) - CLOCK_SKEW;
  if (typeof time !== 'number' || !(time >= oldest)) throw new BadUpstreamAnswer('auth_time');
}
