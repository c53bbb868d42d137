import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A fresh secret of `bytes` random bytes (default 32: 256 bits), base64url. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** SHA-256 of the UTF-8 text, base64url (43 characters). */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url');

/** Eight characters that let two log lines be matched without telling the secret. */
export const fingerprint = (secret: string): string => sha256(secret).slice(0, 8);

/** Compares two texts in a time that does not depend on where they differ. */
export const equalSecrets = (left: string, right: string): boolean =>
  timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'));
