import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { KeyRing } from '../store/key-ring.ts';

/** What client ids are sealed with. */
export type ClientIdKeys = Pick<KeyRing, 'sealingId' | 'derive'>;

/** `c1.<key id>.<nonce, ciphertext, tag>`, base64url: characters that no URL, form or header has to escape. */
const FORM = /^(c1\.([A-Za-z0-9_-]{8})\.)([A-Za-z0-9_-]+)$/;
const NONCE = 12;
const TAG = 16;
const CIPHER = 'aes-256-gcm';
/** Keys of their own, so that a client id can never be taken for a stored record, nor a secret for either. */
const ID_PURPOSE = 'client id 1';
const SECRET_PURPOSE = 'client secret 1';

/** Whether a client id says itself what there is to know of its client. */
export const isSealedClientId = (id: string): boolean => id.startsWith('c1.');

/** Seals bytes into a client id that is good at this issuer. Throws TypeError for a ring without its first key. */
export function sealClientId(keys: ClientIdKeys, issuer: string, content: Uint8Array): string {
  const key = keys.derive(ID_PURPOSE, keys.sealingId);
  if (key === undefined) throw new TypeError('The key ring lacks the key that it seals with.');
  const head = `c1.${keys.sealingId}.`;
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(`${head} ${issuer}`));
  const sealed = Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return head + sealed.toString('base64url');
}

/**
 * The bytes that were sealed. Undefined for a text that is no client id of ours: altered anywhere or spelled otherwise,
 * sealed for another issuer, or with a key that is not in the ring any more.
 */
export function openClientId(keys: ClientIdKeys, issuer: string, id: string): Buffer | undefined {
  const [, head = '', keyId = '', body = ''] = FORM.exec(id) ?? [];
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length <= NONCE + TAG || bytes.toString('base64url') !== body) return undefined;
  const key = keys.derive(ID_PURPOSE, keyId);
  if (key === undefined) return undefined;
  const opener = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE), { authTagLength: TAG });
  opener.setAAD(Buffer.from(`${head} ${issuer}`)).setAuthTag(bytes.subarray(-TAG));
  const content = opener.update(bytes.subarray(NONCE, -TAG));
  try {
    return Buffer.concat([content, opener.final()]);
  } catch {
    // The tag does not fit: what came out is worth nothing.
    return undefined;
  }
}

/** The secret that goes with a client id: made from it and the key that sealed it, so that none has to be kept. */
export function secretOfClientId(keys: ClientIdKeys, id: string): string | undefined {
  const key = keys.derive(SECRET_PURPOSE, FORM.exec(id)?.[2] ?? '');
  return key && createHmac('sha256', key).update(id).digest('base64url');
}
