import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { logging, withMiddleware } from '../../src/mcp/middleware/index.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';
import { fixedHeaders, remote } from '../../src/mcp/remote/index.ts';
import { wordTokens } from '../support/keyed-host.ts';
import { startWorld, type World } from '../support/world.ts';
import { everything } from './everything.ts';
import { conformanceSuite, NEEDS_SESSIONS, type Suite } from './suite.ts';

const SCOPE = 'everything:use';
const policy = { scopes: { [SCOPE]: 'Use everything' }, rules: [{ name: '*', scopes: [SCOPE] }] };

/** How the same server may come to a mount; `far` is one that is not ours to change. */
const styles: Readonly<Record<string, (far: string) => Mountable>> = {
  plain: () => everything(),
  'with sessions': () => everything(true),
  'made of another, with sessions': () =>
    defineServer({ name: 'hub', version: '1.0.0', sessions: true }).mount(everything(true)),
  'within middleware, with sessions': () => withMiddleware(everything(true), logging()),
  'proxied, with sessions': (far) =>
    remote(far, {
      name: 'far',
      policy,
      sessions: true,
      perPrincipal: true,
      credentials: fixedHeaders({ authorization: 'Bearer gate' }),
    }),
};

const CASES: readonly (readonly [revision: string, style: string, notClaimed: readonly string[]])[] = [
  ['2025-11-25', 'plain', NEEDS_SESSIONS],
  ['2025-11-25', 'with sessions', []],
  ['2026-07-28', 'with sessions', []],
  ['2025-11-25', 'made of another, with sessions', []],
  ['2026-07-28', 'made of another, with sessions', []],
  ['2025-11-25', 'within middleware, with sessions', []],
  ['2026-07-28', 'within middleware, with sessions', []],
  ['2025-11-25', 'proxied, with sessions', []],
  ['2026-07-28', 'proxied, with sessions', []],
];

describe('the official conformance suite', { timeout: 120_000 }, () => {
  let far: World;
  let world: World;
  let suite: Suite;
  beforeAll(async () => {
    far = await startWorld({
      settings: { auth: wordTokens([], { gate: [SCOPE] }) },
      mount: (host) => void host.mount('/far', everything(true)),
    });
    world = await startWorld({
      mount(host) {
        for (const [index, make] of Object.values(styles).entries())
          host.mount(`/s${index}`, make(`${far.url}/far/mcp`));
      },
    });
    suite = await conformanceSuite();
  });
  afterAll(async () => {
    await suite?.close();
    await world?.close();
    await far?.close();
  });

  it.each(CASES)('finds a protected mount conforming to %s: %s', async (revision, style, notClaimed) => {
    const path = `/s${Object.keys(styles).indexOf(style)}`;
    const child = await suite.requires(revision, new URL(`${world.url}${path}/mcp`), notClaimed);
    expect(await child.exit, child.output.stdout).toBe(0);
  });
});
