import type { Request } from 'express';
import { InvalidToken } from '../../core/errors.ts';
import { networkOf, wideNetworkOf } from '../../core/network-of.ts';
import { recentMap } from '../../core/recent-map.ts';
import { sha256 } from '../../core/secrets.ts';
import type { Turn } from '../../gate/verifier.ts';
import { clientAddress } from '../client-address.ts';
import type { Budget } from './budget.ts';
import { turns } from './turns.ts';

/** Of one wide network: few enough under way that it takes several to use up the places at a provider (256). */
const SHARE = { atOnce: 32, waiting: 256 };
/** Of an address that has sent too many bad tokens. */
const SUSPECT = { atOnce: 1, waiting: 16 };
/** Tokens that are known to have been good. */
const KNOWN = 10_000;
/** Seconds after which a share has room again. */
const SOON = 1;

/**
 * When a provider is asked about the token of a request. A token that was found good before is not held up by those that were
 * not: both kinds have a share of their own for each wide network. Where an address has used up `refused`, its unknown tokens
 * are asked about one by one. Whoever finds too many waiting is refused with TooManyRequests.
 */
export function askingTurns(refused: Budget, hops: number): (request: Request) => Turn {
  const share = turns('asking', SHARE.atOnce, SHARE.waiting);
  const suspect = turns('asking_suspect', SUSPECT.atOnce, SUSPECT.waiting);
  const known = recentMap<true>(KNOWN);
  return (request) => async (ask) => {
    const address = clientAddress(request, hops);
    const token = sha256(request.headers.authorization ?? '');
    const noting = () => noted(ask, known, token);
    if (known.get(token)) return share(`known ${wideNetworkOf(address)}`, SOON, noting);
    const inShare = () => share(`new ${wideNetworkOf(address)}`, SOON, noting);
    const wait = await refused.look(networkOf(address));
    return wait === undefined ? inShare() : suspect(networkOf(address), wait, inShare);
  };
}

async function noted<T>(ask: () => Promise<T>, known: ReturnType<typeof recentMap<true>>, token: string): Promise<T> {
  try {
    const answer = await ask();
    known.set(token, true);
    return answer;
  } catch (error) {
    if (error instanceof InvalidToken) known.delete(token);
    throw error;
  }
}
