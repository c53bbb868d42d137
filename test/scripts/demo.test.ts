import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { basic, callTool, postForm } from '../support/plain-http.ts';
import { authorize, redeem, refresh } from '../support/signed-in.ts';

let directory: string;
let port: number;
let demo: Child | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'));
  port = await freePort();
});
afterEach(async () => {
  await demo?.stop();
  await rm(directory, { recursive: true, force: true });
});

const url = () => `http://localhost:${port}`;

async function start(more: Record<string, string> = {}): Promise<void> {
  demo = startNode('--conditions=gatehouse-source', ['scripts/demo.ts'], {
    GATEHOUSE_DIR: directory,
    PORT: String(port),
    ...more,
  });
  await demo.next(/Try next/);
}

const facts = async () => parseEnv(await readFile(join(directory, 'demo.env'), 'utf8'));

async function machineToken(): Promise<string> {
  const { DEMO_MACHINE_ID = '', DEMO_MACHINE_SECRET = '' } = await facts();
  const fields = { grant_type: 'client_credentials', resource: `${url()}/notes/mcp`, scope: 'notes:read' };
  const answer = await postForm(`${url()}/token`, fields, basic(DEMO_MACHINE_ID, DEMO_MACHINE_SECRET));
  expect(answer.status).toBe(200);
  return String(answer.body.access_token);
}

const listNotes = async (token: string): Promise<number> =>
  (await callTool(`${url()}/notes/mcp`, token, 'list_notes')).status;

describe('npm start', () => {
  it('prints what a newcomer needs, and keeps the same in a file that only its owner can read', async () => {
    await start();
    const told = await facts();
    const { stdout } = demo?.output ?? { stdout: '' };
    for (const name of ['echo', 'math', 'notes']) expect(stdout).toContain(`${url()}/${name}/mcp`);
    expect(stdout).toContain(told.DEMO_ADA_PASSWORD);
    expect(stdout).toContain(told.DEMO_GRACE_PASSWORD);
    expect(stdout).toMatch(/npm run inspect[\s\S]*npm run m2m[\s\S]*npm run sign-in/);
    for (const file of await readdir(directory)) expect((await stat(join(directory, file))).mode & 0o077).toBe(0);
  });

  it('loses nothing to kill -9', async () => {
    await start();
    const before = await facts();
    const token = await machineToken();
    const keys = await (await fetch(`${url()}/jwks`)).text();
    const authorized = await authorize(url(), { username: 'ada', password: String(before.DEMO_ADA_PASSWORD) });
    await demo?.stop();

    await start();
    expect(await facts()).toEqual(before);
    expect(await (await fetch(`${url()}/jwks`)).text()).toBe(keys);
    expect(await listNotes(token)).toBe(200);
    expect(await listNotes(await machineToken())).toBe(200);
    const redeemed = await redeem(url(), authorized);
    expect(redeemed.status).toBe(200);
    await demo?.stop();

    await start();
    expect(await listNotes(String(redeemed.body.access_token))).toBe(200);
    expect((await refresh(url(), authorized.client, String(redeemed.body.refresh_token))).status).toBe(200);
    const again = await authorize(url(), {
      username: 'ada',
      password: String(before.DEMO_ADA_PASSWORD),
      client: authorized.client,
    });
    expect(again.code).not.toBe('');
  });

  it('says which setting to change when its port is taken', async () => {
    await start();
    const second = startNode('--conditions=gatehouse-source', ['scripts/demo.ts'], {
      GATEHOUSE_DIR: directory,
      PORT: String(port),
    });
    expect(await second.exit).not.toBe(0);
    expect(second.output.stderr).toContain(`PORT ${port} is taken`);
  });
});
