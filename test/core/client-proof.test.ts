import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clientProof } from '../../src/core/client-proof.ts';

const AS = { issuer: 'https://as.test' };
const CLIENT = { client_id: 'app' };

describe('how a client proves itself', () => {
  const sent = async (proof: Parameters<typeof clientProof>[0]) => {
    const [body, headers] = [new URLSearchParams(), new Headers()];
    await (await clientProof(proof))(AS, CLIENT, body, headers);
    return { body, authorization: headers.get('authorization') };
  };

  it('sends a secret in the header, or in the body', async () => {
    expect((await sent({ clientSecret: 'a secret' })).authorization).toMatch(/^Basic /);
    const { body, authorization } = await sent({ clientSecret: 'a secret', authentication: 'post' });
    expect([body.get('client_secret'), authorization]).toEqual(['a secret', null]);
  });

  it('signs an assertion with a key, where there is one', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect((await sent({ privateKey: pem })).body.get('client_assertion')).toMatch(/^eyJ/);
    const without = { clientSecret: 'a secret', privateKey: undefined } as unknown as { readonly clientSecret: string };
    expect((await sent(without)).authorization).toMatch(/^Basic /);
    await expect(clientProof({ privateKey: 'no key' })).rejects.toThrow(TypeError);
  });
});
