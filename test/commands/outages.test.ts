import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { runNode } from '../support/run-node.ts';

let directory: string;
let host: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-outage-'));
  host = join(directory, 'host.ts');
  const from = (path: string) => JSON.stringify(resolve(path));
  await writeFile(
    host,
    `import { createHost, defineServer } from ${from('src/index.ts')};
import { local } from ${from('providers/index.ts')};
export default createHost({ auth: local() }).mount('/notes', defineServer({ name: 'notes', version: '1' }));
`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

const ended = (args: readonly string[], environment: Record<string, string>) =>
  runNode(['src/main.ts', ...args], { environment: { GATEHOUSE_DIR: directory, PORT: '0', ...environment } });

it('a store that does not answer is told in a sentence that names its setting, and nothing of who signs in there', async () => {
  const port = await freePort();
  const STORE_URL = `redis://admin:EXAMPLE@127.0.0.1:${port}`;
  const ends = await Promise.all([
    ended(['user', 'list'], { STORE_URL }),
    ended(['serve', host], { STORE_URL }),
    ended(['user', 'list'], { STORE_URL: `postgres://admin:EXAMPLE@127.0.0.1:${port}/db` }),
  ]);
  for (const [index, { code, stdout, stderr }] of ends.entries()) {
    expect([code, stdout]).toEqual([1, '']);
    const server = index === 2 ? 'PostgreSQL' : 'Redis';
    expect(stderr).toContain(`STORE_URL: ${server} at 127.0.0.1:${port} cannot be used: connect ECONNREFUSED`);
    expect(stderr).not.toMatch(/ at .*:\d+:\d+|EXAMPLE/);
  }
});

it('a folder that cannot be, and an address that is none of this machine, are faults of their settings', async () => {
  const [folder, rotated, served, address] = await Promise.all([
    ended(['user', 'list'], { GATEHOUSE_DIR: join(host, 'in-a-file') }),
    ended(['keys', 'rotate'], { GATEHOUSE_DIR: join(host, 'in-a-file') }),
    ended(['serve', host], { GATEHOUSE_DIR: join(host, 'in-a-file') }),
    ended(['serve', host], { HOST: '192.0.2.1' }),
  ]);
  for (const each of [folder, rotated, served]) {
    expect(each.code).toBe(2);
    expect(each.stderr).toMatch(/\n- GATEHOUSE_DIR: .*sealing\.key can neither be read nor made \(ENOTDIR\)/);
  }
  expect([address.code, address.stderr.split('\n')[1]]).toEqual([2, '- HOST 192.0.2.1 is no address of this machine.']);
});
