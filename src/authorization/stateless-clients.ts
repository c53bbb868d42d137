import type { AdapterPayload } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import { hashClientSecret } from './client-secret.ts';
import type { ClientMetadata } from './clients/client-metadata.ts';
import { packRegistration, unpackRegistration } from './packed-metadata.ts';
import { type ClientIdKeys, openClientId, sealClientId, secretOfClientId } from './sealed-client-id.ts';

/**
 * The longest id that is handed out, in characters. With it an authorization request still fits the 2,048 that every
 * browser and proxy lets through, and an access token that names it any header. Clients of today need 110 to 190.
 */
export const LONGEST_CLIENT_ID = 1200;

/** A client id that was made just now, and the secret that goes with it. */
export interface IssuedClient {
  readonly id: string;
  readonly secret: string;
}

/** Clients whose id holds all there is to know of them: nothing is kept, so nothing piles up, expires or is lost. */
export interface StatelessClients {
  /** The id for these metadata, or the sentence that says why there is none. */
  issue(metadata: ClientMetadata): IssuedClient | string;
  /** What the id holds. Undefined for one that was not made here, is too old, or whose key is not in the ring any more. */
  find(id: string): AdapterPayload | undefined;
}

/** What they are made from. */
export interface StatelessClientsParts {
  readonly keys: ClientIdKeys;
  readonly issuer: string;
  readonly clock: Clock;
  /** Seconds that an id is good for; Infinity for as long as its key is in the ring. */
  readonly lifetime: number;
}

/** Stateless clients of one issuer. */
export function statelessClients({ keys, issuer, clock, lifetime }: StatelessClientsParts): StatelessClients {
  return {
    issue(metadata) {
      const id = sealClientId(keys, issuer, packRegistration({ metadata, issuedAt: clock() }));
      const secret = secretOfClientId(keys, id);
      if (secret === undefined) throw new TypeError('The key ring lost the key of an id while it was made.');
      return id.length <= LONGEST_CLIENT_ID ? { id, secret } : tooLong(id);
    },
    find(id) {
      if (id.length > LONGEST_CLIENT_ID) return undefined;
      const content = openClientId(keys, issuer, id);
      if (content === undefined) return undefined;
      const { metadata, issuedAt } = unpackRegistration(content);
      if (issuedAt + lifetime <= clock()) return undefined;
      const secret = needsSecret(metadata) ? secretOfClientId(keys, id) : undefined;
      return {
        ...metadata,
        client_id: id,
        client_id_issued_at: issuedAt,
        ...(secret !== undefined && { client_secret: hashClientSecret(secret), client_secret_expires_at: 0 }),
      } as AdapterPayload;
    },
  };
}

const needsSecret = ({ token_endpoint_auth_method: method }: ClientMetadata): boolean =>
  method === 'client_secret_basic' || method === 'client_secret_post';

const tooLong = (id: string): string =>
  `The client id here holds the metadata itself, and with these it would have ${id.length} characters, more than ` +
  `${LONGEST_CLIENT_ID}. Send fewer redirect URIs, shorter links, or jwks_uri in place of jwks.`;
