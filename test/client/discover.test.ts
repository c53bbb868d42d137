import { describe, expect, it } from 'vitest';
import { discover } from '../../src/client/discover.ts';

const ISSUER = 'https://as.test';

/** What is found for a URL whose metadata say that they are about `named`. */
const found = (url: string, named: string, allowTokensForWiderResource?: boolean) =>
  discover(new URL(url), {
    allowTokensForWiderResource,
    fetch: async (input) =>
      Response.json(
        String(input).startsWith(ISSUER)
          ? {
              issuer: ISSUER,
              authorization_endpoint: `${ISSUER}/authorize`,
              token_endpoint: `${ISSUER}/token`,
              response_types_supported: ['code'],
            }
          : { resource: named, authorization_servers: [ISSUER] },
      ),
  });

describe('the resource that metadata are about', () => {
  it.each([
    ['https://a.test/mcp', 'https://a.test/mcp'],
    ['https://a.test/mcp/', 'https://a.test/mcp'],
    ['https://a.test/mcp?key=1', 'https://a.test/mcp'],
    ['https://a.test/mcp?key=1', 'https://a.test/mcp?key=1'],
    ['https://a.test/', 'https://a.test'],
    ['https://a.test/mcp', 'https://A.test:443/mcp'],
  ])('is %s under the name %s', async (url, named) => {
    expect((await found(url, named)).resource).toBe(named);
  });

  it.each([
    ['https://a.test/mcp', 'https://a.test'],
    ['https://a.test/bank/evil', 'https://a.test/bank'],
    ['https://a.test/bank//', 'https://a.test/bank'],
  ])('is not %s under the name %s, unless that is allowed', async (url, named) => {
    await expect(found(url, named)).rejects.toThrow('say allowTokensForWiderResource');
    expect((await found(url, named, true)).resource).toBe(named);
  });

  it.each([
    ['https://a.test/mcp', 'https://a.test/mcp/more'],
    ['https://a.test/mcp', 'https://a.test/mcp?key=1'],
    ['https://a.test/mcp', 'https://b.test/mcp'],
    ['https://a.test/mcp', 'http://a.test/mcp'],
    ['https://a.test/mcp', 'https://a.test/mc'],
  ])('is never %s under the name %s', async (url, named) => {
    const refused = found(url, named, named.includes('?') ? undefined : true);
    await expect(refused).rejects.toMatchObject({ name: 'SignInFailed', code: 'no_metadata' });
  });
});
