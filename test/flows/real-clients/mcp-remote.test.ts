import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFile } from '../../support/package-file.ts';
import { createPerson, type Person } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

const PROXY = packageFile('mcp-remote', 'dist/proxy.js');

describe('mcp-remote', { timeout: 60_000 }, () => {
  let world: World;
  let directory: string;
  beforeAll(async () => {
    world = await startWorld();
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-mcp-remote-'));
  });
  afterAll(async () => {
    await world.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** The proxy prints where to sign in, and when it is ready for the answer; the person goes there each time. */
  function attend(stderr: Readable, person: Person): () => string {
    let text = '';
    let opened = 0;
    stderr.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const pages = [...text.matchAll(/authorize this client by visiting:\s+(\S+)\s/g)];
      const listening = [...text.matchAll(/callback server running/g)];
      for (; opened < Math.min(pages.length, listening.length); opened++) {
        void person.open(String(pages[opened]?.[1])).catch((error: unknown) => {
          text += String(error);
        });
      }
    });
    return () => text;
  }

  it.each(['legacy', 'auto'])(
    'brings a stdio client through sign-in, refusal and step-up (protocol %s)',
    async (protocol) => {
      const ada = createPerson('ada', PASSWORDS.ada);
      const config = join(directory, protocol);
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [PROXY, `${world.url}/notes/mcp`, '--allow-http', '--transport', 'http-only', '--protocol', protocol],
        env: { PATH: process.env.PATH ?? '', HOME: config, MCP_REMOTE_CONFIG_DIR: config, BROWSER: 'true' },
        stderr: 'pipe',
      });
      const said = attend(transport.stderr as Readable, ada);
      const client = new Client({ name: 'test', version: '1.0.0' });
      await client.connect(transport).catch((error: unknown) => {
        throw new Error(`mcp-remote did not connect: ${said()}`, { cause: error });
      });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['list_notes', 'read_note']));
      const added = await client.callTool({ name: 'add_note', arguments: { text: protocol } });
      expect(added.isError ?? false, said()).toBe(false);
      expect(ada.visited.map((url) => url.searchParams.get('scope'))).toEqual([
        'notes:read',
        expect.stringContaining('notes:write'),
      ]);
      const { structuredContent } = await client.callTool({ name: 'list_notes', arguments: {} });
      expect(JSON.stringify(structuredContent)).toContain(`"text":"${protocol}"`);
      await client.close();
    },
  );
});
