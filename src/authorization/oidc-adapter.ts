import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import type { Store } from '../store/store.ts';
import type { ClientRecords } from './client-records.ts';
import type { Stamped } from './epochs.ts';
import { boundRefreshToken, checkProvenKey } from './proven-key.ts';
import { recordName } from './record-name.ts';
import type { Revocations } from './revocations.ts';
import { AnsweredBefore, type SingleUse, singleUseModel } from './tokens/single-use.ts';

/** What the records of oidc-provider live on. */
export interface OidcAdapterParts {
  readonly store: Store;
  readonly clients: ClientRecords;
  readonly revocations: Revocations;
  readonly singleUse: SingleUse;
  /** What oidc-provider writes into the record of a sign-in, and takes out of it again. */
  readonly interactionMembers: () => readonly string[];
}

/** A payload as it is kept. */
type StoredPayload = AdapterPayload & Stamped;

/** JWT access tokens are not stored, so there is nothing to find, and nothing but their grant to revoke. */
const UNSTORED = new Set(['AccessToken', 'ClientCredentials']);

/** oidc-provider's storage over a Store. A fault of the store comes out as `Unavailable`; nothing is guessed. */
export const oidcAdapter =
  (parts: OidcAdapterParts): AdapterFactory =>
  (model) =>
    model === 'Client' ? clientAdapter(parts) : modelAdapter(model, parts);

function clientAdapter({ clients }: OidcAdapterParts): Adapter {
  return {
    ...unsupported('Client'),
    find: (id) => clients.find(id),
    upsert: (id, payload) => clients.save(id, payload),
    destroy: (id) => clients.remove(id),
  };
}

function modelAdapter(model: string, parts: OidcAdapterParts): Adapter {
  const { store, clients, revocations, singleUse } = parts;
  const revokeByGrantId = (grantId: string) => revocations.grant(grantId);
  if (UNSTORED.has(model)) return { ...unsupported(model), find: async () => undefined, revokeByGrantId };
  const read = async (name: string): Promise<StoredPayload | undefined> => {
    const text = await store.get(name);
    if (text === undefined) return undefined;
    const payload = JSON.parse(text) as StoredPayload;
    return (await isDenied(payload, revocations)) ? undefined : payload;
  };
  /**
   * What a record has beside what oidc-provider saves: the epoch in which a code was made or a sign-in began, and in a
   * sign-in that is saved again whatever a later version has put there.
   */
  const besides = async (name: string): Promise<object> => {
    if (model === 'AuthorizationCode') return singleUse.stamp();
    if (model !== 'Interaction') return {};
    const before = await store.get(name);
    if (before === undefined) return singleUse.stamp();
    const known = parts.interactionMembers();
    return Object.fromEntries(Object.entries(JSON.parse(before)).filter(([member]) => !known.includes(member)));
  };
  return {
    async find(id) {
      const record = await read(recordName(model, id));
      if (record === undefined) return undefined;
      const single = singleUseModel(model);
      const consumed = single && (await singleUse.usedAt(single, id));
      // That it was used is said whatever else is true of it: its family ends with a second use.
      if (consumed === undefined && (await singleUse.isOutlived(record))) return undefined;
      // oidc-provider sees no proof: what is bound to a key is told apart here.
      const { epoch: _epoch, jkt, dpopJkt, ...payload } = record;
      checkProvenKey(jkt ?? dpopJkt);
      return { ...payload, jti: id, ...(consumed !== undefined && { consumed }) };
    },
    async findByUid(uid) {
      const name = await store.get(uidName(uid));
      return name === undefined ? undefined : read(name);
    },
    async upsert(id, payload, expiresIn) {
      // At least a second: a clock that jumped must not make it 0 or less, and what is over is judged by `exp`.
      const ttl = expiresIn === undefined ? Infinity : Math.max(1, expiresIn);
      const name = recordName(model, id);
      if (model === 'ReplayDetection') return spendAssertion(store, name, ttl);
      // A session of nobody holds nothing: a cookie of one that has ended must not make records.
      if (model === 'Session' && payload.accountId === undefined) return store.delete(name);
      const life = model === 'RegistrationAccessToken' ? await clients.manageWith(payload.clientId ?? '', name) : ttl;
      await store.put(
        name,
        JSON.stringify({ ...withoutIds(payload), ...boundRefreshToken(model), ...(await besides(name)) }),
        life,
      );
      if (model === 'Session' && payload.uid !== undefined) await store.put(uidName(payload.uid), name, ttl);
    },
    async destroy(id) {
      const name = recordName(model, id);
      if (model !== 'Interaction') return store.delete(name);
      // An approved form that is sent again, or twenty times at once, resumes once (RFC 6749 §10.12).
      const taken = await store.take(name);
      if (taken === undefined || (await singleUse.isOutlived(JSON.parse(taken) as Stamped))) {
        throw new errors.SessionNotFound('this sign-in has ended');
      }
    },
    /** Spends nothing: that is for the token endpoint, once the answer is made. */
    async consume(id) {
      const answer = model === 'RefreshToken' ? await singleUse.answerBefore(id) : undefined;
      if (answer !== undefined) throw new AnsweredBefore(answer);
    },
    findByUserCode: unsupported(model).findByUserCode,
    revokeByGrantId,
  };
}

const uidName = (uid: string): string => `session_uid:${uid}`;

/** What was ended is not found, whatever else the record says. Of a session the interaction policy judges. */
const isDenied = async ({ grantId, kind, jti, clientId, accountId, iat }: AdapterPayload, denied: Revocations) =>
  kind !== 'Session' &&
  denied.isRevoked({ gid: kind === 'Grant' ? jti : grantId, client_id: clientId, sub: accountId, iat });

/** The record does not repeat the id that it is found by, nor the session cookie of the browser. Grants name themselves in tokens. */
function withoutIds({ jti, session, ...payload }: AdapterPayload): AdapterPayload {
  const { cookie: _cookie, ...rest } = session ?? {};
  return { ...payload, ...(payload.kind === 'Grant' && { jti }), ...(session && { session: rest }) };
}

/** RFC 7523 §3: an assertion id is good once. */
async function spendAssertion(store: Store, name: string, ttl: number): Promise<void> {
  if (!(await store.putIfAbsent(name, '1', ttl))) throw new errors.InvalidClientAuth('assertion used before');
}

function unsupported(model: string): Adapter {
  const refuse = async (): Promise<never> => {
    throw new TypeError(`${model} records are not kept this way.`);
  };
  return {
    upsert: refuse,
    find: refuse,
    findByUserCode: refuse,
    findByUid: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}
