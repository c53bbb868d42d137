import type { ClientBudget, RequestLimits, StrangerBudget } from '../../authorization/request-limits.ts';
import { TooManyRequests } from '../../core/errors.ts';
import { networkOf, wideNetworkOf } from '../../core/network-of.ts';
import { recentMap } from '../../core/recent-map.ts';
import type { Budget } from './budget.ts';

/** What requests to the authorization server are counted in. */
export interface RequestBudgets {
  readonly strangers: Readonly<Record<StrangerBudget, Budget>>;
  /** Registrations of everybody together. */
  readonly registrations: Budget;
  /** The share of them that one wide network may have. */
  readonly registrationShare: Budget;
  readonly clients: Readonly<Record<ClientBudget, Budget>>;
  /** Requests of clients that came to nothing, by address. */
  readonly failures: Readonly<Record<ClientBudget, Budget>>;
}

/** How many clients are remembered, with the address that they got a token at. */
const KNOWN_CLIENTS = 10_000;

/**
 * An id is only a name until its client gets a token, so a client counts with the address that it is named from: nobody
 * elsewhere can use it up. An address that fails too often is still served for clients that have got a token there.
 */
export function requestLimits(budgets: RequestBudgets): RequestLimits {
  const { strangers, registrations, registrationShare, clients, failures } = budgets;
  const known = recentMap<true>(KNOWN_CLIENTS);
  return {
    async stranger(budget, address) {
      admit(budget, await strangers[budget].take(networkOf(address)));
      if (budget !== 'register') return;
      admit('register_share', await registrationShare.take(wideNetworkOf(address)));
      admit('register_all', await registrations.take('all'));
    },
    async client(budget, clientId = '', address) {
      const place = networkOf(address);
      const caller = JSON.stringify([clientId, place]);
      admit(budget, await clients[budget].take(caller));
      if (known.get(caller) === undefined) admit(`${budget}_failures`, await failures[budget].look(place));
      return {
        async ended(outcome) {
          if (outcome === 'refused') await failures[budget].take(place);
          // Anybody may have a token looked at or revoked; to be given one takes a person or a machine's own secret.
          if (outcome === 'served' && budget === 'token') known.set(caller, true);
        },
      };
    },
  };
}

function admit(budget: string, retryAfter: number | undefined): void {
  if (retryAfter !== undefined) throw new TooManyRequests(budget, retryAfter);
}
