import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Child, startNode } from '../../support/child.ts';
import { freePort } from '../../support/free-port.ts';
import { packageFile } from '../../support/package-file.ts';
import { createPerson } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';
import { everything } from './everything.ts';
import { discover, register, signIn } from './strict-client.ts';

const SUITE = packageFile('@modelcontextprotocol/conformance', 'dist/index.js');

/** A server without sessions cannot ask or tell a client of 2025 anything between its requests. */
const NEEDS_SESSIONS = [
  'logging-set-level',
  'tools-call-with-logging',
  'tools-call-sampling',
  'tools-call-elicitation',
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'resources-subscribe',
  'resources-unsubscribe',
  'server-sse-multiple-streams',
];

/**
 * What a revision requires and a mount without or with sessions does not do. The suite also fails where one of these has
 * come to pass.
 */
const NOT_YET: readonly (readonly [
  revision: string,
  mount: 'stateless' | 'sessionful',
  scenarios: readonly string[],
])[] = [
  ['2025-11-25', 'stateless', NEEDS_SESSIONS],
  ['2025-11-25', 'sessionful', []],
  ['2026-07-28', 'stateless', []],
  ['2026-07-28', 'sessionful', []],
];

describe('the official conformance suite', { timeout: 120_000 }, () => {
  let worlds: { readonly stateless: World; readonly sessionful: World };
  let directory: string;
  const children: Child[] = [];
  beforeAll(async () => {
    const mounted = (sessions: boolean) =>
      startWorld({ mount: (host) => void host.mount('/everything', everything(sessions)) });
    worlds = { stateless: await mounted(false), sessionful: await mounted(true) };
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-conformance-'));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.stop()));
    await Promise.all(Object.values(worlds).map((world) => world.close()));
    await rm(directory, { recursive: true, force: true });
  });

  const resourceOf = ({ url }: World) => new URL(`${url}/everything/mcp`);
  const suite = (words: readonly string[], env: Record<string, string> = {}): Child => {
    const child = startNode(SUITE, words, { HOME: directory, ...env });
    children.push(child);
    return child;
  };

  it.each([
    ['no resource', []],
    ['a resource', ['--resource']],
  ])('finds our authorization server conforming, asked for %s', async (_, flags) => {
    const port = await freePort();
    const resource = resourceOf(worlds.stateless);
    const as = await discover(resource);
    const { client_id } = await register(as, { redirect_uris: [`http://127.0.0.1:${port}/callback`] });
    const more = flags.flatMap((flag) => [flag, resource.href]);
    const child = suite([
      'authorization',
      '--url',
      resource.origin,
      '--client-id',
      client_id,
      '-p',
      `${port}`,
      ...more,
    ]);
    const [url] = await child.next(/http:\S+\/authorize\?\S+/);
    await createPerson('ada', PASSWORDS.ada).open(url);
    expect(await child.exit, child.output.stdout).toBe(0);
    expect(child.output.stdout).not.toContain('WARNING');
  });

  it.each(NOT_YET)('finds a protected mount conforming to %s: a %s one', async (revision, mount, scenarios) => {
    const resource = resourceOf(worlds[mount]);
    const as = await discover(resource);
    const client = await register(as);
    const person = createPerson('ada', PASSWORDS.ada);
    const { access_token } = await signIn({ as, client, person, resource, scope: 'everything:use' });
    const baseline = join(directory, `${revision}-${mount}.yml`);
    await writeFile(baseline, JSON.stringify({ server: scenarios }));
    const child = suite(
      ['server', '--url', resource.href, '--requirements', revision, '--expected-failures', baseline],
      {
        NODE_OPTIONS: `--import=${new URL('../../support/inject-bearer.ts', import.meta.url)}`,
        INJECT_ORIGIN: resource.origin,
        INJECT_TOKEN: access_token,
      },
    );
    expect(await child.exit, child.output.stdout).toBe(0);
  });
});
