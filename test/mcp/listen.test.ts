import { expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { createEndpoint } from '../../src/mcp/endpoint.ts';
import { until } from '../support/until.ts';
import { modern, serving } from './callers.ts';

const URIS = Array.from({ length: 1000 }, (_, index) => `notes://${index}`);

function setUp() {
  const definition = defineServer({ name: 's', version: '1' }).resource(
    'notes://{id}',
    { scopes: [], subscribe: true },
    () => 'a note',
  );
  const { raw } = serving(definition);
  const listen = (resourceSubscriptions: unknown) =>
    raw(modern('subscriptions/listen', { notifications: { resourceSubscriptions } }));
  const updateAll = () => {
    for (const uri of URIS) definition.resourceUpdated(uri, { to: 'everyone' });
  };
  return { listen, updateAll };
}

it('DS-04 a stream whose client does not read is ended before it fills the memory, and one that is read goes on', async () => {
  const { listen, updateAll } = setUp();
  const [stalled, read] = [await listen(URIS), await listen(URIS)];
  const reader = read.body?.pipeThrough(new TextDecoderStream()).getReader();
  let told = 0;
  const reading = async () => {
    for (;;) {
      const { done, value = '' } = (await reader?.read()) ?? { done: true };
      if (done) return 'ended';
      told += value.split('notifications/resources/updated').length - 1;
    }
  };
  const ended = reading();
  for (let round = 1; round <= 4; round += 1) {
    updateAll();
    await until(
      async () => told,
      ({ value }) => value === round * URIS.length,
    );
  }
  const text = await stalled.text();
  expect(text.split('notifications/resources/updated').length - 1).toBe(2001);
  expect(text).toContain('"resultType":"complete"');
  await reader?.cancel();
  expect(await ended).toBe('ended');
});

it('refuses a stream about too many resources, and what is no list of them', async () => {
  const { listen } = setUp();
  for (const wrong of [[...URIS, 'notes://more'], 'notes://1', [7]]) {
    expect(await (await listen(wrong)).json()).toMatchObject({ error: { code: -32602 } });
  }
  const fine = await listen([...URIS, ...URIS, 'other://1']);
  expect(fine.headers.get('content-type')).toBe('text/event-stream');
  await fine.body?.cancel();
});

it('DS-05 names that are too many are not looked at one by one', async () => {
  const looked: string[] = [];
  const definition = defineServer({ name: 's', version: '1' }).resource(
    'notes://{id}',
    { scopes: [], subscribe: true },
    () => 'a note',
  );
  const surface = definition.surface();
  const find = (uri: string) => {
    looked.push(uri);
    return surface.find(uri);
  };
  const endpoint = createEndpoint({ surface: () => ({ ...surface, find }) }, { log: silentLog });
  const inspect = (uris: readonly string[]) => {
    const sent = modern('subscriptions/listen', { notifications: { resourceSubscriptions: uris } });
    const request = new Request('https://rs.test/a/mcp', { method: 'POST', headers: sent.headers });
    return endpoint.inspect(request, sent.message).kind;
  };
  expect(inspect(URIS)).toBe('needs');
  expect(looked).toHaveLength(URIS.length);
  expect(inspect(Array.from({ length: 10_001 }, (_, index) => `notes://${index}`))).toBe('refused');
  expect(looked).toHaveLength(URIS.length);
});
