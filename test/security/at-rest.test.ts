import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCookieJar } from '../support/cookie-jar.ts';
import { assertedToken, assertionOf, keyMachine, machineToken, secretMachine } from '../support/machine.ts';
import { basic, callTool, postForm } from '../support/plain-http.ts';
import { authorize, type Choices, redeem, refresh, registerClient, signIn } from '../support/signed-in.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';

const EMAIL = 'grace@mail.example';
const WRONG_PASSWORD = 'not the one she has';

let world: World;
/** What must be found nowhere, by what it is. */
const secrets = new Map<string, string>();
/** What is sealed or hashed at rest, but may be told to the operator's log. */
const personal = new Map<string, string>();

const keep = (what: string, value: unknown): void => {
  if (typeof value !== 'string' || value.length < 12) throw new Error(`There was no ${what} to look for.`);
  secrets.set(what, value);
};

/** A browser whose cookies and form tokens are kept with the secrets. */
function watched(name: string): Pick<Choices, 'jar' | 'onPage'> {
  const jar = createCookieJar();
  const watching = {
    header: (url: URL) => jar.header(url),
    keep(url: URL, lines: readonly string[]) {
      for (const line of lines) {
        const [cookie = '', value = ''] = (line.split(';')[0] ?? '').split('=');
        if (value.length >= 12) keep(`${name}'s cookie ${cookie} ${value.length}`, value);
      }
      jar.keep(url, lines);
    },
  };
  return {
    jar: watching,
    onPage: ({ html, url }) => {
      const token = /name="form" value="([^"]+)"/.exec(html)?.[1];
      if (token !== undefined) keep(`${name}'s form at ${url.pathname.replace(/^.*\//, '').slice(0, 12)}`, token);
    },
  };
}

/** Everything that can be done, good and bad, with each secret noted on the way. */
async function runEverything(): Promise<void> {
  const { url } = world;
  const person = await signIn(url, { scope: 'notes:read notes:write', ...watched('ada') });
  keep('code', person.code);
  keep('verifier', person.verifier);
  keep('state', person.state);
  keep('access token', person.access);
  keep('refresh token', person.refresh);
  keep('registration access token', person.client.registration_access_token);
  await callTool(`${url}/notes/mcp`, person.access, 'add_note', { text: 'a note' });
  await callTool(`${url}/notes/mcp`, person.access, 'delete_note', { id: 'x' });
  await callTool(`${url}/notes/mcp?access_token=${person.access}`, person.access, 'list_notes');
  await callTool(`${url}/math/mcp`, person.access, 'add', { a: 1, b: 2 });
  const second = await refresh(url, person.client, person.refresh);
  keep('second refresh token', second.body.refresh_token);
  keep('second access token', second.body.access_token);
  await refresh(url, person.client, person.refresh);
  await refresh(url, person.client, `${person.refresh}x`);
  await redeem(url, { ...person, verifier: 'w'.repeat(43) });
  await redeem(url, person);
  await wrongPassword();
  await confidentialClient();
  await machines();
  await postForm(`${url}/revoke`, { token: String(second.body.refresh_token), client_id: person.client.client_id });
  await callTool(`${url}/notes/mcp`, String(second.body.access_token), 'list_notes');
  const unspent = await authorize(url, { username: 'grace', ...watched('grace') });
  keep('unspent code', unspent.code);
}

async function wrongPassword(): Promise<void> {
  secrets.set('wrong password', WRONG_PASSWORD);
  await expect(signIn(world.url, { password: WRONG_PASSWORD })).rejects.toThrow('is not right');
}

async function confidentialClient(): Promise<void> {
  const client = await registerClient(world.url, { token_endpoint_auth_method: 'client_secret_basic' });
  keep('client secret', client.client_secret);
  const { client_id, client_secret = '' } = client;
  const { code, verifier } = await authorize(world.url, { client });
  const fields = { grant_type: 'authorization_code', code, code_verifier: verifier };
  await postForm(`${world.url}/token`, fields, basic(client_id, `${client_secret}x`));
  const answer = await postForm(`${world.url}/token`, fields, basic(client_id, client_secret));
  keep('token of the confidential client', answer.body.access_token);
  await postForm(
    `${world.url}/introspect`,
    { token: String(answer.body.access_token) },
    basic(client_id, client_secret),
  );
  await postForm(`${world.url}/token?client_secret=${client_secret}`, fields);
}

