import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer, type ServerDefinition } from '../../../src/mcp/define-server.ts';
import { type Child, startNode } from '../../support/child.ts';
import { packageFile } from '../../support/package-file.ts';
import { createPerson } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

const LAUNCHER = packageFile('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js');

describe("the Inspector's command line", { timeout: 60_000 }, () => {
  let world: World;
  let directory: string;
  const children: Child[] = [];
  beforeAll(async () => {
    world = await startWorld({ mount: (host) => void host.mount('/diary', diary()) });
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-inspector-'));
    const entry = { type: 'http', url: `${world.url}/diary/mcp`, protocolEra: 'auto', oauth: { scopes: 'diary:read' } };
    await writeFile(join(directory, 'mcp.json'), JSON.stringify({ mcpServers: { diary: entry } }));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.stop()));
    await world.close();
    await rm(directory, { recursive: true, force: true });
  });

  const inspector = (storage: string, ...words: string[]): Child => {
    const config = ['--cli', '--config', join(directory, 'mcp.json'), '--server', 'diary', '--format', 'json'];
    const child = startNode(LAUNCHER, [...config, ...words], {
      HOME: directory,
      MCP_STORAGE_DIR: join(directory, `storage-${storage}`),
      MCP_INSPECTOR_SECRET_STORE: 'file',
      MCP_AUTO_OPEN_ENABLED: 'true',
      BROWSER: 'true',
    });
    children.push(child);
    return child;
  };
  const shownUrl = async (child: Child) => String((await child.next(/Please navigate to: (\S+)/))[1]);

  it('signs in and calls, then steps up when it is told to, and calls more', async () => {
    const ada = createPerson('ada', PASSWORDS.ada);
    const reading = inspector('a', '--method', 'tools/call', '--tool-name', 'read');
    await ada.open(await shownUrl(reading));
    expect(await reading.exit, reading.output.stderr).toBe(0);
    expect(reading.output.stdout).toContain('nothing yet');

    const writing = inspector('a', '--method', 'tools/call', '--tool-name', 'write', '--tool-arg', 'text=inspected');
    await writing.next(/Proceed with step-up authorization\?/);
    writing.write('y\n');
    await ada.open(await shownUrl(writing));
    expect(await writing.exit, writing.output.stderr).toBe(0);
    expect(ada.visited[1]?.searchParams.get('scope')).toContain('diary:write');

    const again = inspector('a', '--method', 'tools/call', '--tool-name', 'read');
    expect(await again.exit, again.output.stderr).toBe(0);
    expect(again.output.stdout).toContain('inspected');
    expect(ada.visited).toHaveLength(2);
  });

  it('exits with 1 and the missing scope when it is told not to step up', async () => {
    const ada = createPerson('ada', PASSWORDS.ada);
    const writing = inspector('b', '--method', 'tools/call', '--tool-name', 'write', '--tool-arg', 'text=no');
    await ada.open(await shownUrl(writing));
    await writing.next(/Proceed with step-up authorization\?/);
    writing.write('n\n');
    expect(await writing.exit).not.toBe(0);
    expect(writing.output.stderr).toContain('diary:write');
  });
});

/** The Inspector calls only what it sees listed, so this server lists what a step-up would bring. */
function diary(): ServerDefinition {
  let page = 'nothing yet';
  return defineServer({ name: 'diary', version: '1.0.0', list: 'all', defaultScopes: ['diary:read'] })
    .tool('read', { description: 'Read', scopes: ['diary:read'] }, () => page)
    .tool(
      'write',
      { description: 'Write', input: z.object({ text: z.string() }), scopes: ['diary:write'] },
      ({ text }) => {
        page = text;
      },
    );
}
