import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordName } from '../../src/authorization/record-name.ts';
import { clients } from '../../src/commands/clients.ts';
import { revoke } from '../../src/commands/revoke.ts';
import { UsageError } from '../../src/commands/usage.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { ask } from '../support/plain-http.ts';
import { runNode } from '../support/run-node.ts';
import { authorizeUrl, CALLBACK, refresh, registerClient, type SignedIn, signIn } from '../support/signed-in.ts';
import { until } from '../support/until.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
/** A world over a folder that the command opens as well. */
const startBefore = (settings: Parameters<typeof startWorld>[0] = {}) => {
  beforeAll(async () => {
    world = await startWorld(settings);
  });
  afterAll(() => world.close());
};
const gatehouse = (args: readonly string[], input = '', more: Record<string, string> = {}) =>
  runNode(['src/main.ts', ...args], {
    environment: { GATEHOUSE_DIR: world.directory, PUBLIC_URL: world.url, ...more },
    input,
  });
const today = new Date().toISOString().slice(0, 10);
const isKnown = async (client: { readonly client_id: string }) =>
  (await ask(authorizeUrl(world.url, client))).headers.has('location');
/** What the gate says of an access token. */
const statusOf = async ({ access, resource }: SignedIn): Promise<number> =>
  (
    await fetch(resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${access}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    })
  ).status;

/** A process remembers for a moment what was not revoked; that it is less than a second is measured elsewhere. */
const isRefused = async (signedIn: SignedIn): Promise<void> => {
  await until(
    () => statusOf(signedIn),
    ({ value }) => value === 401,
  );
};

describe('gatehouse clients', () => {
  startBefore();
  it('lists who has registered, with last use and age, without secrets', async () => {
    expect((await gatehouse(['clients', 'list'])).stdout).toMatch(/^No client has registered yet/);
    const unused = await registerClient(world.url, { client_name: 'Waiting' });
    const confidential = await registerClient(world.url, {
      client_name: 'Sure',
      token_endpoint_auth_method: 'client_secret_post',
    });
    const { client } = await signIn(world.url);
    const { code, stdout } = await gatehouse(['clients', 'list']);
    expect(code).toBe(0);
    const rows = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => [line.split('\t')[0], line.split('\t').slice(1)]),
    );
    expect(rows.size).toBe(3);
    expect(rows.get(unused.client_id)).toEqual([
      'Waiting',
      'none',
      `registered ${today}`,
      'never used',
      expect.stringMatching(/^ends \d{4}-\d\d-\d\d$/),
      CALLBACK,
    ]);
    expect(rows.get(client.client_id)?.[3]).toBe(`used ${today}`);
    expect(rows.get(confidential.client_id)?.[1]).toBe('client_secret_post');
    expect(stdout).not.toContain(confidential.client_secret);
    expect(stdout).not.toContain('sha256:');
  });

  it('removes a client for a running server: it is unknown and its tokens are refused', async () => {
    const signedIn = await signIn(world.url);
    const other = await signIn(world.url);
    const removed = await gatehouse(['clients', 'remove', signedIn.client.client_id]);
    expect([removed.code, removed.stderr]).toEqual([0, '']);
    expect(removed.stdout).toMatch(/^Removed client_\S+\. It is unknown from now on/);
    expect(await isKnown(signedIn.client)).toBe(false);
    await isRefused(signedIn);
    expect((await refresh(world.url, signedIn.client, signedIn.refresh)).body.error).toBe('invalid_client');
    expect(await statusOf(other)).toBe(200);
    const again = await gatehouse(['clients', 'remove', signedIn.client.client_id]);
    expect([again.code, again.stderr]).toEqual([2, `There is no registered client ${signedIn.client.client_id}.\n`]);
  });

  it('says how it is written', async () => {
    for (const args of [[], ['remove'], ['nonsense', 'x']]) await expect(clients(args)).rejects.toThrow(UsageError);
    await expect(clients([])).rejects.toThrow('gatehouse clients remove <client id>');
  });
});

describe('gatehouse clients, where nothing is kept', () => {
  startBefore({ settings: { registration: 'stateless' } });

  it('removes a client whose id holds its metadata, and lists none of them', async () => {
    const signedIn = await signIn(world.url);
    expect((await gatehouse(['clients', 'list'])).stdout).toContain('REGISTRATION=stateless');
    expect((await gatehouse(['clients', 'remove', signedIn.client.client_id])).code).toBe(0);
    expect(await isKnown(signedIn.client)).toBe(false);
    await isRefused(signedIn);
    const forged = `${signedIn.client.client_id.slice(0, -1)}_`;
    expect((await gatehouse(['clients', 'remove', forged])).code).toBe(2);
  });
});

