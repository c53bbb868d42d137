import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from '../support/plain-http.ts';
import { type Draining, openConnection, startChild, startDraining } from './draining.ts';

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => child.stop()));
});

async function start(settings: Readonly<Record<string, string>>): Promise<Draining & { readonly token: string }> {
  const world = await startDraining(settings);
  running.push(world.child);
  const { body } = await world.askToken();
  return { ...world, token: String(body.access_token) };
}

const many = <T>(count: number, action: () => Promise<T>): readonly Promise<T>[] =>
  Array.from({ length: count }, () => action());

/** Milliseconds from now until the process has gone, and its exit code. */
async function ending(world: Pick<Draining, 'child'>): Promise<{ readonly code: number; readonly took: number }> {
  const begun = performance.now();
  const code = await world.child.exit;
  return { code, took: performance.now() - begun };
}

describe('SIGTERM', () => {
  it('F06 answers 20 calls, 50 streams and 10 token requests in full, and ends with 0', async () => {
    const world = await start({ READY_DELAY: '1', SHUTDOWN_GRACE: '20' });
    const { child, url, token } = world;
    const calls = many(20, () => world.call(token, 'wait'));
    await world.waiting('call', 20);
    const streams = await Promise.all(many(50, () => world.call(token, 'stream')));
    await world.waiting('stream', 50);
    const texts = streams.map((stream) => stream.text());
    // Each reads its own client; keys and revocations may be read once for all ten.
    child.write('hold machine\n');
    await child.next(/holding/);
    const tokens = many(10, world.askToken);
    await world.waiting('store', 10);

    child.signal('SIGTERM');
    await child.next(/"event":"draining"/);
    const red = await ask(`${url}/readyz`);
    expect([red.status, red.headers.get('connection'), red.headers.get('retry-after')]).toEqual([503, 'close', '5']);
    const late = await ask(`${url}/healthz`);
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
    await child.next(/"event":"listener_closed"/);
    await expect(ask(`${url}/healthz`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });

    child.write('release\n');
    for (const answer of await Promise.all(calls)) {
      expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
      expect(await answer.text()).toContain('waited');
    }
    for (const text of await Promise.all(texts)) expect(text).toMatch(/notifications\/progress.*streamed/s);
    for (const { status, body } of await Promise.all(tokens)) {
      expect([status, body.token_type]).toEqual([200, 'Bearer']);
    }
    expect(await child.exit).toBe(0);
    expect(child.output.stderr).toContain('"cut":0,"event":"drained"');
  });

  it('F06 ends idle and silent connections, and does not wait for what they never send', async () => {
    const world = await start({ SHUTDOWN_GRACE: '20' });
    const idle = openConnection(world.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(idle.socket, 'data');
    const silent = openConnection(world.port);
    await once(silent.socket, 'connect');
    world.child.signal('SIGTERM');
    expect(await idle.ended).toMatch(/^HTTP\/1\.1 200 /);
    expect(await silent.ended).toBe('');
    const { code, took } = await ending(world);
    expect([code, took < 5000]).toEqual([0, true]);
  });

  it('F06 sends an answer to its end to a client that is slow to read it', async () => {
    const world = await start({ SHUTDOWN_GRACE: '20' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'large' } });
    const head = [
      'POST /slow/mcp HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${world.token}`,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      `Content-Length: ${body.length}`,
    ];
    const { socket, ended } = openConnection(world.port, `${head.join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'data');
    socket.pause();
    world.child.signal('SIGTERM');
    await world.child.next(/"event":"listener_closed"/);
    socket.resume();
    const answer = await ended;
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(Number(/content-length: (\d+)/i.exec(answer)?.[1]));
    expect(await world.child.exit).toBe(0);
  });

  it('F06 answers a call that hangs with 503, ends its stream properly, and ends with 1 within the grace', async () => {
    const world = await start({ SHUTDOWN_GRACE: '2' });
    const call = world.call(world.token, 'wait');
    await world.waiting('call', 1);
    const stream = await world.call(world.token, 'stream');
    await world.waiting('stream', 1);
    world.child.signal('SIGTERM');
    const { code, took } = await ending(world);
    const cut = await call;
    expect([cut.status, cut.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await stream.text()).toContain('notifications/progress');
    expect([code, took > 1400, took < 3500]).toEqual([1, true, true]);
    expect(world.child.output.stderr).toContain('"event":"calls_cut"');
  });

  it('F07 ends within the grace while the store answers nothing, not even to being closed', async () => {
    const world = await start({ SHUTDOWN_GRACE: '2' });
    world.child.write('hold\n');
    await world.child.next(/holding/);
    const lost = expect(world.askToken()).rejects.toThrow();
    await world.waiting('store', 1);
    world.child.signal('SIGTERM');
    const { code, took } = await ending(world);
    await lost;
    expect([code, took < 3500]).toEqual([1, true]);
    expect(world.child.output.stderr).toContain('The store did not close within SHUTDOWN_GRACE');
  });

  it('F24 F07 ends a process whose log nobody reads any more', async () => {
    const { child, url } = await start({ SHUTDOWN_GRACE: '20' });
    await child.stopReading(() => ask(`${url}/slow/mcp`, { method: 'POST' }));
    child.signal('SIGTERM');
    expect(await child.exit).toBe(0);
  });

  it('F07 is answered at once the second time', async () => {
    const world = await start({ SHUTDOWN_GRACE: '20' });
    const lost = expect(world.call(world.token, 'wait')).rejects.toThrow();
    await world.waiting('call', 1);
    world.child.signal('SIGTERM');
    await world.child.next(/"event":"listener_closed"/);
    world.child.signal('SIGTERM');
    const { code, took } = await ending(world);
    await lost;
    expect([code, took < 5000]).toEqual([1, true]);
  });
});

describe('SIGINT', () => {
  it('F07 ends a start that hangs, cleanly and soon', async () => {
    const child = startChild({}, 'held');
    running.push(child);
    await child.next(/waiting store\n/);
    child.signal('SIGINT');
    const { code, took } = await ending({ child });
    expect([code, took < 5000]).toEqual([0, true]);
    expect(child.output.stderr).not.toMatch(/ {4}at |Could not/);
  });

  it('F07 ends a start that was about to succeed, and closes what it opened', async () => {
    const child = startChild({}, 'held');
    running.push(child);
    await child.next(/waiting store\n/);
    child.signal('SIGINT');
    await child.next(/"event":"draining"/);
    child.write('release\n');
    expect(await child.exit).toBe(0);
    expect(child.output.stdout).not.toContain('listening');
    expect(child.output.stderr).not.toMatch(/ {4}at |Could not/);
  });
});

describe('/readyz', () => {
  it('F13 is red in time while the store answers nothing, and green again with it', async () => {
    const world = await start({});
    expect((await ask(`${world.url}/readyz`)).status).toBe(200);
    world.child.write('hold\n');
    await world.child.next(/holding/);
    const red = ask(`${world.url}/readyz`);
    await world.waiting('store', 1);
    expect((await red).status).toBe(503);
    expect((await ask(`${world.url}/healthz`)).status).toBe(200);
    world.child.write('release\n');
    expect((await ask(`${world.url}/readyz`)).status).toBe(200);
  });
});
