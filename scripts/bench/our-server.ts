import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { HELD, isHeld, type Job, NOT_HELD, PREFIXES, uriOf } from './jobs.ts';
import { describeTool, toolNames } from './same-tool.ts';

/** The server of a job, as ours are written. */
export function ourServer(job: Job): ServerDefinition {
  const server = defineServer({ name: 'bench', version: '1.0.0' });
  for (const [index, name] of toolNames(job.items).entries()) {
    addItem(server, job, name, [isHeld(job, index) ? HELD : NOT_HELD]);
  }
  if (job.kind !== 'composed') return server;
  return PREFIXES.reduce(
    (inner, prefix) => defineServer({ name: prefix, version: '1.0.0' }).mount(prefix, inner),
    server,
  );
}

function addItem(server: ServerDefinition, { kind }: Job, name: string, scopes: readonly string[]): void {
  if (kind === 'resource') server.resource(uriOf(name), { name, mimeType: 'text/plain', scopes }, () => 'hello');
  else if (kind === 'prompt') server.prompt(name, { ...describeTool(name), scopes }, ({ text }) => text);
  else server.tool(name, { ...describeTool(name), scopes }, ({ text }) => text);
}
