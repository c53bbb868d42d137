import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { sha256 } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';

/** Longest that a change of a client keeps others out, where its node dies in the middle. Seconds. */
const TURN = 60;

/**
 * Runs a change of a client by its registration access token, which ends that token (RFC 7592 §3): one at a time on all
 * nodes. Whoever comes meanwhile with the same token is refused with 409, and with 401 afterwards.
 */
export async function inTurn(ctx: KoaContextWithOIDC, store: Store, change: () => Promise<void>): Promise<void> {
  const [, token = ''] = ctx.get('authorization').split(' ');
  const turn = `registration_turn:${sha256(token)}`;
  if (!(await store.putIfAbsent(turn, '1', TURN))) {
    throw new errors.InvalidRequest('another request is changing this client', 409);
  }
  try {
    await change();
  } finally {
    await store.delete(turn);
  }
}
