import { completable, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Host } from '../../src/host/create-host.ts';
import { defineServer, type ServerDefinition } from '../../src/mcp/define-server.ts';
import { fromSdk } from '../../src/mcp/from-sdk/index.ts';
import { responseCache } from '../../src/mcp/middleware/index.ts';
import { fixedHeaders, fromOpenApi } from '../../src/mcp/openapi/from-open-api.ts';
import { remote } from '../../src/mcp/remote/remote.ts';

/** What the protected items of one mount are called there. */
export interface Vault {
  readonly mount: string;
  readonly tool: string;
  readonly prompt?: string;
  /** The URI of a fixed resource, of one that a template serves, and the template. */
  readonly fixed?: string;
  readonly each?: string;
  readonly template?: string;
  /** Whether clients may listen to the resources. */
  readonly subscribe?: boolean;
}

type Run = (what: string) => string;

/** A server. Everything in it needs both scopes but `aside`, which reads the rest for its caller. */
export function vault(run: Run, [read, write] = ['notes:read', 'notes:write']): ServerDefinition {
  const scopes = [read, write] as string[];
  const input = z.object({ of: z.string().optional() });
  return defineServer({
    name: 'vault',
    version: '1',
    scopes: { [`${read}`]: 'Read', [`${write}`]: 'Write' },
    sessions: true,
  })
    .tool('secret', { description: 'S', scopes }, () => run('tool'))
    .prompt('secret', { description: 'S', scopes, input, complete: { of: () => [run('prompt completion')] } }, () =>
      run('prompt'),
    )
    .resource('vault://fixed', { scopes, subscribe: true }, () => run('fixed'))
    .resource(
      'vault://each/{id}',
      {
        scopes,
        subscribe: true,
        list: () => [{ uri: 'vault://each/1', name: run('listing') }],
        complete: { id: () => [run('template completion')] },
      },
      ({ id }) => run(`each ${id}`),
    )
    .tool(
      'aside',
      { description: 'A', scopes: [`${read}`], input: z.object({ way: z.string() }) },
      async ({ way }, c) => JSON.stringify(way === 'prompt' ? await c.prompt('secret') : await c.read(way)),
    );
}

/** The same kinds of items, by somebody who knows nothing of scopes. */
function strange(run: Run): McpServer {
  const server = new McpServer({ name: 'strange', version: '1' });
  server.registerTool('secret', { description: 'S' }, () => ({ content: [{ type: 'text', text: run('tool') }] }));
  server.registerTool('unruled', { description: 'U' }, () => ({ content: [{ type: 'text', text: run('unruled') }] }));
  const of = completable(z.string().optional(), () => [run('prompt completion')]);
  server.registerPrompt('secret', { argsSchema: z.object({ of }) }, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: run('prompt') } }],
  }));
  const holding = (uri: string, text: string) => ({ contents: [{ uri, text }] });
  server.registerResource('fixed', 'vault://fixed', {}, () => holding('vault://fixed', run('fixed')));
  const template = new ResourceTemplate('vault://each/{id}', {
    list: undefined,
    complete: { id: () => [run('template completion')] },
  });
  server.registerResource('each', template, {}, ({ href }) => holding(href, run('each')));
  return server;
}

const API = {
  openapi: '3.1.0',
  info: { title: 'API', version: '1' },
  paths: {
    '/secret': {
      post: {
        operationId: 'secret',
        security: [{ key: ['notes:read', 'notes:write'] }],
        responses: { 204: { description: 'Done' } },
      },
    },
  },
  components: { securitySchemes: { key: { type: 'openIdConnect', openIdConnectUrl: 'https://as.test' } } },
};

const OWN = {
  tool: 'secret',
  prompt: 'secret',
  fixed: 'vault://fixed',
  each: 'vault://each/7',
  template: 'vault://each/{id}',
};

/**
 * Mounts one of each kind on a host that speaks REST, too, and says what the items are called. `far` is where a vault is served to
 * whoever shows the token `ours`.
 */
export function mountVaults(host: Host, run: Run, far: URL): readonly Vault[] {
  const hub = (name: string) => defineServer({ name, version: '1', sessions: true });
  const kept = vault(run).use(responseCache({ keeps: () => true, isPublic: () => true }));
  const mapped = hub('mapped').mount('b', vault(run, ['r', 'w']), { scopes: { r: 'notes:read', w: 'notes:write' } });
  const rules = [{ name: ['secret', 'vault://*'], scopes: ['notes:read', 'notes:write'] }];
  const credentials = fixedHeaders({ authorization: 'Bearer ours' });
  host
    .mount('/own', vault(run))
    .mount('/kept', kept)
    .mount('/beside', hub('beside').include(vault(run)))
    .mount('/hub', hub('hub').mount('a', mapped))
    .mount('/part', hub('part').mount('v', vault(run), { except: { names: ['secret', 'vault://fixed'] } }))
    .mount('/strange', fromSdk(strange(run), { name: 'strange', policy: { rules }, sessions: true }))
    .mount(
      '/beyond',
      hub('beyond').mount('r', remote(far, { name: 'far', policy: { rules }, credentials, required: true })),
    )
    .mount('/api', fromOpenApi(API, { baseUrl: 'https://api.test', fetch: async () => called(run), sessions: true }));
  return [
    { ...OWN, mount: '/own', subscribe: true },
    { ...OWN, mount: '/kept' },
    { ...OWN, mount: '/beside' },
    {
      mount: '/hub',
      tool: 'a_b_secret',
      prompt: 'a_b_secret',
      fixed: 'vault://a/b/fixed',
      each: 'vault://a/b/each/7',
      template: 'vault://a/b/each/{id}',
      subscribe: true,
    },
    { ...OWN, mount: '/strange' },
    {
      mount: '/beyond',
      tool: 'r_secret',
      prompt: 'r_secret',
      fixed: 'vault://r/fixed',
      each: 'vault://r/each/7',
      template: 'vault://r/each/{id}',
    },
    { mount: '/api', tool: 'secret' },
  ];
}

function called(run: Run): Response {
  run('API');
  return new Response(null, { status: 204 });
}
