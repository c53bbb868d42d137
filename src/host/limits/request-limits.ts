import { recentMap } from '../../authorization/clients/recent-map.ts';
import type {
  AdmittedRequest,
  ClientBudget,
  RequestLimits,
  StrangerBudget,
} from '../../authorization/request-limits.ts';
import { TooManyRequests } from '../../core/errors.ts';
import { networkOf } from '../../core/network-of.ts';
import type { Budget } from './budget.ts';

/** What requests to the authorization server are counted in. */
export interface RequestBudgets {
  readonly strangers: Readonly<Record<StrangerBudget, Budget>>;
  /** Registrations of everybody together. */
  readonly registrations: Budget;
  readonly clients: Readonly<Record<ClientBudget, Budget>>;
  /** Requests of clients that came to nothing, by address. */
  readonly failures: Readonly<Record<ClientBudget, Budget>>;
}

/** How many clients are remembered, with the address that they were served at. */
const KNOWN_CLIENTS = 10_000;

/**
 * An id is only a name until its client is served, so a client counts with the address that it is named from: nobody
 * elsewhere can use it up. An address that fails too often is still served for clients that were served there before.
 */
export function requestLimits({ strangers, registrations, clients, failures }: RequestBudgets): RequestLimits {
  const known = recentMap<true>(KNOWN_CLIENTS);
  return {
    async stranger(budget, address) {
      admit(budget, await strangers[budget].take(networkOf(address)));
      if (budget === 'register') admit('register_all', await registrations.take('all'));
    },
    async client(budget, clientId = '', address) {
      const place = networkOf(address);
      const caller = JSON.stringify([clientId, place]);
      admit(budget, await clients[budget].take(caller));
      if (known.get(caller) === undefined) admit(`${budget}_failures`, await failures[budget].look(place));
      return { ended: endingOf({ failed: () => failures[budget].take(place), served: () => known.set(caller, true) }) };
    },
  };
}

function admit(budget: string, retryAfter: number | undefined): void {
  if (retryAfter !== undefined) throw new TooManyRequests(budget, retryAfter);
}

const endingOf =
  (tell: { failed(): Promise<unknown>; served(): void }): AdmittedRequest['ended'] =>
  async (outcome) => {
    if (outcome === 'served') tell.served();
    if (outcome === 'refused') await tell.failed();
  };
