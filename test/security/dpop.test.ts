import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { notes } from '../../examples/demo/notes.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { modern } from '../mcp/callers.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { machineToken, type SecretMachine, secretMachine } from '../support/machine.ts';
import { ask, basic, type PlainAnswer, postForm, postJson } from '../support/plain-http.ts';
import { newProver, type ProofChoices, type Prover } from '../support/prover.ts';
import { sendRaw } from '../support/raw-http.ts';
import { type Authorized, authorize, CALLBACK, refresh } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_notes', arguments: {} } };
const ACCEPT = 'application/json, text/event-stream';
const jar = createCookieJar();
let prover: Prover;
beforeAll(async () => {
  prover = await newProver();
});

/** A token of the machine that is bound to the prover's key. */
async function boundToken(at: string, machine: SecretMachine, issuer = at): Promise<string> {
  const proof = await prover.prove({ url: `${issuer}/token` });
  const form = { grant_type: 'client_credentials', resource: `${issuer}/notes/mcp` };
  const answer = await postForm(`${at}/token`, form, { ...basic(machine.id, machine.secret), dpop: proof });
  if (answer.body.token_type !== 'DPoP') throw new Error(`No bound token: ${answer.text}`);
  return String(answer.body.access_token);
}

const call = (at: string, token: string, proof?: string, scheme = 'DPoP'): Promise<PlainAnswer> =>
  postJson(`${at}/notes/mcp`, LIST, {
    accept: ACCEPT,
    authorization: `${scheme} ${token}`,
    ...(proof !== undefined && { dpop: proof }),
  });

const redeemWith = (url: string, { client, code, verifier }: Authorized, headers: Record<string, string>) =>
  postForm(
    `${url}/token`,
    {
      grant_type: 'authorization_code',
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      code,
    },
    headers,
  );

