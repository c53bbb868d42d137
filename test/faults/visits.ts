import type { Scene } from './campaign.ts';
import { type Code, type Tokens, tokensOf } from './client.ts';

/** What the visitor brings along to a round. */
export interface Visits {
  /** A code, asked for at a node or at the balancer. */
  authorized(at?: string): Promise<Code>;
  signedIn(): Promise<Tokens>;
}

/** The visitor of a scene, registered with its first visit. */
export function visits({ client, deployment: { url } }: Scene): Visits {
  let registered: Promise<string> | undefined;
  const clientId = () => {
    registered ??= client.register(url);
    return registered;
  };
  const authorized = async (at = url) => client.authorize(at, await clientId());
  return {
    authorized,
    async signedIn() {
      const code = await authorized();
      return tokensOf(code, await client.redeem(url, code));
    },
  };
}