describe('gatehouse revoke', () => {
  startBefore();
  it('RV-05 ends an access token by its value from a pipe, and that one alone', async () => {
    const [one, two] = [await signIn(world.url), await signIn(world.url)];
    const done = await gatehouse(['revoke', 'token'], `${one.access}\n`);
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toMatch(/^Revoked the access token/);
    await isRefused(one);
    expect(await statusOf(two)).toBe(200);
    expect((await refresh(world.url, one.client, one.refresh)).status).toBe(200);
    const again = await gatehouse(['revoke', 'token'], `${one.access}\n`);
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(/^That is no live token of this server/);
  });

  it('RV-05 ends a sign-in by its refresh token from a file, with its access tokens', async () => {
    const signedIn = await signIn(world.url);
    const file = join(world.directory, 'token.txt');
    await writeFile(file, `${signedIn.refresh}\n`);
    const done = await gatehouse(['revoke', 'token', file]);
    expect(done.stdout).toMatch(/^Ended the sign-in of the refresh token/);
    expect(done.stdout).not.toContain(signedIn.refresh);
    await isRefused(signedIn);
    expect((await refresh(world.url, signedIn.client, signedIn.refresh)).body.error).toBe('invalid_grant');
  });

  it('repeats no token that was written on the command line', async () => {
    const { code, stderr, stdout } = await gatehouse(['revoke', 'token', 'a.secret.token']);
    expect(code).toBe(2);
    expect(stderr + stdout).not.toContain('a.secret.token');
    expect(stderr).toContain('never write one on the command line');
  });

  it('ends a sign-in whose record it cannot read', async () => {
    const person = await signIn(world.url);
    const { gid } = JSON.parse(Buffer.from(person.access.split('.')[1] ?? '', 'base64url').toString());
    const store = sqliteStore({ file: join(world.directory, 'state.db') });
    await store.put(recordName('Grant', gid), 'sealed by a key that is not here', 3600);
    await store.close();
    const { code, stdout } = await gatehouse(['revoke', 'grant', gid]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Whatever the sign-in .* has given is .*\n$/)]);
    await until(
      () => statusOf(person),
      ({ value }) => value === 401,
    );
  });

  it('JW-33 ends a sign-in by the id that the log names, and a client, and nothing else of the person', async () => {
    const [byGrant, byClient, other] = [await signIn(world.url), await signIn(world.url), await signIn(world.url)];
    const { gid } = JSON.parse(Buffer.from(byGrant.access.split('.')[1] ?? '', 'base64url').toString());
    const [grant, client, noGrant, noClient] = await Promise.all([
      gatehouse(['revoke', 'grant', gid]),
      gatehouse(['revoke', 'client', byClient.client.client_id]),
      gatehouse(['revoke', 'grant', '-an-id-may-begin-so']),
      gatehouse(['revoke', 'client', 'client_nobody']),
    ]);
    for (const each of [grant, client, noGrant, noClient]) expect(each.code).toBe(0);
    expect(grant.stdout + client.stdout).not.toContain('known here');
    expect(noGrant.stdout).toContain('No sign-in of that id is known here');
    expect(noClient.stdout).toContain('No client of that id is known here');
    await Promise.all([byGrant, byClient].map(isRefused));
    expect(await statusOf(other)).toBe(200);
    expect(await isKnown(byClient.client)).toBe(true);
  });

  it('JW-33 ends a person with every session, and nobody else', async () => {
    const [grace, ada] = [await signIn(world.url, { username: 'grace' }), await signIn(world.url)];
    expect((await gatehouse(['revoke', 'user', 'grace'])).stdout).toMatch(/^Ended every session of grace;/);
    await isRefused(grace);
    expect(await statusOf(ada)).toBe(200);
    const unknown = await gatehouse(['revoke', 'user', 'nobody']);
    expect([unknown.code, unknown.stderr]).toEqual([2, 'There is no account nobody.\n']);
  });

  it('says how it is written', async () => {
    for (const args of [[], ['grant'], ['client'], ['user'], ['x', 'y'], ['grant', 'one', 'two']]) {
      await expect(revoke(args)).rejects.toThrow('gatehouse revoke grant <id>');
    }
    await expect(revoke(['grant'])).rejects.toThrow('The id of the sign-in is missing.');
  });
});
