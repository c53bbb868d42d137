/** Our side: a host with its defaults and a server of as many tools, called by a machine with a token of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { announce } from './announce.ts';
import { startFarServer } from './far-server.ts';
import { HELD, readJob } from './jobs.ts';
import { ourProxy } from './our-proxy.ts';
import { ourServer } from './our-server.ts';

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const publicUrl = `http://localhost:${(server.address() as AddressInfo).port}`;
const directory = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
process.once('SIGTERM', () => void rm(directory, { recursive: true, force: true }).then(() => process.exit()));

// Calls are counted as anywhere; only the count that a machine may reach is beyond what a bench can send.
const host = createHost({ auth: local(), publicUrl, directory, machineTokenLifetime: 3600, callLimit: 10_000_000 });
const job = readJob(process.argv);
host.mount('/bench', job.kind === 'proxy' ? ourProxy(await startFarServer()) : ourServer(job));
await host.start();
host.attach(server);

const url = `${publicUrl}/bench/mcp`;
const { clientId, clientSecret } = await host.authorization.machines.add({
  name: 'bench',
  scopes: [HELD],
  secret: true,
});
const answer = await fetch(`${publicUrl}/token`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
  body: new URLSearchParams({ grant_type: 'client_credentials', resource: url, scope: HELD }),
});
const { access_token: token } = (await answer.json()) as { access_token: string };
announce({ url, token });
