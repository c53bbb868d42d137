import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { type Child, startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { postJson } from '../support/plain-http.ts';
import { runNode } from '../support/run-node.ts';

let directory: string;
let node: Child | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});
afterEach(async () => {
  await node?.stop();
  await rm(directory, { recursive: true, force: true });
});

it('deploy/server.mjs is served as in the image, and deploy/probe.mjs tells whether it is', async () => {
  const port = String(await freePort());
  const environment = { PORT: port };
  const probe = (path: string) => runNode(['deploy/probe.mjs', path], { environment });
  expect((await probe('readyz')).code).toBe(1);
  node = startNode('src/main.ts', ['serve', 'deploy/server.mjs'], {
    ...environment,
    NODE_ENV: 'production',
    NODE_OPTIONS: '--conditions=gatehouse-source --disable-warning=ExperimentalWarning',
    HOST: '0.0.0.0',
    PUBLIC_URL: 'https://mcp.example.com',
    GATEHOUSE_DIR: directory,
    GATEHOUSE_KEYS: generateFernetKey(),
  });
  await node.next(/Listening on 0\.0\.0\.0/);
  for (const path of ['healthz', 'readyz']) expect((await probe(path)).code).toBe(0);
  expect((await probe('elsewhere')).code).toBe(1);
  // Asked by its address: the plain port answers to the published name alone.
  expect((await postJson(`http://127.0.0.1:${port}/hello/mcp`, {})).status).toBe(421);
  node.signal('SIGTERM');
  expect(await node.exit).toBe(0);
  expect((await probe('healthz')).code).toBe(1);
});

it('F07 a file that does not finish loading is ended by SIGTERM', async () => {
  const file = join(directory, 'endless.mjs');
  await writeFile(file, `console.log('loading'); await new Promise((resolve) => setTimeout(resolve, 60_000));`);
  node = startNode('src/main.ts', ['serve', file]);
  await node.next(/loading/);
  node.signal('SIGTERM');
  expect(await node.exit).toBe(0);
});
