import assert from 'node:assert/strict';
import { law, type ProviderLaw, type ProviderUnderTest } from './provider-law.ts';

const ask = ({ verifier, resource }: ProviderUnderTest, token: string) =>
  verifier.verify(token, new URL(resource)).then(
    () => 200,
    ({ status }: { readonly status?: unknown }) => status,
  );

/** An issuer that is out is not the caller's fault. */
export const outageLaws: readonly ProviderLaw[] = [
  {
    title: 'answers 503 while its issuer is broken in any way, remembers nothing of it, and heals by itself',
    async check(start) {
      const ways = await waysOf(start);
      for (const way of ways) {
        const subject = await start();
        try {
          const token = await subject.mint();
          subject.remote?.break(way);
          assert.equal(await ask(subject, token), 503, `with ${way}, before anything was known of the issuer`);
          subject.remote?.heal();
          subject.advance(60);
          assert.equal(await ask(subject, token), 200, `after ${way}`);
        } finally {
          await subject.close();
        }
      }
    },
  },
  law('takes no outage for a refusal, nor a refusal for an outage', async (subject, trial) => {
    const { remote } = subject;
    const [way] = remote?.ways ?? [];
    if (remote === undefined || way === undefined) return;
    remote.break(way);
    assert.notEqual(await ask(subject, await subject.mint({ jti: 'new' })), 401);
    remote.heal();
    subject.advance(60);
    await trial.refuses(subject.mint({ aud: 'https://other.example/mcp' }), 'a token for another resource');
  }),
];

async function waysOf(start: () => Promise<ProviderUnderTest>): Promise<readonly string[]> {
  const subject = await start();
  await subject.close();
  return subject.remote?.ways ?? [];
}
