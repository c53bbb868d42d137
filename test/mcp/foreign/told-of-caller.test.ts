import { Client, type ClientCapabilities, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { responseCache, withMiddleware } from '../../../src/mcp/middleware/index.ts';
import { fixedHeaders, remote } from '../../../src/mcp/remote/index.ts';
import { user } from '../callers.ts';
import type { HttpHost } from '../http-host.ts';
import { serve } from './served.ts';

const form = { message: 'What is your name?', schema: z.object({ name: z.string() }) };
const policy = { scopes: {}, rules: [{ name: '*', scopes: [] }] };

/** A server of 2026-07-28 that takes one answer before it asks, and another only afterwards. */
const far = () =>
  defineServer({ name: 'far', version: '1.0.0' })
    .tool('greet', { description: 'Greets', scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit(form, { key: 'name', volunteered: true });
      return answer.action === 'accept' ? `Hello, ${answer.content.name}!` : answer.action;
    })
    .tool('whoever', { description: 'Greets', scopes: [] }, (_, { elicit }) =>
      elicit(form).then(
        () => 'Hello, you!',
        () => 'Hello, nobody!',
      ),
    )
    .resource('far://weather', { name: 'weather', scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit(form, { key: 'name', volunteered: true });
      return `The weather of ${JSON.stringify(answer)}`;
    })
    .tool('confirm', { description: 'Asks', scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit({ ...form, message: 'Sure?' }, { key: 'name' });
      return answer.action;
    });

describe('a server of 2026-07-28 behind a URL', () => {
  let behind: HttpHost;
  let host: HttpHost;
  beforeAll(async () => {
    behind = await serve(far(), { gate: user('gate') });
    const proxied = remote(behind.url, {
      name: 'far',
      policy,
      perPrincipal: true,
      credentials: fixedHeaders({ authorization: 'Bearer gate' }),
    });
    const hub = defineServer({ name: 'hub', version: '1.0.0' })
      .mount(withMiddleware(proxied, responseCache({ keeps: () => true, isPublic: () => true })))
      .tool('ours', { description: 'Asks, and reads', scopes: [] }, async (_, { elicit, read }) => {
        await elicit(form, { key: 'name', volunteered: true });
        return JSON.stringify(await read('far://weather'));
      });
    host = await serve(hub, { ada: user('ada') });
  });
  afterAll(async () => {
    await host.close();
    await behind.close();
  });

  /** One request, whose questions are not answered. */
  const ask = async (name: string, capabilities: ClientCapabilities, answers = {}) => {
    const client = new Client({ name: 'caller', version: '1' }, { capabilities, versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: 'Bearer ada' } };
    await client.connect(new StreamableHTTPClientTransport(host.url, { requestInit }));
    const params = { name, arguments: {}, ...(Object.keys(answers).length > 0 && { inputResponses: answers }) };
    try {
      return await client.request({ method: 'tools/call', params }, { allowInputRequired: true });
    } finally {
      await client.close();
    }
  };
  const name = { action: 'accept', content: { name: 'Ada' } };

  it('asks by its own key, and is told what each caller can be asked', async () => {
    expect(await ask('greet', { elicitation: {} })).toMatchObject({
      inputRequests: { name: { method: 'elicitation/create', params: { message: form.message } } },
    });
    const refusal = await ask('greet', { sampling: {} }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: -32021, data: { requiredCapabilities: { elicitation: {} } } });
  });

  it('takes an answer unasked where it would from anybody, and for that one call', async () => {
    const answered = await ask('greet', { elicitation: {} }, { name, more: name });
    expect(answered).toMatchObject({ content: [{ text: 'Hello, Ada!' }] });
    expect(await ask('greet', { elicitation: {} })).toHaveProperty('inputRequests.name');
    expect(await ask('confirm', { elicitation: {} }, { name })).toHaveProperty('inputRequests.name');
  });

  it('is not told what an item of ours was answered that uses one of its own', async () => {
    const answered = await ask('ours', { elicitation: {} }, { name });
    expect(answered).toMatchObject({ inputRequests: { 'far://weather name': { params: { message: form.message } } } });
    expect(JSON.stringify(answered)).not.toContain('The weather of');
  });

  it('gives an answer for want of a person to no client that can ask one', async () => {
    expect(await ask('whoever', {})).toMatchObject({ content: [{ text: 'Hello, nobody!' }] });
    expect(await ask('whoever', { elicitation: {} })).toHaveProperty('inputRequests');
  });
});
