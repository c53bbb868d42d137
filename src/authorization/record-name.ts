import { sha256 } from '../core/secrets.ts';

/** The models of oidc-provider that are kept, by the kind their records carry in the store. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['Session', 'session'],
  ['Interaction', 'interaction'],
  ['Grant', 'grant'],
  ['AuthorizationCode', 'code'],
  ['RefreshToken', 'refresh_token'],
  ['ReplayDetection', 'assertion'],
  ['RegistrationAccessToken', 'registration_token'],
]);

/** `kind:hash of the id`: ids that open something never stand in the store, and no id can be made to hit another record. */
export function recordName(model: string, id: string): string {
  const kind = KINDS.get(model);
  if (kind === undefined) throw new TypeError(`No record is kept for ${model}.`);
  return `${kind}:${sha256(id)}`;
}

/** Marks a code or refresh token as used. Made by `putIfAbsent`: whoever makes it has won. */
export const usedName = (model: 'AuthorizationCode' | 'RefreshToken', id: string): string =>
  `used_${recordName(model, id)}`;
