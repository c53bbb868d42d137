import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { echo } from '../../examples/demo/echo.ts';
import { auth0 } from '../../providers/auth0.ts';
import { silentLog } from '../../src/core/log.ts';
import type { FindingVerdict, ProviderFinding } from '../../src/gate/provider-finding.ts';
import { watchProvider } from '../../src/host/provider-watch.ts';
import { startKeyedHost } from '../support/keyed-host.ts';
import { AUTH0 } from '../support/providers/auth0.ts';
import { type FakeDirect, startFakeDirect } from '../support/providers/fake-direct.ts';
import { until } from '../support/until.ts';

const finding = (verdict: FindingVerdict, sentence = 'Words.'): ProviderFinding => ({
  item: 'pkce',
  verdict,
  sentence,
});

/** Watches through `looks`, one after the other; the answers are the lines that were logged and the waits between. */
async function watched(looks: readonly (ProviderFinding | Error)[]) {
  const lines: string[] = [];
  const waits: number[] = [];
  const write = (level: string) => (event: string) => void lines.push(`${level} ${event}`);
  const log = { ...silentLog, info: write('info'), warn: write('warn'), error: write('error') };
  let look = 0;
  const over = Promise.withResolvers<void>();
  const watch = watchProvider({
    log,
    async check() {
      const next = looks[look++];
      if (next instanceof Error) throw next;
      return { name: 'x', issuer: 'https://x.test', findings: next ? [next] : [] };
    },
    async wait(seconds) {
      waits.push(seconds);
      if (look < looks.length) return;
      watch.stop();
      over.resolve();
    },
  });
  await over.promise;
  return { lines, waits };
}

describe('the watch over a provider', () => {
  it('tells of what does not fit once, and when it is mended', async () => {
    const { lines, waits } = await watched([
      finding('unfit'),
      finding('unfit'),
      finding('unanswered', 'No.'),
      finding('fits'),
      finding('fits'),
      finding('advice'),
    ]);
    expect(lines).toEqual([
      'warn provider_unfit',
      'warn provider_unanswered',
      'info provider_fits',
      'info provider_advice',
    ]);
    expect(waits).toEqual([600, 600, 60, 3600, 3600, 3600]);
  });

  it('goes on after a look that failed', async () => {
    const { lines, waits } = await watched([new Error('broken'), finding('unfit')]);
    expect(lines).toEqual(['error provider_check_failed', 'warn provider_unfit']);
    expect(waits).toEqual([60, 600]);
  });
});

describe('a host with a provider that clients talk to', () => {
  let far: FakeDirect;
  beforeEach(async () => {
    far = await startFakeDirect(AUTH0);
  });
  afterEach(() => far.close());

  it('says in its log what to change there, and is started by then', async () => {
    far.fake.metadata = { ...far.fake.metadata, registration_endpoint: undefined };
    const host = await startKeyedHost((at) => at.mount('/echo', echo()), {
      auth: auth0({ domain: far.fake.issuer }),
    });
    const line = await until(
      async () => host.logged.find((each) => each.includes('provider_unfit')),
      ({ value }) => !!value,
    );
    expect(JSON.parse(line ?? '')).toMatchObject({
      provider: 'auth0',
      item: 'registration',
      reason: expect.stringContaining('OIDC Dynamic Application Registration'),
    });
    expect(host.logged.filter((each) => each.includes('provider_unfit'))).toHaveLength(1);
    await host.close();
  });

  it('starts while the provider does not answer, and ends without waiting for it', async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    far.fake.spoiled.set('metadata', (request) => {
      request.socket.once('close', () => left.resolve());
      asked.resolve();
    });
    const host = await startKeyedHost((at) => at.mount('/echo', echo()), {
      auth: auth0({ domain: far.fake.issuer }),
    });
    await asked.promise;
    await host.close();
    await left.promise;
    expect(host.logged.filter((each) => each.includes('provider_un'))).toEqual([]);
  });
});
