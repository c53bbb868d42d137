import type { KoaContextWithOIDC } from 'oidc-provider';

/** What is counted by network address, because nobody is known to stand behind it yet. */
export type StrangerBudget = 'register' | 'authorize' | 'sign_in' | 'pages';

/** What is counted by client, and by address where no client comes of it. */
export type ClientBudget = 'token' | 'introspect';

/** A request of a client that may go on. Tell whether the client turned out to be who it says, with something good. */
export interface AdmittedRequest {
  ended(outcome: 'served' | 'refused' | 'failed_here'): Promise<void>;
}

/** How often the endpoints and pages may be asked. Both methods count, and reject with TooManyRequests. */
export interface RequestLimits {
  stranger(budget: StrangerBudget, address: string): Promise<void>;
  /** `clientId` as it is named in the request: not proved, so it never counts without the address. */
  client(budget: ClientBudget, clientId: string | undefined, address: string): Promise<AdmittedRequest>;
}

/** Where a request comes from: as the host knows it, behind as many proxies as it trusts. */
export const addressOf = ({ req }: Pick<KoaContextWithOIDC, 'req'>): string =>
  (req as { ip?: string }).ip ?? req.socket.remoteAddress ?? '';

/** For an authorization server whose host counts elsewhere. */
export const noLimits: RequestLimits = {
  stranger: async () => undefined,
  client: async () => ({ ended: async () => undefined }),
};