describe('proofs on the wire', () => {
  let world: World;
  let token: string;
  const proofFor = (changes: Partial<ProofChoices> = {}) =>
    prover.prove({ url: `${world.url}/notes/mcp`, token, ...changes });
  beforeAll(async () => {
    world = await startWorld({ settings: { dpop: 'accept', rest: true } });
    token = await boundToken(world.url, await secretMachine(world.host.authorization, ['notes:read']));
  });
  afterAll(() => world.close());

  it('a proof is taken once, and the next one is taken again', async () => {
    const proof = await proofFor();
    expect((await call(world.url, token, proof)).status).toBe(200);
    const replay = await call(world.url, token, proof);
    expect([replay.status, replay.body.error]).toEqual([401, 'invalid_dpop_proof']);
    expect(replay.headers.get('www-authenticate')).toMatch(
      /^DPoP resource_metadata=".*error="invalid_dpop_proof".*algs="ES256/,
    );
    expect((await call(world.url, token, await proofFor())).status).toBe(200);
    expect(world.logged.join()).not.toContain(proof);
  });

  it('of twenty calls with one proof at once one is answered', async () => {
    const proof = await proofFor();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(world.url, token, proof)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)]);
  });

  it('a proof must be there, once, and be made for this call', async () => {
    const proof = await proofFor();
    const wrong = [
      undefined,
      `${proof}, ${proof}`,
      await proofFor({ method: 'GET' }),
      await proofFor({ url: `${world.url}/math/mcp` }),
      await proofFor({ url: 'https://elsewhere.example/notes/mcp' }),
      await proofFor({ token: 'another' }),
      await proofFor({ claims: { ath: undefined } }),
    ];
    for (const each of wrong) {
      const { status, body } = await call(world.url, token, each);
      expect([status, body.error]).toEqual([401, 'invalid_dpop_proof']);
    }
    const late = await call(world.url, token, await proofFor({ claims: { iat: Math.floor(Date.now() / 1000) - 120 } }));
    expect([late.status, late.body.error]).toEqual([401, 'use_dpop_nonce']);
    const nonce = late.headers.get('dpop-nonce') ?? '';
    expect((await call(world.url, token, await proofFor({ claims: { iat: 1, nonce } }))).status).toBe(200);
    expect((await call(world.url, token, proof)).status).toBe(200);
  });

  it('a proof of a request in plain REST names the address of that request', async () => {
    const url = `${world.url}/notes/mcp/call`;
    const send = (proof: string) =>
      postJson(url, { name: 'list_notes' }, { authorization: `DPoP ${token}`, dpop: proof });
    expect((await send(await proofFor())).status).toBe(401);
    expect((await send(await proofFor({ url }))).status).toBe(200);
    const document = `${world.url}/notes/mcp/openapi.json`;
    const headers = { authorization: `DPoP ${token}`, dpop: await proofFor({ url: document, method: 'GET' }) };
    expect((await ask(document, { headers })).body).toMatchObject({
      paths: { '/tools/list_notes': { post: { security: [{ oauth: ['notes:read'] }] } } },
      components: {
        securitySchemes: {
          oauth: { type: 'openIdConnect', openIdConnectUrl: `${world.url}/.well-known/openid-configuration` },
        },
      },
    });
  });

  it('two DPoP lines are refused, and no Host header makes another URL right', async () => {
    const body = JSON.stringify(LIST);
    const send = async (host: string, ...proofs: string[]) => {
      const port = Number(new URL(world.url).port);
      const lines = [`Host: ${host}`, `Authorization: DPoP ${token}`, ...proofs.map((proof) => `DPoP: ${proof}`)];
      const rest = ['Content-Type: application/json', `Accept: ${ACCEPT}`, `Content-Length: ${body.length}`];
      const [answer] = await sendRaw(port, ['POST /notes/mcp HTTP/1.1', ...lines, ...rest, '', body].join('\r\n'));
      return answer?.status;
    };
    const { host } = new URL(world.url);
    expect(await send(host, await proofFor(), await proofFor())).toBe(401);
    const evil = await proofFor({ url: 'http://evil.example/notes/mcp' });
    expect(await send(host, evil)).toBe(401);
    expect(await send('evil.example', evil)).not.toBe(200);
    expect(await send(host, await proofFor())).toBe(200);
  });

  it('BH-02 JW-23 a bound token is no bearer token, and a bearer token no bound one', async () => {
    const plain = String(
      (await machineToken(world.url, await secretMachine(world.host.authorization, ['notes:read']))).body.access_token,
    );
    for (let round = 0; round < 2; round += 1) {
      const cases = [
        await call(world.url, token, await proofFor(), 'Bearer'),
        await call(world.url, token, undefined, 'Bearer'),
        await call(world.url, plain, await proofFor({ token: plain })),
      ];
      expect(cases.map(({ status, body }) => [status, body.error])).toEqual(Array(3).fill([401, 'invalid_token']));
      expect((await call(world.url, plain, undefined, 'Bearer')).status).toBe(200);
      expect((await call(world.url, token, await proofFor())).status).toBe(200);
    }
  });

  it('a stream that was opened with a proof goes on without another one, and ends when its token is ended', async () => {
    const own = await boundToken(world.url, await secretMachine(world.host.authorization, ['notes:read']));
    const { message, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } });
    const stream = await fetch(`${world.url}/notes/mcp`, {
      method: 'POST',
      headers: { ...headers, authorization: `DPoP ${own}`, dpop: await proofFor({ token: own }) },
      body: JSON.stringify(message),
    });
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const reader = stream.body?.getReader();
    // Whatever passes has been looked at: the token is good without a second proof.
    expect((await reader?.read())?.done).toBe(false);
    expect(await world.host.authorization.revocations.presented(own)).toBe('access_token');
    await vi.waitUntil(async () => (await reader?.read())?.done, { timeout: 5000 });
  });

  it('browsers may send a proof and read the nonce', async () => {
    for (const path of ['/token', '/notes/mcp']) {
      const origin = world.url;
      const preflight = await ask(world.url + path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' },
      });
      expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\bDPoP\b/);
      const answer = await ask(world.url + path, { method: 'POST', headers: { origin } });
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate.*DPoP-Nonce/);
    }
  });

  it('at the token endpoint a bad proof spends no code, a used one neither, and a good one once', async () => {
    const authorized = await authorize(world.url, { jar });
    const url = `${world.url}/token`;
    const used = await prover.prove({ url });
    const first = await redeemWith(world.url, await authorize(world.url, { jar }), { dpop: used });
    expect(first.body.token_type).toBe('DPoP');
    const wrong = [used, `${used}, ${used}`, 'x', await prover.prove({ url: `${world.url}/notes/mcp` })];
    for (const dpop of wrong) {
      const { status, body, headers } = await redeemWith(world.url, authorized, { dpop });
      expect([status, body.error]).toEqual([400, 'invalid_dpop_proof']);
      expect(headers.get('cache-control')).toBe('no-store');
    }
    const late = await prover.prove({ url, claims: { iat: 1 } });
    const asked = await redeemWith(world.url, authorized, { dpop: late });
    expect([asked.status, asked.body.error]).toEqual([400, 'use_dpop_nonce']);
    const nonce = asked.headers.get('dpop-nonce') ?? '';
    const dpop = await prover.prove({ url, claims: { iat: 1, nonce } });
    expect((await redeemWith(world.url, authorized, { dpop })).body.token_type).toBe('DPoP');
  });

  it('a lost refresh answer is given again to a new proof of the key, not to an old one', async () => {
    const url = `${world.url}/token`;
    const { client, ...rest } = await authorize(world.url, { jar });
    const tokens = await redeemWith(world.url, { client, ...rest }, { dpop: await prover.prove({ url }) });
    const form = {
      grant_type: 'refresh_token',
      client_id: client.client_id,
      refresh_token: String(tokens.body.refresh_token),
    };
    const used = await prover.prove({ url });
    const first = await postForm(url, form, { dpop: used });
    expect(first.body.token_type).toBe('DPoP');
    expect((await postForm(url, form, { dpop: used })).body.error).toBe('invalid_dpop_proof');
    expect((await refresh(world.url, client, form.refresh_token)).body.error).toBe('invalid_grant');
    const again = await postForm(url, form, { dpop: await prover.prove({ url }) });
    expect(again.body.refresh_token).toBe(first.body.refresh_token);
  });
});

