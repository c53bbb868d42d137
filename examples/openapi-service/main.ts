/** A service with an OpenAPI document, behind the gate: its operations as tools and resources, with the scopes of the document. */
import { randomBytes } from 'node:crypto';
import { createHost, serveUntilSignal } from 'mcp-gatehouse';
import { fixedHeaders, fromOpenApi } from 'mcp-gatehouse/openapi';
import { local } from 'mcp-gatehouse/providers/local';
import { addCallers } from '../callers.ts';
import { startLibrary } from './library.ts';

// Stands for a service of yours: only the host is told its key.
const key = randomBytes(24).toString('base64url');
const library = await startLibrary(key);

const books = await fromOpenApi(library.documentUrl, {
  name: 'library',
  credentials: fixedHeaders({ 'X-Service-Key': key }),
  routes: [
    { path: '/internal/*', as: 'exclude' },
    { methods: ['GET'], path: '/books/{id}', as: 'template' },
  ],
  defaultScopes: ['books:read'],
  list: 'all',
});

const host = createHost({ auth: local(), storeUrl: 'memory:' });
host.mount('/library', books);
await addCallers(host, { people: { ada: 'all' }, machines: { catalogue: ['books:read'] } });
await serveUntilSignal(host);

console.log(`server   ${host.config.publicUrl.href}library/mcp, over ${library.documentUrl.origin}`);
