import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { startNode } from '../support/child.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, lines: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `import { defineServer } from ${JSON.stringify(root('src/mcp/define-server.ts'))};\n${lines}`);
  return path;
};
const server = file(
  'server.mts',
  `console.log('this is no message');
   setInterval(() => undefined, 1000);
   export default defineServer({ name: 'from-file', version: '1.0.0' })
     .tool('who', { description: 'Who', scopes: ['read'] }, (_, { principal }) => principal.subject)
     .tool('write', { description: 'Write', scopes: ['write'] }, () => process.env.API_KEY ?? 'no key');`,
);
const program = root('src/main.ts');
const command = (...words: string[]) => ({
  command: process.execPath,
  args: [program, 'run', ...words],
  stderr: 'ignore' as const,
});

describe('gatehouse run', () => {
  it('serves the server of a file to the program that starts it, with what it is given of the environment', async () => {
    await using client = await connect({ ...command(server), env: { API_KEY: 'of the server' } });
    expect(client.protocolVersion).toBe('2026-07-28');
    expect((await client.callTool('who')).content).toMatchObject([{ text: 'local' }]);
    expect((await client.callTool('write')).content).toMatchObject([{ text: 'of the server' }]);
  });

  it('serves an older client, with the scopes and the name that it was told', async () => {
    await using all = await connect(
      { mcpServers: { mine: command(server, '--scopes', 'read', '--subject', 'ada') } },
      { era: 'legacy' },
    );
    expect(all.servers.get('mine')?.protocolVersion).toBe('2025-11-25');
    expect((await all.listTools()).map(({ name }) => name)).toEqual(['mine_who']);
    expect((await all.callTool('mine_who')).content).toMatchObject([{ text: 'ada' }]);
    await expect(all.callTool('mine_write')).rejects.toMatchObject({ data: { scope: 'write' } });
  });

  it('says what is wrong with a file or a scope, and ends with 2', async () => {
    const none = startNode(program, ['run', file('none.mts', 'export default 1;')]);
    const scope = startNode(program, ['run', server, '--scopes', 'admin']);
    expect([await none.exit, await scope.exit]).toEqual([2, 2]);
    expect(none.output.stderr).toContain('none.mts does not export a server by default.');
    expect(scope.output.stderr).toContain('The server has no scope admin. It has: read, write.');
    expect(none.output.stdout + scope.output.stdout).toBe('');
  });
});
