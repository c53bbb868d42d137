import { completable as completableV1 } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer as McpServerV1, ResourceTemplate as TemplateV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { completable, inputRequired, inputResponse, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Principal } from '../../../src/core/principal.ts';
import type { PolicyOptions } from '../../../src/mcp/policy.ts';

/** What runs on the servers of these tests, told by name. */
export type Ran = string[];

const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: String(value) }] });
const city = { type: 'object' as const, properties: { city: { type: 'string' as const, minLength: 2 } } };
const READS = { annotations: { readOnlyHint: true } };

/** A server as anyone writes it with version 2 of the SDK. It knows nothing of a gate. */
export function serverV2(ran: Ran = []): McpServer {
  const server = new McpServer(
    { name: 'trips', version: '7.1.0' },
    { instructions: 'Be brief.', capabilities: { logging: {} } },
  );
  server.registerTool('whoami', { description: 'W', ...READS }, ({ http }) => text(JSON.stringify(http?.authInfo)));
  server.registerTool(
    'add',
    { inputSchema: z.object({ a: z.number(), b: z.number() }), outputSchema: z.object({ sum: z.number() }), ...READS },
    ({ a, b }) => ({ ...text(a + b), structuredContent: { sum: a + b } }),
  );
  server.registerTool('book', { description: 'B' }, async ({ mcpReq }) => {
    ran.push('book');
    const { action, content } = await mcpReq.elicitInput({ message: 'Where to?', requestedSchema: city });
    return text(action === 'accept' ? content?.city : action);
  });
  server.registerTool('ask', { description: 'A' }, async ({ mcpReq }) => {
    ran.push('ask');
    const view = inputResponse(mcpReq.inputResponses, 'where');
    if (view.kind === 'elicit') return text(view.action === 'accept' ? view.content?.city : view.action);
    const where = inputRequired.elicit({ message: 'Where to?', requestedSchema: z.object({ city: z.string() }) });
    return inputRequired({ inputRequests: { where } });
  });
  server.registerTool('shout', { description: 'S' }, async () => {
    const { action } = await server.server.elicitInput({ message: 'Anybody?', requestedSchema: city });
    return text(action);
  });
  server.registerTool('haiku', { description: 'H' }, async ({ mcpReq }) => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: 'A haiku.' } }];
    const { content } = await mcpReq.requestSampling({ messages, maxTokens: 30 });
    const { roots } = await server.server.listRoots();
    return text(`${JSON.stringify(content)} in ${roots.map(({ uri }) => uri)}`);
  });
  server.registerTool('work', { description: 'W' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'begun', 'trips');
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      const params = { progressToken, progress: 1, total: 2, message: 'half' };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    return text('done');
  });
  server.registerTool('talk', { description: 'T', ...READS }, async ({ http, mcpReq }) => {
    const subject = (http?.authInfo?.extra?.principal as Principal | undefined)?.subject;
    for (let n = 0; n < 3; n += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await mcpReq.log('info', subject);
    }
    return text(subject);
  });
  server.registerTool('fail', { description: 'F' }, () => {
    throw new Error('Out of paper.');
  });
  server.registerTool('wait', { description: 'W' }, async ({ mcpReq }) => {
    ran.push('wait');
    await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
    ran.push('cancelled');
    return text('never');
  });
  server.registerTool('danger', { description: 'D' }, () => text(ran.push('danger')));
  server.registerResource('open', 'trip://open', {}, ({ href: uri }) => ({ contents: [{ uri, text: 'open' }] }));
  server.registerResource('safe', 'trip://safe', {}, ({ href: uri }) => ({ contents: [{ uri, text: 'safe' }] }));
  const template = new ResourceTemplate('trip://{id}', {
    list: () => ({ resources: [{ uri: 'trip://1', name: 'one' }] }),
    complete: { id: (start) => ['12', '2'].filter((id) => id.startsWith(start)) },
  });
  server.registerResource('trip', template, {}, ({ href: uri }, { id }) => ({
    contents: [{ uri, text: `trip ${id}` }],
  }));
  const who = completable(z.string(), (start) => ['ada', 'bob'].filter((name) => name.startsWith(start)));
  server.registerPrompt('greet', { argsSchema: z.object({ who }) }, ({ who: name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
  }));
  return server;
}

