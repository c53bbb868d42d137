import type { AdapterPayload } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import { sha256 } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';
import { hashClientSecret } from './client-secret.ts';
import type { DocumentedClient } from './clients/client-metadata.ts';
import { looksLikeDocumentUrl } from './clients/metadata-document.ts';
import type { Lifetimes } from './lifetimes.ts';
import { isMachineId, type MachineRecord, type Machines } from './machines.ts';
import type { Revocations } from './revocations.ts';

/** Clients of every kind by their id: registered ones, machines, and those whose id is the URL of a document. */
export interface ClientRecords {
  find(id: string): Promise<AdapterPayload | undefined>;
  /** Keeps a registered client. Its secret is kept as a hash. */
  save(id: string, metadata: AdapterPayload): Promise<void>;
  /** Forgets a registered client and ends all that it was given. */
  remove(id: string): Promise<void>;
  /** Notes a use: the life of a registered client starts anew, at most once a day. */
  renew(id: string): Promise<void>;
  /** Ties the record of a registration access token to the client, so that both live equally long. */
  manageWith(id: string, tokenRecord: string): Promise<void>;
}

/** What clients live on. */
export interface ClientRecordsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly lifetimes: Lifetimes;
  readonly machines: Machines;
  readonly revocations: Revocations;
  /** The client of a metadata document, fetched or remembered. Undefined when there is no such document. */
  readonly documented: (url: string) => Promise<DocumentedClient | undefined>;
}

interface Registered {
  readonly metadata: AdapterPayload;
  /** Whether anybody has signed in to it. */
  readonly used: boolean;
  readonly renewedAt: number;
  readonly expiresAt: number;
  readonly tokenRecord?: string;
}

const DAY = 86_400;
const recordName = (id: string): string => `client:${sha256(id)}`;
const removedName = (id: string): string => `removed_client:${sha256(id)}`;

/** Client records over a store. */
export function clientRecords(parts: ClientRecordsParts): ClientRecords {
  const { store, clock, lifetimes, machines, revocations, documented } = parts;
  const load = async (id: string): Promise<Registered | undefined> => {
    const text = await store.get(recordName(id));
    return text === undefined ? undefined : (JSON.parse(text) as Registered);
  };
  const keep = async (id: string, record: Registered): Promise<void> => {
    await store.put(recordName(id), JSON.stringify(record), Math.max(1, record.expiresAt - clock()));
    // A removal that came in between must not be undone.
    if ((await store.get(removedName(id))) !== undefined) await store.delete(recordName(id));
  };
  return {
    async find(id) {
      if (!/^[\x21-\x7e]{1,2048}$/.test(id)) return undefined;
      if (looksLikeDocumentUrl(id)) return documented(id) as Promise<AdapterPayload | undefined>;
      if (isMachineId(id)) return machineMetadata(await machines.find(id));
      return (await load(id))?.metadata;
    },
    async save(id, { client_secret: secret, ...rest }) {
      const known = await load(id);
      const metadata = { ...rest, ...(secret !== undefined && { client_secret: hashClientSecret(secret) }) };
      const fresh = { used: false, renewedAt: clock(), expiresAt: clock() + lifetimes.registrationUnused };
      await keep(id, { ...fresh, ...known, metadata });
    },
    async remove(id) {
      await store.put(removedName(id), '1', 3600);
      await store.delete(recordName(id));
      await revocations.client(id);
    },
    async renew(id) {
      const known = await load(id);
      if (known === undefined || (known.used && clock() - known.renewedAt < DAY)) return;
      await keep(id, { ...known, used: true, renewedAt: clock(), expiresAt: clock() + lifetimes.registration });
      const token = known.tokenRecord === undefined ? undefined : await store.get(known.tokenRecord);
      if (known.tokenRecord !== undefined && token !== undefined) {
        await store.put(known.tokenRecord, token, lifetimes.registration);
      }
    },
    async manageWith(id, tokenRecord) {
      const known = await load(id);
      if (known !== undefined) await keep(id, { ...known, tokenRecord });
    },
  };
}

/** A machine in the words of RFC 7591. It has no redirects, and no grant but its own. */
function machineMetadata(machine: MachineRecord | undefined): AdapterPayload | undefined {
  if (machine === undefined) return undefined;
  const { clientId, name, secretHash, jwks, createdAt } = machine;
  return {
    client_id: clientId,
    client_id_issued_at: createdAt,
    client_name: name,
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: jwks === undefined ? 'client_secret_basic' : 'private_key_jwt',
    ...(secretHash !== undefined && { client_secret: secretHash }),
    ...(jwks !== undefined && { jwks }),
  };
}
