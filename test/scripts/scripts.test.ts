import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DemoFacts, seedDemo } from '../../scripts/demo-seed.ts';
import { type Child, startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { createPerson } from '../support/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let facts: DemoFacts;
let empty: string;
const children: Child[] = [];
beforeAll(async () => {
  world = await startWorld();
  facts = await seedDemo(world.host.authorization, { directory: world.directory, publicUrl: new URL(world.url) });
  empty = await mkdtemp(join(tmpdir(), 'gatehouse-scripts-'));
});
afterEach(() => Promise.all(children.splice(0).map((child) => child.stop())));
afterAll(async () => {
  await world.close();
  await rm(empty, { recursive: true, force: true });
});

const run = (script: string, words: readonly string[] = [], env: Record<string, string> = {}): Child => {
  const file = fileURLToPath(new URL(`../../scripts/${script}.ts`, import.meta.url));
  const child = startNode(file, words, { GATEHOUSE_DIR: world.directory, HOME: empty, ...env });
  children.push(child);
  return child;
};

const secrets = () => [facts.DEMO_MACHINE_SECRET, 'Bearer', 'eyJ'];

describe('npm run m2m', () => {
  it.each([
    ['a secret', [], () => `${facts.DEMO_MACHINE_ID}, by client_secret_basic`],
    ['a private key', ['--key'], () => `${facts.DEMO_KEY_ID}, by private_key_jwt (ES256)`],
  ] as const)('gets a token with %s, calls a tool and tells each step without a secret', async (_, words, client) => {
    const child = run('m2m', words);
    expect(await child.exit, child.output.stderr).toBe(0);
    const { stdout } = child.output;
    expect(stdout).toContain(`${world.url}/.well-known/oauth-protected-resource/notes/mcp`);
    expect(stdout).toContain(`${world.url}/.well-known/oauth-authorization-server`);
    expect(stdout).toContain(client());
    expect(stdout).toContain('notes:write, for 600 seconds');
    expect(stdout).toMatch(/call {12}add_note .*\nresult {10}\{"id":/);
    for (const secret of secrets()) expect(stdout).not.toContain(secret);
  });

  it('names the scopes when the call needs more, and ends with 1', async () => {
    const child = run('m2m', ['--tool', 'delete_note', '--input', '{"id":"1"}']);
    expect(await child.exit).toBe(1);
    expect(child.output.stderr).toBe(
      'The call was refused: it needs the scopes notes:admin. Ask for them with --scope.\n',
    );
  });

  it('says what the token endpoint refused, and ends with 1', async () => {
    const child = run('m2m', ['--scope', 'notes:admin']);
    expect(await child.exit).toBe(1);
    expect(child.output.stderr).toMatch(/^The token endpoint refused: invalid_scope \(.+\)\.\n$/);
  });
});

describe('a script without a demo host', () => {
  it.each(['m2m', 'sign-in', 'inspect'])('%s says what to start and ends with 1', async (script) => {
    const child = run(script, [], { GATEHOUSE_DIR: empty });
    expect(await child.exit).toBe(1);
    expect(child.output.stderr).toBe(
      `There is no ${join(empty, 'demo.env')}. Start the demo host first, in another terminal: npm start\n`,
    );
  });

  it('m2m says so as well where the host has gone since', async () => {
    const gone = await mkdtemp(join(tmpdir(), 'gatehouse-scripts-'));
    const text = await readFile(join(world.directory, 'demo.env'), 'utf8');
    await writeFile(join(gone, 'demo.env'), text.replace(world.url, 'http://localhost:9'));
    const child = run('m2m', [], { GATEHOUSE_DIR: gone });
    expect(await child.exit).toBe(1);
    expect(child.output.stderr).toBe(
      'No demo host answers at http://localhost:9. Start the demo host first, in another terminal: npm start\n',
    );
    await rm(gone, { recursive: true });
  });
});

describe('npm run sign-in', () => {
  const shownUrl = async (child: Child) => String((await child.next(/\n {2}(http:\S+)\n/))[1]);

  it('signs in, is refused, steps up and is let in', async () => {
    const ada = createPerson('ada', facts.DEMO_ADA_PASSWORD);
    const child = run('sign-in', ['--no-browser']);
    await ada.open(await shownUrl(child));
    await child.next(/refused +403 insufficient_scope, the call needs notes:write\n/);
    await ada.open(await shownUrl(child));
    expect(await child.exit, child.output.stderr).toBe(0);
    expect(child.output.stdout).toMatch(/tools +list_notes, read_note.*\n/);
    expect(child.output.stdout).toMatch(/call +add_note .*\nresult +\{"id":".+"\}\n$/);
    expect(child.output.stdout).not.toContain('eyJ');
  });

  it('tells an account that may not grant the scope so, and ends with 1', async () => {
    const grace = createPerson('grace', facts.DEMO_GRACE_PASSWORD);
    const child = run('sign-in', ['--no-browser']);
    await grace.open(await shownUrl(child));
    await child.next(/refused +403 insufficient_scope/);
    await grace.open(await shownUrl(child));
    expect(await child.exit).toBe(1);
    expect(child.output.stderr).toBe(
      'Still refused: this account did not grant notes:write. Sign in as ada, or tick its box.\n',
    );
  });

  it('tells a person who denies what the server answered, and ends with 1', async () => {
    const child = run('sign-in', ['--no-browser']);
    await createPerson('ada', facts.DEMO_ADA_PASSWORD).open(await shownUrl(child), { decision: 'deny' });
    expect(await child.exit).toBe(1);
    expect(child.output.stderr).toContain('The authorization server answered access_denied');
  });
});

describe('npm run inspect', { timeout: 60_000 }, () => {
  it("passes its words to the Inspector's command line, over the demo's servers", async () => {
    const ada = createPerson('ada', facts.DEMO_ADA_PASSWORD);
    const env = { MCP_AUTO_OPEN_ENABLED: 'true', BROWSER: 'true' };
    const child = run('inspect', ['--cli', '--server', 'math', '--method', 'tools/list'], env);
    await ada.open(String((await child.next(/Please navigate to: (\S+)/))[1]));
    expect(await child.exit, child.output.stderr).toBe(0);
    expect(child.output.stderr).toContain(`Sign in as ada, password ${facts.DEMO_ADA_PASSWORD}`);
    expect(child.output.stdout).toContain('"divide"');
    const { mcpServers } = JSON.parse(await readFile(join(world.directory, 'inspector', 'mcp.json'), 'utf8'));
    expect(Object.keys(mcpServers)).toEqual(['echo', 'math', 'notes']);
  });

  it('serves the web page, which knows the servers', async () => {
    const env = { MCP_AUTO_OPEN_ENABLED: 'false', CLIENT_PORT: `${await freePort()}`, MCP_SANDBOX_PORT: '0' };
    const child = run('inspect', [], env);
    const [url] = await child.next(/http:\/\/(localhost|127\.0\.0\.1):[1-9]\d*\S*/);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
  });
});
