import { API_KEY_PREFIX } from '../src/gate/api-key.ts';
import { apiKeyVerifier } from '../src/gate/api-key-verifier.ts';
import type { StoredKeysProvider } from '../src/gate/provider.ts';

/** API keys that are kept in the host's store (`gatehouse api-key create`), sent as bearer tokens. Alone or beside others. */
export const apiKeys = (): StoredKeysProvider => ({
  kind: 'stored_keys',
  name: 'api-keys',
  tokens: [{ shape: 'prefix', prefix: API_KEY_PREFIX }],
  verifier: apiKeyVerifier,
});
