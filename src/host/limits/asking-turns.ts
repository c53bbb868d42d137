import type { Request } from 'express';
import { InvalidToken } from '../../core/errors.ts';
import { networkOf, wideNetworkOf } from '../../core/network-of.ts';
import { type RecentMap, recentMap } from '../../core/recent-map.ts';
import { sha256 } from '../../core/secrets.ts';
import type { Turn } from '../../gate/verifier.ts';
import { clientAddress } from '../client-address.ts';
import type { Budget } from './budget.ts';
import { turns } from './turns.ts';

/** Of one wide network: few enough that it takes several to use up the places at a provider (256), most for good tokens. */
const UNKNOWN = { atOnce: 32, waiting: 256 };
const KNOWN = { atOnce: 128, waiting: 256 };
/** Of an address that has sent too many bad tokens. */
const SUSPECT = { atOnce: 1, waiting: 16 };
/** How many tokens are remembered that were good. */
const REMEMBERED = 10_000;
/** Seconds after which a network has room again. */
const SOON = 1;

/**
 * When a provider is asked about the token of a request. A token that was found good before is not held up by those that were
 * not: each wide network has places for both kinds. Where an address has used up `refused`, its unknown tokens are asked about
 * one by one. Whoever finds too many waiting is refused with TooManyRequests.
 */
export function askingTurns(refused: Budget, hops: number): (request: Request) => Turn {
  const ofKnown = turns('asking', KNOWN.atOnce, KNOWN.waiting);
  const ofUnknown = turns('asking', UNKNOWN.atOnce, UNKNOWN.waiting);
  const ofSuspect = turns('asking_suspect', SUSPECT.atOnce, SUSPECT.waiting);
  const known = recentMap<true>(REMEMBERED);
  return (request) => async (ask) => {
    const address = clientAddress(request, hops);
    const token = sha256(request.headers.authorization ?? '');
    const noting = () => noted(ask, known, token);
    if (known.get(token)) return ofKnown(wideNetworkOf(address), SOON, noting);
    const asUnknown = () => ofUnknown(wideNetworkOf(address), SOON, noting);
    const wait = await refused.look(networkOf(address));
    return wait === undefined ? asUnknown() : ofSuspect(networkOf(address), wait, asUnknown);
  };
}

async function noted<T>(ask: () => Promise<T>, known: RecentMap<true>, token: string): Promise<T> {
  try {
    const answer = await ask();
    known.set(token, true);
    return answer;
  } catch (error) {
    if (error instanceof InvalidToken) known.delete(token);
    throw error;
  }
}
