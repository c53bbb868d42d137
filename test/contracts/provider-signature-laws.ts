import { createHmac } from 'node:crypto';
import { law, type ProviderLaw, type ProviderUnderTest, type SigningUnderTest, type Trial } from './provider-law.ts';

const encode = (value: string | object): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A law about signed tokens: it holds by itself where there are none. */
const signed = (
  title: string,
  body: (signing: SigningUnderTest, trial: Trial, subject: ProviderUnderTest) => Promise<void>,
): ProviderLaw =>
  law(title, async (subject, trial) => {
    if (subject.signing !== undefined) await body(subject.signing, trial, subject);
  });

/** What forgers try (RFC 8725 §2.1). */
export const signatureLaws: readonly ProviderLaw[] = [
  signed('refuses tokens without signature, however they spell it', async (_signing, trial, { mint }) => {
    const [, payload, signature] = (await mint()).split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = `${encode({ alg, typ: 'at+jwt' })}.${payload}`;
      for (const tail of ['.', '.AAAA', `.${signature}`, '']) await trial.refuses(unsigned + tail, `alg ${alg}${tail}`);
    }
  }),
  signed('refuses HS256 keyed with the public key', async ({ publicKey }, trial, { mint }) => {
    const [header = '', payload] = (await mint()).split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`;
    const pem = await publicKey();
    for (const secret of [pem, pem.trim(), ` ${pem}`, pem.replaceAll('\n', '\r\n')]) {
      const forged = createHmac('sha256', secret).update(input).digest('base64url');
      await trial.refuses(`${input}.${forged}`, 'a token signed with the public key as a secret');
    }
  }),
  signed('refuses another algorithm than the key has', async (_signing, trial, { mint }) => {
    const [header = '', payload, signature] = (await mint()).split('.');
    const { alg: own, ...rest } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const others = ['RS256', 'PS512', 'ES256', 'ES512', 'EdDSA', 'HS256', 'XX1', undefined, 7, ['ES256']];
    for (const alg of others.filter((name) => name !== own)) {
      await trial.refuses(`${encode({ ...rest, alg })}.${payload}.${signature}`, `a token with the alg ${alg}`);
    }
  }),
  signed(
    'refuses the keys of strangers, whether or not they say that they are the issuer’s',
    async ({ sign }, trial) => {
      await trial.refuses(sign({}, 'stranger'), 'a token of a stranger under the id of the issuer’s key');
      for (const kid of ['unknown', '../../etc/passwd', '__proto__', '', 7, 'k'.repeat(300)]) {
        await trial.refuses(sign({ kid }, 'stranger'), `a token of a stranger under the key id ${kid}`);
      }
      await trial.refuses(sign({ jku: 'https://evil.example/jwks' }, 'stranger'), 'a token that brings its keys');
    },
  ),
  signed('refuses a token without key id where several keys could be meant', async (signing, trial, subject) => {
    if (signing.publishAnother === undefined) return;
    await signing.publishAnother();
    // Keys are kept for an hour at most.
    subject.advance(3601);
    await trial.refuses(signing.sign({ kid: undefined }), 'a token without key id');
  }),
  signed('refuses extensions that it does not know', async ({ sign }, trial) => {
    await trial.refuses(sign({ crit: ['x-unknown'], 'x-unknown': 1 }), 'a critical extension');
    await trial.accepts(sign({ 'x-unknown': 1 }), 'an extension that is not critical');
  }),
  signed('refuses JWTs that say they are something else', async ({ sign }, trial) => {
    const types = ['logout+jwt', 'dpop+jwt', 'oauth-authz-req+jwt', 'oauth-id-jag+jwt', 'secevent+jwt', 'id_token', 7];
    for (const typ of [...types, 'token-introspection+jwt']) await trial.refuses(sign({ typ }), `the type ${typ}`);
  }),
  signed('refuses claims that were changed after signing', async (_signing, trial, { mint }) => {
    const [header, payload = '', signature] = (await mint()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    await trial.refuses(`${header}.${encode({ ...claims, scope: 'admin' })}.${signature}`, 'a changed token');
  }),
  signed('refuses encrypted and opaque tokens where JWTs are expected', async (_signing, trial) => {
    const encrypted = `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`;
    for (const token of [encrypted, '2YotnFZFEjr1zCsicMWpAA', 'a.b', 'a.b.c', '...', 'ey.ey.ey']) {
      await trial.refuses(token, token);
    }
  }),
];
