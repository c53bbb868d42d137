import { expect, test } from 'vitest';
import { upstreamMetadata } from '../../../src/authorization/upstream/upstream-metadata.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import type { FakeUpstream } from '../../support/providers/fake-upstream.ts';

const issuer = 'https://id.test';
const good = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
const read = (document: object) =>
  upstreamMetadata(exampleProvider({ url: issuer } as FakeUpstream), async () =>
    Response.json({ issuer, ...good, ...document }),
  )();

test.each(['authorization_endpoint', 'userinfo_endpoint'])(
  'a discovery document whose %s is without TLS is not used: browsers and tokens would go there in clear',
  async (name) => {
    await expect(read({ [name]: 'http://id.test/x' })).rejects.toThrow(name);
    await expect(read({ [name]: 'javascript:alert(1)' })).rejects.toThrow(name);
    await expect(read({ [name]: `${issuer}/x` })).resolves.toMatchObject({ [name]: `${issuer}/x` });
  },
);

test('a discovery document without a userinfo endpoint is', async () => {
  await expect(read({})).resolves.toMatchObject(good);
});
