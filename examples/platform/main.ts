/** One core with an SQL database, as MCP tools and as REST, behind one gate. */
import { createHost, serveUntilSignal } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { addCallers } from '../callers.ts';
import { openCore } from './core.ts';
import { platformTools } from './tools.ts';

const core = openCore(process.env.DATABASE || ':memory:');

const host = createHost({ auth: local(), storeUrl: 'memory:', rest: true });
host.mount('/platform', platformTools(core));
await addCallers(host, {
  people: Object.fromEntries(core.users().map(({ name, role }) => [name, [role]])),
  machines: { importer: ['editor'] },
});
await serveUntilSignal(host);

const url = `${host.config.publicUrl.href}platform/mcp`;
console.log(`server   ${url}, as REST below it: ${url}/try, ${url}/openapi.json`);
