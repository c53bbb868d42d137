import { expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { claimsWithProfile, openidIdentity } from '../../src/gate/openid-identity.ts';

/** The address that counts, of an ID token and a profile. */
async function addressOf(idToken: Record<string, unknown>, profile: Record<string, unknown>) {
  const deps = {
    fetch: async () => Response.json({ sub: 'ada', ...profile }),
    userinfo: async () => 'https://id.example.com/userinfo',
    log: silentLog,
  };
  const tokens = { accessToken: 'a-token', scopes: [], answer: {}, idToken: { sub: 'ada', ...idToken } };
  const claims = await claimsWithProfile(tokens, deps);
  return openidIdentity({ ...(claims && { idToken: claims }) }).email;
}

const email = 'ada@example.com';

it.each([
  ['the profile vouches for its own', {}, { email, email_verified: true }, email],
  ['the ID token vouches for its own', { email, email_verified: true }, {}, email],
  ['the profile vouches for the one of the ID token', { email }, { email, email_verified: true }, email],
  ['the ID token vouches for none', { email_verified: true }, { email, email_verified: false }, undefined],
  ['the ID token vouches for none, the profile does not say', { email_verified: true }, { email }, undefined],
  ['the ID token denies', { email, email_verified: false }, { email, email_verified: true }, undefined],
  ['the profile vouches for another', { email }, { email: 'b@example.com', email_verified: true }, undefined],
])('an address counts as far as somebody vouches for it: %s', async (_, idToken, profile, counts) => {
  expect(await addressOf(idToken, profile)).toBe(counts);
});
