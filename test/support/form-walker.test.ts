import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walk } from './form-walker.ts';

const REDIRECT = 'http://127.0.0.1:9/callback';
const LOGIN = `<!-- <form><button></form> --><form method="post" action="/login?uid=1&amp;next=2">
  <input type=hidden name=csrf value='a&#38;b'><input name="username"><input type="password" name="password">
  <button disabled name="never" value="sent">No</button><button>Sign in</button></form>`;
const CONSENT = `<form method="POST"><input type="checkbox" name="scope" value="read" checked>
  <input type="checkbox" name="scope" value="write" checked><input type="checkbox" name="scope" value="admin">
  <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>`;

describe('the form walker', () => {
  let server: Server;
  let url: string;
  const posted: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => void site(request, response, posted));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const go = (more: object = {}) => {
    posted.length = 0;
    return walk(`${url}/authorize`, { username: 'ada', password: 'right', redirectUri: REDIRECT, ...more });
  };

  it('signs in, presses the first button and stops at the redirect URI without calling it', async () => {
    expect((await go()).href).toBe(`${REDIRECT}?code=c1`);
    expect(posted).toEqual([
      '/login?uid=1&next=2 csrf=a%26b&username=ada&password=right',
      '/consent scope=read&scope=write&decision=allow',
    ]);
  });

  it('clears boxes and presses Deny on request', async () => {
    await go({ decision: 'deny', untick: ['write'] });
    expect(posted.at(-1)).toBe('/consent scope=read&decision=deny');
  });

  it('stops with the words of the page when the sign-in is refused', async () => {
    await expect(go({ password: 'wrong' })).rejects.toThrow(
      'The walk stopped at /login with 401: Wrong password. No Sign in',
    );
  });

  it('stops at a page without a form', async () => {
    await expect(walk(`${url}/nowhere`, { username: '', password: '', redirectUri: REDIRECT })).rejects.toThrow(
      'The walk stopped at /nowhere with 404: Nothing <here>',
    );
  });
});

/** A sign-in and a consent that know their visitor by a cookie. */
async function site(request: IncomingMessage, response: ServerResponse, posted: string[]): Promise<void> {
  const body = (await request.toArray()).join('');
  const known = request.headers.cookie === 'sid=s1';
  const step = `${request.method} ${request.url?.split('?')[0]}`;
  if (request.method === 'POST') posted.push(`${request.url} ${body}`);
  const page = (status: number, html: string) => response.writeHead(status, { 'content-type': 'text/html' }).end(html);
  const go = (location: string, ...cookies: string[]) =>
    response.writeHead(303, { location, 'set-cookie': cookies }).end();
  if (step === 'GET /authorize') go('/login', 'old=1; Path=/', 'sid=s0; Path=/login', 'sid=s0; Path=/login; Max-Age=0');
  else if (step === 'GET /login') page(200, LOGIN);
  else if (step === 'POST /login' && !body.endsWith('right')) page(401, `<p>Wrong password.</p>${LOGIN}`);
  else if (step === 'POST /login')
    go('/consent', 'old=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'sid=s1; Path=/; HttpOnly');
  else if (step === 'GET /consent' && known) page(200, CONSENT);
  else if (step === 'POST /consent' && known) go(`${REDIRECT}?code=c1`);
  else page(404, '<h1>Nothing &lt;here&gt;</h1>');
}
