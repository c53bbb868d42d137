import { InvalidToken } from '../core/errors.ts';
import { canonicalResource } from '../core/resource-uri.ts';
import { equalSecrets } from '../core/secrets.ts';
import { readApiKey } from './api-key.ts';
import { type ApiKeyRecord, apiKeyRecords } from './api-keys.ts';
import { isExpired } from './claims.ts';
import type { StoredKeysDeps } from './provider.ts';
import type { Verifier } from './verifier.ts';

/** Longest time, in seconds, that a key is taken as good without being looked at again, by streams that stay open. */
const LOOK_AGAIN = 3600;
/** No hash: compared with where there is no key of that id. */
const NOTHING = '-'.repeat(43);

/**
 * A verifier of the host's own API keys. The store is asked at every call, so that a key ends at once everywhere. An
 * unknown key and a wrong secret are refused alike, after the same work.
 */
export function apiKeyVerifier(deps: StoredKeysDeps): Verifier {
  const { clock, log, publicUrl, isEnded } = deps;
  const keys = apiKeyRecords(deps.records, clock);
  const checkLive = async (record: ApiKeyRecord, resource: string): Promise<void> => {
    const { id, resources, expiresAt = Infinity, account, createdAt } = record;
    if (isExpired(expiresAt, clock())) throw new InvalidToken('expired');
    if (resources !== 'all' && !resources.includes(resource)) throw new InvalidToken('wrong_audience');
    if (account === undefined || !(await isEnded(account, createdAt))) return;
    // What says so is not kept for ever.
    await keys.revoke(id);
    throw new InvalidToken('revoked');
  };
  return {
    async verify(token, at) {
      const read = readApiKey(token);
      if (read === undefined) throw new InvalidToken('malformed_api_key');
      const record = await keys.find(read.id);
      const matches = equalSecrets(record?.secretHash ?? NOTHING, read.secretHash);
      if (record === undefined || !matches) throw new InvalidToken('unknown_api_key');
      const resource = canonicalResource(at.href) ?? at.href;
      await checkLive(record, resource);
      await keys
        .touch(record.id)
        .catch((error: unknown) => log.warn('api_key_use_not_kept', { key: record.id, error }));
      const { id, owner, scopes, description, expiresAt = Infinity } = record;
      return Object.freeze({
        subject: owner,
        clientId: `apikey:${id}`,
        scopes: new Set(scopes),
        issuer: publicUrl,
        resource,
        expiresAt: Math.min(expiresAt, clock() + LOOK_AGAIN),
        kind: 'key' as const,
        ...(description !== '' && { name: description }),
        claims: { key: id, owner },
      });
    },
  };
}
