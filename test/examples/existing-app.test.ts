import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InsufficientScopeError } from '../../src/client/index.ts';
import { ask, postJson } from '../support/plain-http.ts';
import { type RunningExample, runExample } from './running-example.ts';

let example: RunningExample;
beforeAll(async () => {
  example = await runExample('existing-app', /its MCP server at .*\n/);
});
afterAll(async () => expect(await example.stop()).toBe(0));

describe('the example of an existing app', () => {
  it('leaves routes, parsers and the 404 of the app as they were', async () => {
    expect((await ask(example.url)).text).toBe('<h1>Shop</h1><p>2 orders</p>');
    const added = await postJson(`${example.url}/api/orders`, { item: 'a spoon' });
    expect([added.status, added.body.id]).toEqual([201, 3]);
    const unknown = await ask(`${example.url}/orders`);
    expect([unknown.status, unknown.text]).toEqual([404, 'The shop has no page /orders.']);
    expect(unknown.headers.has('content-security-policy')).toBe(false);
  });

  it('refuses strangers at its MCP server, and lets somebody in who then steps up', async () => {
    expect((await postJson(`${example.url}/orders/mcp`, {})).status).toBe(401);
    await using client = await example.asPerson('ada', '/orders');
    expect((await client.callTool('list_orders')).structuredContent).toMatchObject({ orders: [{ id: 1 }, {}, {}] });
    expect((await client.callTool('cancel_order', { id: 1 })).structuredContent).toMatchObject({ status: 'cancelled' });
    expect((await ask(`${example.url}/api/orders`)).text).toContain('"cancelled"');
  });

  it('refuses somebody who may not grant what a tool needs', async () => {
    await using client = await example.asPerson('grace', '/orders', { stepUp: false });
    expect((await client.callTool('list_orders')).isError).toBeUndefined();
    await expect(client.callTool('cancel_order', { id: 2 })).rejects.toThrow(InsufficientScopeError);
  });
});
