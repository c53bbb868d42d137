import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { continuePage } from '../../../src/authorization/pages/continue-page.ts';
import { chromiumPath, describeWithChromium, launchChromium } from '../../support/chromium.ts';
import { authorizeUrl, register } from '../support/client.ts';
import { PASSWORD, startWorld, type World } from '../support/world.ts';

const BOTH = 'notes:read notes:write';

it('CHROMIUM_PATH names the browser, and one that cannot be run is none', () => {
  expect(chromiumPath({ CHROMIUM_PATH: process.execPath })).toBe(process.execPath);
  expect(chromiumPath({ CHROMIUM_PATH: '/nowhere/chromium' })).toBeUndefined();
});

describeWithChromium('a real browser', () => {
  let world: World;
  let chromium: Browser;
  const servers: Server[] = [];
  beforeAll(async () => {
    [world, chromium] = await Promise.all([startWorld(), launchChromium()]);
  });
  afterAll(async () => {
    await chromium.close();
    for (const server of servers) server.close();
    await world.close();
  });

  /** A client with a real listener behind its redirect URI. */
  const client = async (
    hostname: string,
    listener: RequestListener = (_request, response) => response.end('arrived'),
  ) => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, hostname === '[::1]' ? '::1' : hostname, resolve));
    const redirectUri = `http://${hostname}:${(server.address() as AddressInfo).port}/callback`;
    const registered = await register(world, { redirect_uris: [redirectUri], application_type: 'native' });
    return { redirectUri, url: authorizeUrl(world, registered, { redirect_uri: redirectUri, scope: BOTH }) };
  };
  /** A window of its own, that remembers what the browser complained about. */
  const open = async (options: BrowserContextOptions = {}) => {
    const context = await chromium.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    return { page, complaints, close: () => context.close() };
  };
  const signIn = async (page: Page, password = PASSWORD) => {
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const arrived = async (page: Page, redirectUri: string) => {
    await page.waitForURL((url) => url.href.startsWith(redirectUri));
    expect(await page.textContent('body')).toBe('arrived');
    return new URL(page.url()).searchParams;
  };

  it('AZ-20 walks to http://localhost:<port> without scripts: wrong password, right one, one box cleared', async () => {
    const { page, close } = await open({ javaScriptEnabled: false });
    const { url, redirectUri } = await client('localhost');
    await page.goto(url);
    await signIn(page, 'not the right one');
    expect(await page.getByRole('alert').textContent()).toBe('The username or the password is not right.');
    await signIn(page);
    await page.getByRole('heading', { name: 'Allow access to notes?' }).waitFor();
    await page.getByLabel('Write notes').uncheck();
    await page.getByRole('button', { name: 'Allow' }).click();
    expect((await arrived(page, redirectUri)).has('code')).toBe(true);
    await close();
  });

  it.each(['127.0.0.1', '[::1]'])(
    'AZ-20 follows the redirect to %s, with nothing to complain about',
    async (hostname) => {
      const { page, complaints, close } = await open();
      const { url, redirectUri } = await client(hostname);
      await page.goto(url);
      await signIn(page);
      await page.getByRole('button', { name: 'Allow' }).click();
      expect((await arrived(page, redirectUri)).has('code')).toBe(true);
      expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([]);
      await close();
    },
  );

  it('AZ-20 follows a client that sends the browser on to a site of its own', async () => {
    const { page, close } = await open();
    const { url } = await client('localhost', (_request, response) => {
      response.writeHead(302, { location: 'https://client.example/welcome' }).end();
    });
    await page.route('https://client.example/**', (route) => route.fulfill({ body: 'welcome' }));
    await page.goto(url);
    await signIn(page);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL('https://client.example/welcome');
    await close();
  });

  it('walks by the keyboard alone, and takes a denial back to the client', async () => {
    const { page, close } = await open();
    const { url, redirectUri } = await client('localhost');
    await page.goto(url);
    // The browser gives the focus when it paints, which may be after the page is there.
    await page.locator('input[name=username]:focus').waitFor();
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Deny' }).waitFor();
    await page.waitForLoadState('load');
    for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    expect((await arrived(page, redirectUri)).get('error')).toBe('access_denied');
    await close();
  });

  it('CO-25 goes back to a page that has ended, and is in no frame', async () => {
    const { page, complaints, close } = await open();
    const { url, redirectUri } = await client('localhost');
    await page.goto(url);
    await signIn(page);
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    const consentUrl = page.url();
    await page.getByRole('button', { name: 'Allow' }).click();
    await arrived(page, redirectUri);
    await page.goto(consentUrl);
    await page.getByRole('heading', { name: 'This request has ended' }).waitFor();
    const framing = await client('localhost', (_request, response) => {
      response.setHeader('content-type', 'text/html').end(`<iframe src="${url}"></iframe>`);
    });
    await page.goto(framing.redirectUri);
    await expect.poll(() => complaints.join('\n')).toMatch(/frame-ancestors|X-Frame-Options|403/);
    expect(await page.frameLocator('iframe').getByLabel('Password').count()).toBe(0);
    await close();
  });

  it('CO-19 and CO-01 refuses a form that another site submits', async () => {
    const { page, close } = await open();
    const { url } = await client('localhost');
    await page.goto(url);
    await page.getByLabel('Username').waitFor();
    const form = await page.getAttribute('input[name=form]', 'value');
    const attack = await client('localhost', (_request, response) => {
      response.setHeader('content-type', 'text/html').end(
        `<form method="post" action="${page.url()}/sign-in"><input name="form" value="${form}">
        <input name="username" value="alice"><input name="password" value="${PASSWORD}"></form><script>document.forms[0].submit()</script>`,
      );
    });
    const target = page.url();
    await page.goto(attack.redirectUri);
    await page.getByRole('heading', { name: 'This page cannot be used here' }).waitFor();
    await page.goto(target);
    await signIn(page);
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    await close();
  });

  it.each([
    ['light', 'light', 1280],
    ['dark', 'dark', 1280],
    ['a phone of 320 pixels', 'light', 320],
  ] as const)('shows its pages in %s without anything sticking out', async (_what, colorScheme, width) => {
    const { page, close } = await open({ colorScheme, viewport: { width, height: 700 } });
    const { url } = await client('localhost');
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await page.goto(url);
    expect(await background()).toBe(colorScheme === 'dark' ? 'rgb(13, 16, 20)' : 'rgb(243, 245, 248)');
    expect(await overflow()).toBeLessThanOrEqual(0);
    await signIn(page);
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    for (const button of await page.getByRole('button').all()) {
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(24);
    }
    await close();
  });

  it.each([360, 1280])('gives each way to continue a row and a line of its own at %i pixels', async (width) => {
    const { page, close } = await open({ viewport: { width, height: 900 } });
    const rowsOf = async (...titles: string[]) => {
      await page.setContent(waysToContinue(titles));
      const boxes = await Promise.all((await page.getByRole('button').all()).map((button) => button.boundingBox()));
      return {
        rows: new Set(boxes.map((box) => box?.y)).size,
        tallest: Math.max(...boxes.map((box) => box?.height ?? 0)),
      };
    };
    const [three, two] = [await rowsOf('GitHub', 'Google'), await rowsOf('X')];
    expect(three.rows).toBe(3);
    expect(Math.max(three.tallest, two.tallest)).toBeLessThan(50);
    expect(two.rows).toBe(width === 360 ? 2 : 1);
    await close();
  });
});

const waysToContinue = (titles: readonly string[]): string =>
  continuePage({
    branding: { name: 'Gatehouse' },
    action: '/interaction/one/continue',
    form: 'form',
    client: { verifiedHost: undefined, name: 'An app', destination: { kind: 'loopback', host: 'localhost:4000' } },
    resource: { name: 'Notes', uri: 'https://mcp.example/notes/mcp' },
    formTargets: [],
    scopes: [{ name: 'notes:read', description: 'Read notes', includes: [], allowedBefore: false }],
    upstreams: titles.map((title) => ({ name: title, title })),
  }).html;
