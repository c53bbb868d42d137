import { equalSecrets, sha256 } from '../core/secrets.ts';

/** Marks a stored secret as hashed. No secret that we make holds a colon. */
const HASHED = 'sha256:';

/** What is kept of a client secret: its hash. Secrets are 256 random bits, so one round of SHA-256 is enough. Twice is once. */
export const hashClientSecret = (secret: string): string =>
  secret.startsWith(HASHED) ? secret : `${HASHED}${sha256(secret)}`;

/** Whether the presented secret is the one whose hash is kept, in constant time. A hash never passes for its secret. */
export const matchesClientSecret = (kept: string | undefined, presented: string): boolean =>
  equalSecrets(kept ?? '', `${HASHED}${sha256(presented)}`);
