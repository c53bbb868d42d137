import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    world = await startWorld();
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-inspector-'));
    const notes = { type: 'http', url: `${world.url}/notes/mcp`, protocolEra: 'auto', oauth: { scopes: 'notes:read' } };
    await writeFile(join(directory, 'mcp.json'), JSON.stringify({ mcpServers: { notes } }));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.stop()));
    await world.close();
    await rm(directory, { recursive: true, force: true });
  });

  const inspector = (...words: string[]): Child => {
    const config = ['--cli', '--config', join(directory, 'mcp.json'), '--server', 'notes', '--format', 'json'];
    const child = startNode(LAUNCHER, [...config, ...words], {
      HOME: directory,
      MCP_STORAGE_DIR: join(directory, 'storage'),
      MCP_INSPECTOR_SECRET_STORE: 'file',
      MCP_AUTO_OPEN_ENABLED: 'true',
      BROWSER: 'true',
    });
    children.push(child);
    return child;
  };
  const shownUrl = async (child: Child) => String((await child.next(/Please navigate to: (\S+)/))[1]);

  it('signs in and lists, then steps up when it is told to, and adds a note', async () => {
    const ada = createPerson('ada', PASSWORDS.ada);
    const listing = inspector('--method', 'tools/list');
    await ada.open(await shownUrl(listing));
    expect(await listing.exit, listing.output.stderr).toBe(0);
    expect(listing.output.stdout).toContain('list_notes');
    expect(listing.output.stdout).not.toContain('add_note');

    const adding = inspector('--method', 'tools/call', '--tool-name', 'add_note', '--tool-arg', 'text=inspected');
    await adding.next(/Proceed with step-up authorization\?/);
    adding.write('y\n');
    await ada.open(await shownUrl(adding));
    expect(await adding.exit, adding.output.stderr).toBe(0);
    expect(ada.visited[1]?.searchParams.get('scope')).toContain('notes:write');

    const reading = inspector('--method', 'tools/call', '--tool-name', 'list_notes');
    expect(await reading.exit, reading.output.stderr).toBe(0);
    expect(reading.output.stdout).toContain('inspected');
  });
});
