import type Provider from 'oidc-provider';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Store } from '../../store/store.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Branding } from '../pages/branding.ts';
import type { RequestLimits } from '../request-limits.ts';
import type { UpstreamSignIn } from '../upstream/upstream-sign-in.ts';
import type { ConsentMemory } from './consent-memory.ts';
import type { Resources } from './resources.ts';

/** What the sign-in, consent and sign-out pages need. */
export interface InteractionOptions {
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly branding: Branding;
  readonly resources: Resources;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: ConsentMemory;
  readonly limits: RequestLimits;
  /** Where people sign in, if not here. */
  readonly upstream?: UpstreamSignIn;
  /** Whether they may sign in here all the same. Default false. */
  readonly ownAccounts?: boolean;
  /** Forms are posted below its path; POSTs from other origins are refused. */
  readonly publicUrl: URL;
}
