/** One server made of several: a definition of another team, and a program of somebody else. */
import { createHost, serveUntilSignal } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { addCallers } from '../callers.ts';
import { office } from './office.ts';

const host = createHost({ auth: local(), storeUrl: 'memory:' });
host.mount('/office', office());
await addCallers(host, { people: { ada: 'all' }, machines: { planner: ['calendar:read', 'weather:read'] } });
await serveUntilSignal(host);

console.log(`server   ${host.config.publicUrl.href}office/mcp`);
