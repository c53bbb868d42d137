import { accountRecords } from '../authorization/accounts/account-records.ts';
import { revocations } from '../authorization/revocations.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { StoredKeysDeps } from '../gate/provider.ts';
import type { Store } from '../store/store.ts';
import { lifetimesOf } from './authorization-options.ts';

/** Tells whether what an account was given is ended: it is gone, or was revoked since. */
export function accountEndings(store: Store, config: Config, clock: Clock): StoredKeysDeps['isEnded'] {
  const accounts = accountRecords(store);
  const ended = revocations({ store, clock, lifetimes: lifetimesOf(config) });
  return async (account, givenAt) =>
    (await accounts.bySubject(account)) === undefined || (await ended.isRevoked({ sub: account, iat: givenAt }));
}
