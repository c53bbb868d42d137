import type { AdapterPayload } from 'oidc-provider';
import { sha256 } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';
import type { DocumentedClient } from './clients/client-metadata.ts';
import { looksLikeDocumentUrl } from './clients/metadata-document.ts';
import { isMachineId, type MachineRecord, type Machines } from './machines.ts';
import { type RegisteredClients, type RegisteredClientsParts, registeredClients } from './registered-clients.ts';
import type { Revocations } from './revocations.ts';
import { isSealedClientId } from './sealed-client-id.ts';
import type { StatelessClients } from './stateless-clients.ts';

/**
 * Clients of every kind by their id: registered ones that are kept, those whose id holds all there is to know, machines,
 * and those whose id is the URL of a document. Only the first are ever saved and renewed.
 */
export interface ClientRecords extends RegisteredClients {
  /** Forgets a client that registered, for good, and ends all that it was given. */
  remove(id: string): Promise<void>;
}

/** What clients live on. */
export interface ClientRecordsParts extends RegisteredClientsParts {
  readonly machines: Machines;
  readonly revocations: Revocations;
  /** The client of a metadata document, fetched or remembered. Undefined when there is no such document. */
  readonly documented: (url: string) => Promise<DocumentedClient | undefined>;
  /** Where left out, no id is known that holds its own metadata. */
  readonly stateless?: StatelessClients;
}

/** Client records over a store. */
export function clientRecords(parts: ClientRecordsParts): ClientRecords {
  const { store, machines, revocations, documented, stateless } = parts;
  const registered = registeredClients(parts);
  const forgotten = forgottenClients(store);
  return {
    ...registered,
    async find(id) {
      if (!/^[\x21-\x7e]{1,2048}$/.test(id)) return undefined;
      if (looksLikeDocumentUrl(id)) return documented(id) as Promise<AdapterPayload | undefined>;
      if (isMachineId(id)) return machineMetadata(await machines.find(id));
      if (!isSealedClientId(id)) return registered.find(id);
      const client = stateless?.find(id);
      return client === undefined || (await forgotten.has(id)) ? undefined : client;
    },
    save: async (id, metadata) => (isSealedClientId(id) ? undefined : registered.save(id, metadata)),
    renew: async (id) => (isSealedClientId(id) ? undefined : registered.renew(id)),
    async remove(id) {
      await (isSealedClientId(id) ? forgotten.add(id) : registered.remove(id));
      await revocations.client(id, 'for_good');
    },
  };
}

/** The deny-list of clients whose id holds all there is to know: for these a record that is gone would mean nothing. */
function forgottenClients(store: Store) {
  const name = (id: string): string => `forgotten_client:${sha256(id)}`;
  return {
    add: (id: string): Promise<void> => store.put(name(id), '1', Infinity),
    has: async (id: string): Promise<boolean> => (await store.get(name(id))) !== undefined,
  };
}

/** A machine in the words of RFC 7591. It has no redirects, and no grant but its own; that of an ID-JAG nobody registers for. */
function machineMetadata(machine: MachineRecord | undefined): AdapterPayload | undefined {
  if (machine === undefined) return undefined;
  const { clientId, name, secretHash, jwks, createdAt, enterprise = false } = machine;
  return {
    client_id: clientId,
    client_id_issued_at: createdAt,
    client_name: name,
    redirect_uris: [],
    response_types: [],
    grant_types: enterprise ? [] : ['client_credentials'],
    token_endpoint_auth_method: jwks === undefined ? 'client_secret_basic' : 'private_key_jwt',
    ...(secretHash !== undefined && { client_secret: secretHash }),
    ...(jwks !== undefined && { jwks }),
  };
}
