import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { machineToken, secretMachine } from '../support/machine.ts';
import { ask, basic, callTool, type PlainAnswer, postForm, postJson } from '../support/plain-http.ts';
import { type RoundRobin, roundRobin } from '../support/round-robin.ts';
import { authorize, authorizeUrl, CALLBACK, redeem, refresh, registerClient, signIn } from '../support/signed-in.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { startWorld, type World } from '../support/world.ts';

/** A server that two hosts share, and what can become of it. */
export interface ServerUnderHosts {
  readonly storeUrl: string;
  /** What lies between the first host's store and the server; the URL leads through it. */
  readonly line: TcpProxy;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What holds of two hosts over one server behind a balancer, whichever server it is. */
export function hostsOver(name: string, open: () => Promise<ServerUnderHosts>): void {
  let server: ServerUnderHosts;
  let balancer: RoundRobin;
  let directory: string;
  let first: World;
  let second: World;
  const jar = createCookieJar();

  beforeAll(async () => {
    server = await open();
    balancer = await roundRobin();
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    const settings = {
      publicUrl: balancer.url,
      storeUrl: server.storeUrl,
      keys: [generateFernetKey()],
      shutdownGrace: 10,
    };
    first = await startWorld({ settings });
    second = await startWorld({ settings, directory });
    balancer.nodes = [first.url, second.url];
  });
  afterAll(async () => {
    await balancer?.close();
    await first?.close();
    await second?.close();
    await server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const callAt = async (url: string, token: unknown): Promise<number> =>
    (await callTool(`${url}/notes/mcp`, String(token), 'list_notes')).status;

  it('XM-01 a sign-in whose steps come to either node works, and so do its tokens', async () => {
    const { url } = balancer;
    for (let round = 0; round < 3; round += 1) {
      const { client, access, refresh: token } = await signIn(url, { jar: createCookieJar() });
      expect([await callAt(url, access), await callAt(url, access)]).toEqual([200, 200]);
      const answer = await refresh(url, client, token);
      expect([answer.status, await callAt(url, answer.body.access_token)]).toEqual([200, 200]);
    }
  });

  it('JW-33 what one node revokes ends at the other in a moment', async () => {
    const { client, access } = await signIn(balancer.url, { jar });
    expect([await callAt(first.url, access), await callAt(second.url, access)]).toEqual([200, 200]);
    const revoked = await postForm(`${first.url}/revoke`, { token: access, client_id: client.client_id });
    const start = performance.now();
    expect(revoked.status).toBe(200);
    await until(
      () => callAt(second.url, access),
      ({ value }) => value === 401,
      3,
    );
    expect(performance.now() - start).toBeLessThan(2000);
    expect(await callAt(first.url, access)).toBe(401);
  });

  /** 503 with a time to come back, and no word against a token. */
  const expectUnavailable = ({ status, headers }: PlainAnswer, what: string) =>
    expect([what, status, Number(headers.get('retry-after')) > 0, headers.has('www-authenticate')]).toEqual([
      what,
      503,
      true,
      false,
    ]);

  it(`ST-10 is 503 wherever state is needed while ${name} is down, and serves again without a restart`, async () => {
    const { url } = first;
    const client = await registerClient(url);
    const machine = await secretMachine(first.host.authorization, ['notes:read'], {
      introspects: [`${balancer.url}/notes/mcp`],
    });
    const { access, refresh: token } = await signIn(balancer.url, { jar, client });
    const code = await authorize(balancer.url, { jar, client });
    await server.stop();
    await until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === 503,
    );
    const { client_id } = client;
    const { resource } = code;
    const proof = basic(machine.id, machine.secret);
    const management = { headers: { authorization: `Bearer ${client.registration_access_token}` } };
    expectUnavailable(await refresh(url, client, token), 'refresh');
    expectUnavailable(await redeem(url, code), 'code');
    expectUnavailable(await machineToken(url, machine, { resource }), 'machine');
    expectUnavailable(await postForm(`${url}/revoke`, { token: access, client_id }), 'revoke');
    expectUnavailable(await postForm(`${url}/introspect`, { token: access }, proof), 'introspect');
    expectUnavailable(await postJson(`${url}/register`, { redirect_uris: [CALLBACK] }), 'register');
    expectUnavailable(await ask(`${url}${pathOf(client.registration_client_uri)}`, management), 'management');
    expectUnavailable(await ask(authorizeUrl(url, client, { resource })), 'authorize');
    expectUnavailable(await callTool(`${url}/notes/mcp`, access, 'list_notes'), 'call');
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    await server.start();
    const start = performance.now();
    for (const node of [first, second]) {
      await until(
        () => ask(`${node.url}/readyz`),
        ({ value }) => value?.status === 200,
      );
    }
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await callAt(url, access)).toBe(200);
    expect([(await refresh(url, client, token)).status, (await redeem(url, code)).status]).toEqual([200, 200]);
    expect((await machineToken(second.url, machine, { resource })).status).toBe(200);
  });

  it(`ST-11 is 503 in two seconds while ${name} accepts and does not answer, and alive throughout`, async () => {
    const { url } = first;
    const { client, refresh: token } = await signIn(balancer.url, { jar });
    server.line.replies = 'drop';
    const start = performance.now();
    const [ready, refreshed, health] = await Promise.all([
      ask(`${url}/readyz`),
      refresh(url, client, token),
      ask(`${url}/healthz`),
    ]);
    expect(performance.now() - start).toBeLessThan(4000);
    expectUnavailable(ready, 'ready');
    expectUnavailable(refreshed, 'refresh');
    expect(health.status).toBe(200);
    server.line.replies = 'pass';
    await until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === 200,
      5,
    );
    expect((await refresh(url, client, token)).status).toBe(200);
  });
}

const pathOf = (url: string): string => new URL(url).pathname;
