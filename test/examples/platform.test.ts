import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InsufficientScopeError } from '../../src/client/index.ts';
import { machineToken } from '../support/machine.ts';
import { ask, postJson } from '../support/plain-http.ts';
import { type RunningExample, runExample } from './running-example.ts';

let example: RunningExample;
beforeAll(async () => {
  example = await runExample('platform', /server .*\n/);
});
afterAll(async () => expect(await example.stop()).toBe(0));

const mcp = () => `${example.url}/platform/mcp`;

async function importer(): Promise<{ authorization: string }> {
  const { id, secret } = example.machine('importer');
  const { body } = await machineToken(example.url, { id, secret }, { resource: mcp(), scope: 'editor' });
  return { authorization: `Bearer ${body.access_token}` };
}

describe('the example of a platform', () => {
  it('does by REST what it does by MCP, for whom the role allows it', async () => {
    const headers = await importer();
    const added = await postJson(`${mcp()}/tools/add_product`, { name: 'Cup', price: 900 }, headers);
    expect([added.status, added.body.structuredContent]).toMatchObject([200, { id: 3, name: 'Cup' }]);
    const again = await postJson(`${mcp()}/tools/add_product`, { name: 'Cup', price: 900 }, headers);
    expect([again.status, again.body.detail]).toEqual([422, 'There is a product Cup already.']);
    const users = await postJson(`${mcp()}/tools/list_users`, {}, headers);
    expect([users.status, users.body.error]).toEqual([403, 'insufficient_scope']);
    expect(Object.keys((await ask(`${mcp()}/openapi.json`, { headers })).body.paths as object)).toContain(
      '/tools/set_price',
    );
    await using edsger = await example.asPerson('edsger', '/platform');
    expect((await edsger.callTool('search_products', { word: 'cup' })).structuredContent).toMatchObject({
      found: [{ id: 3, price: 900 }],
    });
    await expect(edsger.callTool('set_price', { id: 3, price: 1 })).rejects.toThrow(InsufficientScopeError);
  });

  it('asks an admin for what each tool needs, and keeps a summary for everybody for a while', async () => {
    await using ada = await example.asPerson('ada', '/platform');
    const before = (await ada.callTool('summary')).structuredContent;
    expect((await ada.callTool('set_price', { id: 1, price: 4100 })).structuredContent).toMatchObject({
      price: 4100,
      changedBy: 'ada',
    });
    expect((await ada.callTool('list_users')).structuredContent).toMatchObject({ found: [{ name: 'ada' }, {}, {}] });
    const after = await postJson(`${mcp()}/tools/summary`, {}, await importer());
    expect(after.body.structuredContent).toEqual(before);
  });
});
