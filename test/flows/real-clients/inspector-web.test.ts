import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Child, startNode } from '../../support/child.ts';
import { describeWithChromium, launchChromium } from '../../support/chromium.ts';
import { freePort } from '../../support/free-port.ts';
import { packageFile } from '../../support/package-file.ts';
import { until } from '../../support/until.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

const LAUNCHER = packageFile('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js');

describeWithChromium("the Inspector's page", () => {
  let world: World;
  let directory: string;
  let inspector: Child;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    world = await startWorld();
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-inspector-'));
    const config = join(directory, 'mcp.json');
    const entry = { type: 'http', url: `${world.url}/notes/mcp`, protocolEra: 'auto' };
    await writeFile(config, JSON.stringify({ mcpServers: { notes: entry } }));
    const port = await freePort();
    inspector = startNode(LAUNCHER, ['--web', '--config', config], {
      HOME: directory,
      HOST: '127.0.0.1',
      CLIENT_PORT: String(port),
      MCP_SANDBOX_PORT: '0',
      MCP_INSPECTOR_API_TOKEN: 'known',
      MCP_AUTO_OPEN_ENABLED: 'false',
      MCP_INSPECTOR_SECRET_STORE: 'file',
      MCP_STORAGE_DIR: join(directory, 'storage'),
    });
    await inspector.next(/up and running/);
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await inspector.stop();
    await world.close();
    await rm(directory, { recursive: true, force: true });
  });

  const connected = () => page.waitForSelector('[data-testid=connection-status][data-status=connected]');
  const allow = () => page.getByRole('button', { name: 'Allow' }).click();
  const addNote = async (text: string) => {
    const tabs = page.locator('label', { hasText: /^Tools$/ });
    const tool = page.getByText('add_note', { exact: true }).first();
    // The page shows its tabs a moment before it minds them.
    const open = async () => {
      await tabs.first().click({ force: true });
      await tool.waitFor({ timeout: 2000 });
    };
    await until(open, (outcome) => !('error' in outcome), 20);
    await tool.click();
    await page.getByLabel(/^text/).first().fill(text);
    await page.getByRole('button', { name: 'Execute Tool' }).click();
  };

  it('signs in, is refused, steps up and calls', { timeout: 60_000 }, async () => {
    await page.getByRole('switch', { name: 'Connect or disconnect "notes"' }).click({ force: true });
    await page.fill('[name=username]', 'ada');
    await page.fill('[name=password]', PASSWORDS.ada);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await allow();
    await connected();
    await addNote('refused at first');
    await page.getByRole('button', { name: /^Authorize/ }).click();
    expect(await page.locator('main').innerText()).toContain('notes:write');
    await allow();
    await connected();
    await addNote('written from the Inspector');
    await page.getByRole('heading', { name: 'Results' }).waitFor();
    expect(await page.locator('body').innerText()).toMatch(/"id"/);
  });
});
