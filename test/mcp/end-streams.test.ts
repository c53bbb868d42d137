import { expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { legacy, modern, serving } from './callers.ts';

it('F06 an endpoint that has ended its streams opens no new one, and serves calls as before', async () => {
  const definition = defineServer({ name: 's', version: '1' }).tool(
    't',
    { description: 'T', scopes: [] },
    () => 'done',
  );
  const { raw, endpoint } = serving(definition);
  const listen = () => raw(modern('subscriptions/listen', { notifications: { toolsListChanged: true } }));
  expect((await listen()).status).toBe(200);
  await endpoint.endStreams();
  const refused = await listen();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.json()).toMatchObject({ error: { code: -32000, message: 'The server is shutting down.' } });
  for (const era of [modern, legacy]) {
    expect(await (await raw(era('tools/call', { name: 't', arguments: {} }))).text()).toContain('done');
  }
});
