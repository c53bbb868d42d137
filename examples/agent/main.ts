/** A LangGraph agent that signs in by client credentials: once as a machine that may read, once as one that may also close. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createHost } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { addMachine } from '../callers.ts';
import { type AgentTask, runAgent } from './agent.ts';
import { scriptedModel } from './scripted-model.ts';
import { tickets } from './tickets.ts';

const host = createHost({ auth: local(), storeUrl: 'memory:', logLevel: 'warn' });
host.mount('/tickets', tickets());
await host.listen();

const { href: issuer } = host.config.publicUrl;
const model = await chosenModel(process.env.AGENT_MODEL);
for (const scopes of [['tickets:read'], ['tickets:close']]) {
  const machine = await addMachine(host, 'agent', scopes);
  const scope = scopes.join(' ');
  const task = 'Close the ticket about the fire.';
  const outcome = await runAgent({ ...machine, url: `${issuer}tickets/mcp`, issuer, scope, model, task });
  console.log(`as a machine that may ask for ${scope}`);
  console.log(`  tools   ${outcome.tools.join(', ')}`);
  console.log(`  called  ${outcome.called.join(', ')}`);
  console.log(`  answer  ${outcome.answer}`);
}
await host.close();

/** A model of yours: a file that exports a LangChain chat model by default. Without one, the script plays it. */
async function chosenModel(file: string | undefined): Promise<AgentTask['model']> {
  if (!file) return scriptedModel;
  const { default: own } = await import(pathToFileURL(resolve(file)).href);
  return () => own;
}
