import { afterEach, expect, test } from 'vitest';
import { jwt } from '../../providers/jwt.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost, wordTokens } from '../support/keyed-host.ts';

const NOBODY = 'http://localhost:1';
let host: KeyedHost | undefined;
afterEach(() => host?.close());

const ready = async (auth: Parameters<typeof startKeyedHost>[1]): Promise<number> => {
  host = await startKeyedHost((each) => each.mount('/m', defineServer({ name: 'm', version: '1.0.0' })), auth);
  return (await fetch(`${host.url}/readyz`)).status;
};

test('F17 a provider that is out from the start does not take the callers of another away', async () => {
  const words = { ...wordTokens(), tokens: [{ shape: 'opaque' as const }] };
  expect(await ready({ auth: [jwt({ issuer: NOBODY }), words] })).toBe(200);
});

test('F17 where every provider is out the host starts and is not ready', async () => {
  expect(await ready({ auth: jwt({ issuer: NOBODY }) })).toBe(503);
});
