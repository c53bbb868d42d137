import type { ClientMetadata } from './client-metadata.ts';
import { MetadataFault } from './metadata-fault.ts';
import { ownTexts } from './own-member.ts';
import type { MetadataOrigin } from './registration-policy.ts';

type GrantTypes = ClientMetadata['grant_types'];

/** Offered by Visual Studio Code next to the code grant. Not served here, and harmless to leave out. */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Never for a client that introduces itself: no user (RFC 6749 §4.4), or one whose password or token it would see. */
const NEVER = ['client_credentials', 'implicit', 'password'];

/**
 * The grants of a client: the code grant, and refresh when asked for. A registration that asks for any other is
 * refused, but for the device grant, which is left out; a document speaks to every server, so that there whatever we
 * do not serve is left out, unless no self-made client may have it. Throws `MetadataFault`.
 */
export function readGrantTypes(source: object, origin: MetadataOrigin): GrantTypes {
  checkResponseTypes(ownTexts(source, 'response_types'));
  const asked = ownTexts(source, 'grant_types') ?? ['authorization_code'];
  for (const grant of asked) {
    if (grant === 'authorization_code' || grant === 'refresh_token' || grant === DEVICE_GRANT) continue;
    if (origin === 'document' && !NEVER.includes(grant)) continue;
    throw new MetadataFault('grant_types may hold authorization_code and refresh_token only.');
  }
  if (!asked.includes('authorization_code')) throw new MetadataFault('grant_types must hold authorization_code.');
  return asked.includes('refresh_token') ? ['authorization_code', 'refresh_token'] : ['authorization_code'];
}

function checkResponseTypes(asked: readonly string[] = ['code']): void {
  if (asked.length !== 1 || asked[0] !== 'code') throw new MetadataFault('response_types may hold code only.');
}
