import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import type { Store } from '../../../src/store/store.ts';

/** An adapter as one writes it first: a record an id, in clear, and a token is consumed by reading and writing it. */
export const plainAdapter =
  (store: Store): AdapterFactory =>
  (model): Adapter => {
    const nameOf = (id: string): string => `${model}:${id}`;
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      const text = await store.get(nameOf(id));
      return text === undefined ? undefined : (JSON.parse(text) as AdapterPayload);
    };
    return {
      find,
      upsert: (id, payload, expiresIn) => store.put(nameOf(id), JSON.stringify(payload), expiresIn ?? Infinity),
      async consume(id) {
        const now = Math.floor(Date.now() / 1000);
        const payload = await find(id);
        if (payload === undefined) return;
        const left = Math.max(1, (payload.exp ?? now) - now);
        await store.put(nameOf(id), JSON.stringify({ ...payload, consumed: now }), left);
      },
      destroy: (id) => store.delete(nameOf(id)),
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      revokeByGrantId: async () => undefined,
    };
  };
