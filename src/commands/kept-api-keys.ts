import { API_KEY_KIND, type ApiKey, apiKeyRecords } from '../gate/api-keys.ts';
import type { Vault } from '../host/state.ts';
import { readKind } from '../store/read-kind.ts';

/** Every API key in the store, the oldest first. A scan may tell of one twice. */
export async function keptApiKeys(vault: Vault, now: number): Promise<readonly ApiKey[]> {
  const byId = new Map<string, ApiKey>();
  for await (const record of readKind(vault, API_KEY_KIND, now)) {
    const key = JSON.parse(record) as ApiKey;
    byId.set(key.id, key);
  }
  return [...byId.values()].sort((one, other) => one.createdAt - other.createdAt);
}

/** Ends every API key that is bound to an account. */
export async function endApiKeysOf(account: string, vault: Vault, now: number): Promise<void> {
  const keys = apiKeyRecords(vault.store, () => now);
  for (const key of await keptApiKeys(vault, now)) if (key.account === account) await keys.revoke(key.id);
}
