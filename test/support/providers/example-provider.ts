import { BadUpstreamAnswer, type Identity, type UpstreamProvider } from '../../../src/gate/upstream-provider.ts';
import type { FakeUpstream } from './fake-upstream.ts';

/** A provider without quirks, at a fake. What is given wins. */
export const exampleProvider = (fake: FakeUpstream, changes: Partial<UpstreamProvider> = {}): UpstreamProvider => ({
  kind: 'upstream',
  name: 'example',
  title: 'Example ID',
  server: { issuer: fake.url },
  client: { id: 'our-app', method: 'post', secret: 'a secret & more' },
  scopes: ['openid', 'profile'],
  openid: true,
  async identify({ idToken: claims }): Promise<Identity> {
    if (typeof claims?.sub !== 'string') throw new BadUpstreamAnswer('no_subject');
    const { sub: subject, name, preferred_username: username, email } = claims;
    return { subject, username: String(username ?? subject), name: String(name), email: String(email), claims: {} };
  },
  grants: () => 'all',
  ...changes,
});
