import type { AdapterPayload } from 'oidc-provider';
import type { Clients } from './authorization-server.ts';
import type { ClientRecords } from './client-records.ts';
import type { RegisteredRecord } from './registered-clients.ts';

/** A registered client as an operator sees it: never its secret, nor the hash of it. Times in seconds since 1970. */
export interface ClientSummary {
  readonly clientId: string;
  readonly name: string | undefined;
  readonly authMethod: string;
  readonly redirectUris: readonly string[];
  readonly registeredAt: number;
  /** Right to the day. Undefined for one that nobody has signed in to. */
  readonly lastUsedAt: number | undefined;
  /** When it ends without another use. */
  readonly endsAt: number;
}

/** Clients over their records. Machines, and clients of a metadata document, did not register and are none of these. */
export const operatorClients = (records: ClientRecords): Clients => ({
  async remove(clientId) {
    if (!isRegisteredId(clientId) || (await records.find(clientId)) === undefined) return false;
    await records.remove(clientId);
    return true;
  },
});

const isRegisteredId = (id: string): boolean => id.startsWith('client_') || id.startsWith('c1.');

/** A summary of what stands in the store under the kind `client`. */
export function describeClient(record: string): ClientSummary {
  const { metadata, used, renewedAt, expiresAt } = JSON.parse(record) as RegisteredRecord;
  const { client_id, client_name, token_endpoint_auth_method, redirect_uris, client_id_issued_at }: AdapterPayload =
    metadata;
  return {
    clientId: String(client_id),
    name: client_name,
    authMethod: String(token_endpoint_auth_method),
    redirectUris: redirect_uris ?? [],
    registeredAt: Number(client_id_issued_at),
    lastUsedAt: used ? renewedAt : undefined,
    endsAt: expiresAt,
  };
}
