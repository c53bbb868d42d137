import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { runNode } from '../support/run-node.ts';

it('lets the example’s agent close a ticket where its machine may, and shows it no such tool where it may not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-example-'));
  const environment = { PORT: `${await freePort()}`, GATEHOUSE_DIR: directory };
  const { code, stdout, stderr } = await runNode(['scripts/example.ts', 'agent'], { environment });
  await rm(directory, { recursive: true, force: true });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(`as a machine that may ask for tickets:read
  tools   find_tickets
  called  find_tickets
  answer  Ticket 1 is about a fire, but I was given no tool to close it with.
as a machine that may ask for tickets:close
  tools   find_tickets, close_ticket
  called  find_tickets, close_ticket
  answer  It is closed.
`);
});
