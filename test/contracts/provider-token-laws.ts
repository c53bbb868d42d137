import assert from 'node:assert/strict';
import { principalKey } from '../../src/core/principal.ts';
import { law, type ProviderLaw } from './provider-law.ts';

/** Values that are no time. */
const NO_TIMES: readonly unknown[] = ['soon', '1800000000', -1, null, [1], {}, true];

/** What every token must say, whatever it looks like. */
export const tokenLaws: readonly ProviderLaw[] = [
  law('tells who calls: the person, the app apart from the person, issuer, resource, end', async (subject, trial) => {
    const principal = await trial.accepts(subject.mint());
    const { issuer, resource } = subject;
    assert.deepEqual(
      { ...principal, scopes: [...principal.scopes].sort(), claims: {}, expiresAt: 0 },
      {
        subject: 'person',
        clientId: 'app',
        kind: 'user',
        issuer,
        resource,
        scopes: ['a', 'b'],
        claims: {},
        expiresAt: 0,
      },
    );
    assert.ok(principal.expiresAt > subject.now() && principal.expiresAt <= subject.now() + 600);
  }),
  law('refuses a token of another app or for another resource', async ({ mint, resource }, trial) => {
    for (const aud of ['https://other.example/mcp', 'other-app', '', `${resource}/`, `${resource}.evil.example`]) {
      await trial.refuses(mint({ aud }), `a token for ${JSON.stringify(aud)}`);
      await trial.refuses(mint({ aud: [aud] }), `a token for a list of ${JSON.stringify(aud)}`);
    }
    for (const aud of [new URL(resource).origin, resource.replace(/\/[^/]+$/, ''), resource.toUpperCase(), '*']) {
      await trial.refuses(mint({ aud }), `a token for ${aud}`);
    }
    for (const aud of [undefined, null, [], {}, 7, [null, resource], [[resource]]]) {
      await trial.refuses(mint({ aud }), `a token with the audience ${JSON.stringify(aud)}`);
    }
  }),
  law('refuses what the issuer gives for other purposes', async ({ others }, trial) => {
    for (const [what, mintOther] of Object.entries(others)) await trial.refuses(mintOther(), what);
  }),
  law('takes an app of its own for no person, and gives it no scopes', async ({ mintForApp, mint, issuer }, trial) => {
    if (mintForApp === undefined) return;
    const app = await trial.accepts(mintForApp(), 'a token that an app was given for itself');
    assert.deepEqual([app.kind, [...app.scopes]], ['machine', []]);
    const person = await trial.accepts(mint({ sub: app.subject }), 'a person of the same subject');
    assert.notEqual(principalKey({ ...app, issuer }), principalKey({ ...person, kind: 'user' }));
  }),
  law('refuses times that are over, to come, or no times', async ({ mint, needsExpiry, now }, trial) => {
    const times = { exp: now() - 61, nbf: now() + 3600, iat: now() + 3600 };
    for (const [name, value] of Object.entries(times)) {
      await trial.refuses(mint({ [name]: value }), `a token whose ${name} is ${value - now()} s from now`);
    }
    for (const exp of NO_TIMES) await trial.refuses(mint({ exp }), `a token with the exp ${JSON.stringify(exp)}`);
    await trial.refuses(mint({ exp: now() * 1000 }), 'a token with an exp in milliseconds');
    if (needsExpiry) await trial.refuses(mint({ exp: undefined }), 'a token without exp');
  }),
  law('refuses a good token from its end on', async ({ mint, advance }, trial) => {
    const token = await mint({ jti: 'ending' });
    await trial.accepts(token);
    advance(661);
    await trial.refuses(token, 'a token past its end');
  }),
  law('refuses an issuer that is not exactly its own', async ({ mint, issuer }, trial) => {
    const other = issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`;
    for (const iss of [other, `${issuer}.evil.example`, issuer.toUpperCase(), 'https://other.example', [issuer], 7]) {
      await trial.refuses(mint({ iss }), `a token of the issuer ${JSON.stringify(iss)}`);
    }
  }),
  law('reads scopes exactly, and makes none up', async ({ mint }, trial) => {
    const scopes = async (scope: unknown) => [...(await trial.accepts(mint({ scope }))).scopes].sort();
    assert.deepEqual(await scopes('b a:read'), ['a:read', 'b']);
    for (const scope of [undefined, '', null, 7, 'a  b', 'a"b', { a: true }, [['a']], ['a', 7], `${'x'.repeat(200)}`]) {
      assert.deepEqual(await scopes(scope), [], `scopes were made of ${JSON.stringify(scope)}`);
    }
  }),
  law('takes the person for no app: a token that names none has a fixed one, or is refused', async (subject, trial) => {
    const token = await subject.mint({ client_id: undefined });
    const principal = await subject.verifier.verify(token, new URL(subject.resource)).catch(() => undefined);
    if (principal === undefined) await trial.refuses(token, 'a token without client');
    else assert.notEqual(principal.clientId, principal.subject);
  }),
  law('believes an e-mail address only where the issuer has verified it', async ({ mint }, trial) => {
    for (const verified of [undefined, false, 'false', 'yes', 1, null]) {
      const principal = await trial.accepts(mint({ email: 'a@example.com', email_verified: verified }));
      assert.equal(principal.email, undefined, `believed with email_verified ${JSON.stringify(verified)}`);
    }
  }),
  law('refuses a token that is bound to a key', async ({ mint }, trial) => {
    await trial.refuses(mint({ cnf: { jkt: 'abc' } }), 'a bound token');
  }),
];