/** The same with version 1, as far as it can do that. */
export function serverV1(ran: Ran = []): McpServerV1 {
  const server = new McpServerV1(
    { name: 'trips', version: '7.1.0' },
    { instructions: 'Be brief.', capabilities: { logging: {} } },
  );
  server.registerTool('whoami', { description: 'W', ...READS }, ({ authInfo }) => text(JSON.stringify(authInfo)));
  server.registerTool(
    'add',
    { inputSchema: { a: z.number(), b: z.number() }, outputSchema: { sum: z.number() }, ...READS },
    ({ a, b }) => ({ ...text(a + b), structuredContent: { sum: a + b } }),
  );
  server.registerTool('book', { description: 'B' }, async ({ sendRequest }) => {
    ran.push('book');
    const params = { message: 'Where to?', requestedSchema: city };
    const { action, content } = await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
    return text(action === 'accept' ? content?.city : action);
  });
  server.registerTool('shout', { description: 'S' }, async () => {
    const { action } = await server.server.elicitInput({ message: 'Anybody?', requestedSchema: city });
    return text(action);
  });
  server.registerTool('haiku', { description: 'H' }, async () => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: 'A haiku.' } }];
    const { content } = await server.server.createMessage({ messages, maxTokens: 30 });
    const { roots } = await server.server.listRoots();
    return text(`${JSON.stringify(content)} in ${roots.map(({ uri }) => uri)}`);
  });
  server.registerTool('work', { description: 'W' }, async ({ sendNotification, _meta }) => {
    const params = { level: 'info' as const, data: 'begun', logger: 'trips' };
    await sendNotification({ method: 'notifications/message', params });
    if (_meta?.progressToken !== undefined) {
      const progress = { progressToken: _meta.progressToken, progress: 1, total: 2, message: 'half' };
      await sendNotification({ method: 'notifications/progress', params: progress });
    }
    return text('done');
  });
  server.registerTool('talk', { description: 'T', ...READS }, async ({ authInfo }) => {
    const subject = (authInfo?.extra?.principal as Principal | undefined)?.subject;
    for (let n = 0; n < 3; n += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await server.sendLoggingMessage({ level: 'info', data: subject });
    }
    return text(subject);
  });
  server.registerTool('fail', { description: 'F' }, () => {
    throw new Error('Out of paper.');
  });
  server.registerTool('wait', { description: 'W' }, async ({ signal }) => {
    ran.push('wait');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ran.push('cancelled');
    return text('never');
  });
  server.registerTool('danger', { description: 'D' }, () => text(ran.push('danger')));
  server.registerResource('open', 'trip://open', {}, ({ href: uri }) => ({ contents: [{ uri, text: 'open' }] }));
  server.registerResource('safe', 'trip://safe', {}, ({ href: uri }) => ({ contents: [{ uri, text: 'safe' }] }));
  const template = new TemplateV1('trip://{id}', {
    list: () => ({ resources: [{ uri: 'trip://1', name: 'one' }] }),
    complete: { id: (start) => ['12', '2'].filter((id) => id.startsWith(start)) },
  });
  server.registerResource('trip', template, {}, ({ href: uri }, { id }) => ({
    contents: [{ uri, text: `trip ${id}` }],
  }));
  const who = completableV1(z.string(), (start) => ['ada', 'bob'].filter((name) => name.startsWith(start)));
  server.registerPrompt('greet', { argsSchema: { who } }, ({ who: name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
  }));
  return server;
}

/** Who may use what of them. `danger` has no rule. */
export const POLICY: PolicyOptions = {
  scopes: { 'trips:read': 'See trips', 'trips:book': { description: 'Book trips', implies: ['trips:read'] } },
  rules: [
    { kind: 'tool', annotations: { readOnlyHint: true }, scopes: [] },
    { kind: 'tool', name: ['book', 'ask', 'shout', 'haiku', 'work', 'fail', 'wait'], scopes: ['trips:book'] },
    { kind: 'resource', name: 'trip://open', scopes: [] },
    { kind: 'template', name: 'trip://{id}', scopes: ['trips:read'] },
    { kind: 'resource', name: 'trip://safe', scopes: ['trips:audit'] },
    { kind: 'prompt', name: '*', scopes: ['trips:read'] },
  ],
};