describe('proofs at two nodes', () => {
  let directory: string;
  let first: World;
  let second: World;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    const storeUrl = `sqlite:${join(directory, 'state.db')}`;
    const keys = [generateFernetKey(), generateFernetKey()];
    const shared = { storeUrl, dpop: 'require', dpopNonce: 'require' } as const;
    first = await startWorld({ settings: { ...shared, keys } });
    // Half-way through a change of sealing keys.
    second = await startWorld({ settings: { ...shared, keys: keys.toReversed(), publicUrl: first.url }, directory });
  });
  afterAll(async () => {
    await first.close();
    await second.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('each knows the nonces and the used proofs of the other, at the token endpoint and at the mounts', async () => {
    const machine = await secretMachine(first.host.authorization, ['notes:read']);
    const form = { grant_type: 'client_credentials', resource: `${first.url}/notes/mcp` };
    const url = `${first.url}/token`;
    const ask = (at: World, dpop: string) =>
      postForm(`${at.url}/token`, form, { ...basic(machine.id, machine.secret), dpop });
    const asked = await ask(first, await prover.prove({ url }));
    expect([asked.status, asked.body.error]).toEqual([400, 'use_dpop_nonce']);
    const nonce = asked.headers.get('dpop-nonce') ?? '';
    const proof = await prover.prove({ url, claims: { nonce } });
    const answer = await ask(second, proof);
    expect(answer.body.token_type).toBe('DPoP');
    expect((await ask(first, proof)).body.error).toBe('invalid_dpop_proof');
    const token = String(answer.body.access_token);
    const shown = () => prover.prove({ url: `${first.url}/notes/mcp`, token, claims: { nonce } });
    const text = await shown();
    expect((await call(first.url, token, text)).status).toBe(200);
    expect((await call(second.url, token, text)).body.error).toBe('invalid_dpop_proof');
    expect((await call(second.url, token, await shown())).status).toBe(200);
    const bare = await call(second.url, token, await prover.prove({ url: `${first.url}/notes/mcp`, token }));
    expect([bare.status, bare.body.error]).toEqual([401, 'use_dpop_nonce']);
    expect(bare.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
  });

  it('takes no bearer token and issues none', async () => {
    const machine = await secretMachine(first.host.authorization, ['notes:read']);
    const plain = await machineToken(first.url, machine);
    expect([plain.status, plain.body.error]).toEqual([400, 'invalid_dpop_proof']);
    const refused = await call(first.url, 'anything', undefined, 'Bearer');
    expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_token"/);
    const bare = await postJson(`${first.url}/notes/mcp`, LIST, { accept: ACCEPT });
    expect([bare.status, bare.body.error]).toEqual([401, undefined]);
    expect(bare.headers.get('www-authenticate')).toMatch(/^DPoP resource_metadata=".*algs="ES256/);
  });
});

describe('proofs where the store fails, and where DPOP is off', () => {
  const faulty = faultyStore();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ settings: { store: faulty.store, dpop: 'accept' } });
  });
  beforeEach(() => faulty.failWhen());
  afterAll(() => world.close());

  it('a call or token request whose proof cannot be marked is answered 503, never as a fault of the caller', async () => {
    const machine = await secretMachine(world.host.authorization, ['notes:read']);
    const token = await boundToken(world.url, machine);
    const proof = () => prover.prove({ url: `${world.url}/notes/mcp`, token });
    expect((await call(world.url, token, await proof())).status).toBe(200);
    faulty.failWhen(() => 'call');
    const refused = await call(world.url, token, await proof());
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([503, null]);
    faulty.failWhen();
    expect((await call(world.url, token, await proof())).status).toBe(200);
  });

  it('with DPOP=off a proof means nothing, and a bound token is refused', async () => {
    const machine = await secretMachine(world.host.authorization, ['notes:read']);
    const bound = await boundToken(world.url, machine);
    const off = await startWorld({
      settings: { store: faulty.store, publicUrl: world.url },
      directory: world.directory,
    });
    try {
      const url = `${world.url}/notes/mcp`;
      const at = `${off.url}/notes/mcp`;
      expect(at).not.toBe(url);
      const proof = await prover.prove({ url, token: bound });
      expect((await call(off.url, bound, proof)).headers.get('www-authenticate')).toMatch(/^Bearer [^,]*, scope=/);
      expect((await call(off.url, bound, proof, 'Bearer')).body.error).toBe('invalid_token');
      const authorized = await authorize(world.url);
      const prove = () => prover.prove({ url: `${world.url}/token` });
      const { body } = await redeemWith(world.url, authorized, { dpop: await prove() });
      const { client_id } = authorized.client;
      const form = { grant_type: 'refresh_token', client_id, refresh_token: String(body.refresh_token) };
      const renewed = await postForm(`${off.url}/token`, form, { dpop: await prove() });
      expect(renewed.body.error).toBe('invalid_grant');
      expect((await postForm(`${world.url}/token`, form, { dpop: await prove() })).body.token_type).toBe('DPoP');
      const plain = await machineToken(off.url, machine, { resource: url });
      expect((await call(off.url, String(plain.body.access_token), undefined, 'Bearer')).status).toBe(200);
    } finally {
      await off.close();
    }
  });
});

describe('proofs beside a verifier that knows nothing of keys', () => {
  let host: KeyedHost;
  const serve = (dpop: 'accept' | 'require') =>
    startKeyedHost((app) => app.mount('/notes', notes({ file: ':memory:' })), {
      dpop,
      store: memoryStore(),
      keys: [generateFernetKey()],
    });
  const shown = (token: string) => prover.prove({ url: `${host.url}/notes/mcp`, token });
  afterEach(() => host.close());

  it('its tokens are bearer tokens, whatever proof comes with them', async () => {
    host = await serve('accept');
    const refused = await call(host.url, 'reader', await shown('reader'));
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_token']);
    expect((await call(host.url, 'reader', undefined, 'Bearer')).status).toBe(200);
  });

  it('none of them is taken where proofs are required', async () => {
    host = await serve('require');
    for (const scheme of ['Bearer', 'DPoP']) {
      expect((await call(host.url, 'reader', await shown('reader'), scheme)).body.error).toBe('invalid_token');
    }
    expect(host.logged.join()).toContain('bearer_not_accepted');
  });
});
