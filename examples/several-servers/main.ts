/** Three servers under one host: each its own resource with its own scopes, and two kinds of callers. */
import { createHost, serveUntilSignal } from 'mcp-gatehouse';
import { jwt } from 'mcp-gatehouse/providers/jwt';
import { local } from 'mcp-gatehouse/providers/local';
import { addCallers } from '../callers.ts';
import { buildSystem } from './build-system.ts';
import { builds } from './builds.ts';
import { handbook } from './handbook.ts';
import { payroll } from './payroll.ts';

const { issuer, publicKey, tokenFor } = await buildSystem();

const host = createHost({ auth: [local(), jwt({ issuer, publicKey })], storeUrl: 'memory:' });
host.mount('/handbook', handbook()).mount('/payroll', payroll()).mount('/builds', builds());
await addCallers(host, {
  people: { ada: ['payroll:own', 'builds:read'], grace: 'all' },
  machines: { 'intranet search': [] },
});
await serveUntilSignal(host);

const url = host.config.publicUrl.href;
console.log(`job      token for 15 minutes ${await tokenFor(`${url}builds/mcp`)}`);
for (const name of ['handbook', 'payroll', 'builds']) console.log(`server   ${url}${name}/mcp`);