async function machines(): Promise<void> {
  const secret = await secretMachine(world.host.authorization, ['notes:read']);
  keep('machine secret', secret.secret);
  keep('machine token', (await machineToken(world.url, secret)).body.access_token);
  await machineToken(world.url, { ...secret, secret: `${secret.secret}x` });
  const key = await keyMachine(world.host.authorization, ['notes:read']);
  const assertion = await assertionOf(key, world.url);
  keep('assertion', assertion);
  keep('token by key', (await assertedToken(world.url, assertion)).body.access_token);
  await assertedToken(world.url, assertion);
}

beforeAll(async () => {
  world = await startWorld();
  const { accounts } = world.host.authorization;
  await accounts.add({ username: 'hopper', password: 'correct horse battery', email: EMAIL, name: 'Somebody Else' });
  secrets.set("ada's password", PASSWORDS.ada);
  secrets.set("grace's password", PASSWORDS.grace);
  personal.set('e-mail address', EMAIL);
  personal.set('display name', 'Somebody Else');
  personal.set('user name', 'hopper');
  await runEverything();
});
afterAll(() => world.close());

/** Ways in which a text could have been written down. */
function spellings(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [
    text,
    encodeURIComponent(text),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    ...(text.length > 40 && !text.startsWith('ey') ? [text.slice(0, 20)] : []),
    // The head of a signed token is the same in each; its middle is not.
    ...(text.split('.').length === 3
      ? text
          .split('.')
          .slice(1)
          .map((part) => part.slice(0, 80))
      : []),
  ];
}

function found(looked: ReadonlyMap<string, string>, places: ReadonlyMap<string, string>): readonly string[] {
  return [...looked].flatMap(([what, value]) =>
    [...places]
      .filter(([, text]) => spellings(value).some((form) => text.includes(form)))
      .map(([place]) => `${what} in ${place}`),
  );
}

/** Every file of the state directory but the notes, which are the server's own and none of the host's. */
async function filesOfState(): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(world.directory)).filter((name) => !name.startsWith('notes.db'));
  expect(names).toContain('state.db');
  const read = async (name: string) =>
    [name, (await readFile(join(world.directory, name))).toString('latin1')] as const;
  return new Map(await Promise.all(names.map(read)));
}

describe('after everything was done', () => {
  it('LG-02 finds what it looks for where it is', () => {
    expect(secrets.size).toBeGreaterThan(24);
    for (const [what, value] of secrets) {
      const written = new Map([['here', `{"x":"${Buffer.from(value).toString('base64')}"}`]]);
      expect(found(new Map([[what, value]]), written)).toEqual([`${what} in here`]);
    }
  });

  it('LG-02 the log holds no secret, in any spelling', () => {
    const lines = world.logged.join('\n');
    expect(lines).toContain('consent_granted');
    expect(lines).toContain('sign_in_failed');
    expect(found(secrets, new Map([['the log', lines]]))).toEqual([]);
  });

  it('LG-02 LG-04 the log holds no query of a URL and no e-mail address', () => {
    const lines = world.logged.join('\n');
    for (const word of ['code_challenge=', 'access_token=', 'code=', 'state=', 'grace@', EMAIL])
      expect(lines).not.toContain(word);
  });

  it('ST-17 no file of the state holds a secret, in any spelling', async () => {
    expect(found(secrets, await filesOfState())).toEqual([]);
  });

  it('ST-17 no file of the state tells who has an account, or which clients there are', async () => {
    const files = await filesOfState();
    expect(found(personal, files)).toEqual([]);
    const signs = [
      /(?:client|machine|user)_[\w-]{22}/,
      /redirect_uri/,
      /notes:read/,
      /accountId/,
      /127\.0\.0\.1/,
      /"d":/,
    ];
    expect(signs.filter((sign) => [...files.values()].some((text) => sign.test(text)))).toEqual([]);
  });
});
