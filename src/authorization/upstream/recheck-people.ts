import type { Clock } from '../../core/clock.ts';
import { InvalidToken, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { singleFlights } from '../../core/single-flight.ts';
import { BadUpstreamAnswer, type Identity, NotAdmitted, type UpstreamProvider } from '../../gate/upstream-provider.ts';
import type { RenewedToken, UpstreamCredentials } from './credentials.ts';
import type { Identities, KnownIdentity } from './identities.ts';

/** A provider that can be asked about somebody who has signed in there before. */
export interface AskedAgain {
  readonly provider: UpstreamProvider;
  /** Who they are now, by their own live token. Rejects as `UpstreamProvider.recheck` says. */
  recheck?(known: Identity, token: RenewedToken): Promise<Identity>;
}

/** How often providers are asked about people again. In seconds; `after` 0: never. */
export interface RecheckRules {
  /** Older answers are asked for anew before anything more is given. */
  readonly after: number;
  /** How long an older answer still counts while the provider is out. */
  readonly grace: number;
}

/** The rules where nothing else is configured. */
export const defaultRecheck: RecheckRules = { after: 3600, grace: 4 * 3600 };

/** What people are looked at again with. */
export interface RecheckParts extends RecheckRules {
  readonly upstreams: ReadonlyMap<string, AskedAgain>;
  readonly identities: Pick<Identities, 'known' | 'renew' | 'forget'>;
  readonly credentials: Pick<UpstreamCredentials, 'current' | 'forget'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Seconds for which a provider that did not answer at all is not asked again: nobody waits for it in turn. */
const COOL_DOWN = 30;
/** Seconds: what another node has fetched meanwhile is new enough. What was fetched for a tool long before is not. */
const RENEWED_JUST_NOW = 60;
const SILENCE = ['provider_timed_out', 'provider_unreachable'];

/**
 * Asks the provider of somebody who signs in elsewhere about them again, where what it has said is too old: whoever has left
 * the organisation since has no account afterwards. Rejects with Unavailable where the provider has been out for longer than
 * the grace.
 */
export function recheckPeople(parts: RecheckParts): (subject: string) => Promise<void> {
  const { identities, clock, after, grace } = parts;
  const justNow = Math.min(RENEWED_JUST_NOW, after / 2);
  const once = singleFlights<void>();
  const outAt = new Map<string, number>();

  const askAgain = async (subject: string, known: KnownIdentity, asked: Required<AskedAgain>): Promise<void> => {
    const { provider, recheck } = asked;
    const { name } = provider;
    try {
      if (clock() - (outAt.get(name) ?? -Infinity) < COOL_DOWN) throw new Unavailable('provider_was_out');
      const token = await parts.credentials.current(subject, provider.renewsIdToken ? clock() - justNow : undefined);
      // Without a token there is nobody to ask in their name: what was said at the sign-in stands.
      if (token === undefined) return;
      await told(parts, subject, known, await recheck(known.identity, token));
      outAt.delete(name);
    } catch (error) {
      if (await refused(parts, subject, error)) return;
      if (error instanceof Unavailable && SILENCE.includes(error.reason)) outAt.set(name, clock());
      if (clock() - known.seenAt < after + grace) return;
      throw error;
    }
  };

  return async (subject) => {
    const { provider, recheck } = parts.upstreams.get(subject.split(':', 1)[0] ?? '') ?? {};
    if (after === 0 || provider === undefined || recheck === undefined) return;
    const known = await identities.known(subject);
    if (known === undefined || clock() - known.seenAt < after) return;
    await once(subject, () => askAgain(subject, known, { provider, recheck }));
  };
}

/** Keeps the new answer, also where it lets them in no more. */
async function told({ identities, log }: RecheckParts, subject: string, known: KnownIdentity, identity: Identity) {
  if (identity.subject !== known.identity.subject) throw new BadUpstreamAnswer('recheck_of_another');
  const account = await identities.renew(known.provider, identity);
  if (account === undefined) log.info('no_longer_admitted', { audit: true, principal: subject, reason: 'rules' });
}

/** Whether that was a no to the person: their sign-in there is over, or they may not come in. It is as if they had never been. */
async function refused(
  { identities, credentials, log }: RecheckParts,
  subject: string,
  error: unknown,
): Promise<boolean> {
  const no = error instanceof NotAdmitted || error instanceof BadUpstreamAnswer || error instanceof InvalidToken;
  if (!no) return false;
  await identities.forget(subject);
  await credentials.forget(subject);
  log.info('no_longer_admitted', { audit: true, principal: subject, reason: error.reason });
  return true;
}
