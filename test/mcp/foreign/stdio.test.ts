import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { type RemoteOptions, remote } from '../../../src/mcp/remote/remote.ts';
import { stdioTransport } from '../../../src/mcp/remote/stdio-transport.ts';
import { user } from '../callers.ts';
import { connectCaller } from './callers.ts';
import { POLICY } from './sdk-servers.ts';
import { serve } from './served.ts';

let now = 1_000_000;
const parts = { log: silentLog, clock: () => now, fetch };
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const program = (name: string) => ({
  command: process.execPath,
  args: [fileURLToPath(new URL(name, import.meta.url))],
  env: { NAMED: 'yes', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
});

async function run(name: string, more: Partial<RemoteOptions> = {}) {
  const mountable = remote(program(name), { name: 'trips', policy: POLICY, timeout: 20, ...more });
  return serve(mountable, { ada: user('ada', 'trips:book'), bob: user('bob', 'trips:book') }, parts);
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a server that is a program', () => {
  it('gets the environment that is named and no more; comes back when it has crashed; ends with the mount', async () => {
    process.env.GATEHOUSE_TEST_SECRET = 'ours';
    const host = await run('stdio-v1.ts');
    const ada = await connectCaller(host.url, 'ada', 'auto');
    const facts = async () => JSON.parse(await ada.call('env')) as { env: object; pid: number };
    const first = await facts();
    delete process.env.GATEHOUSE_TEST_SECRET;
    expect(first.env).toEqual({ NAMED: 'yes', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' });
    await expect(ada.client.callTool({ name: 'crash' })).rejects.toMatchObject({ status: 503 });
    expect((await ada.client.listTools()).tools.map(({ name }) => name)).toContain('env');
    now += 100;
    const second = await facts();
    expect(second.pid).not.toBe(first.pid);
    expect(alive(first.pid)).toBe(false);
    await ada.close();
    await host.close();
    expect(alive(second.pid)).toBe(false);
  });

  it('may be one for each principal, which can then be asked', async () => {
    const host = await run('stdio-v1.ts', { perPrincipal: { most: 2 } });
    closing.push(host.close);
    const ada = await connectCaller(host.url, 'ada', 'auto', 'Rome');
    const bob = await connectCaller(host.url, 'bob', 'auto', 'Oslo');
    closing.push(ada.close, bob.close);
    const pid = async (caller: typeof ada) => JSON.parse(await caller.call('env')).pid as number;
    const [one, other] = await Promise.all([pid(ada), pid(bob)]);
    expect(one).not.toBe(other);
    expect(await pid(ada)).toBe(one);
    expect(await ada.call('book')).toBe('Rome');
    expect(bob.asked).toEqual([]);
  });

  it('may send more than we take in: the call that it answers fails, and nothing else', async () => {
    const host = await run('stdio-v1.ts', { maxBytes: 20_000 });
    closing.push(host.close);
    const ada = await connectCaller(host.url, 'ada', 'auto');
    const bob = await connectCaller(host.url, 'bob', 'auto');
    closing.push(ada.close, bob.close);
    const { pid } = JSON.parse(await ada.call('env'));
    const leaving = new AbortController();
    const waiting = ada.client.callTool({ name: 'wait' }, { signal: leaving.signal });
    const ended: string[] = [];
    const gone = waiting.catch(() => void ended.push('wait'));
    for (const _ of [1, 2, 3]) {
      const large = bob.client.callTool({ name: 'large', arguments: { size: 500_000 } });
      await expect(large).rejects.toMatchObject({ status: 503 });
    }
    expect(await bob.call('large', { size: 15_000 })).toHaveLength(15_000);
    expect(JSON.parse(await bob.call('env')).pid).toBe(pid);
    expect(ended).toEqual([]);
    leaving.abort();
    await gone;
  });

  it('may be one that we may not end: that is told, and no fault of ours', async () => {
    const told: string[] = [];
    const transport = stdioTransport({ command: process.execPath, args: ['-e', ''] }, 1024, () => undefined);
    const over = new Promise<void>((resolve) => {
      transport.onclose = resolve;
    });
    transport.onerror = ({ message }) => void told.push(message);
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    try {
      await transport.start();
      await over;
    } finally {
      kill.mockRestore();
    }
    expect(told).toEqual(['The program may not be sent SIGKILL.']);
  });

  it('may speak 2026-07-28, which is found out', async () => {
    const host = await run('stdio-v2.ts');
    closing.push(host.close);
    const ada = await connectCaller(host.url, 'ada', 'auto');
    closing.push(ada.close);
    expect(await ada.call('add', { a: 2, b: 3 })).toBe('5');
  });

  it('is not given credentials, and needs a command', async () => {
    const make = (target: object, more: object = {}) =>
      remote(target as never, { name: 'trips', policy: POLICY, ...more });
    expect(() => make(program('x'), { credentials: () => ({ headers: async () => ({}) }) })).toThrow(
      'credentials are for URLs',
    );
    expect(() => make({ command: '' })).toThrow('needs a URL, or { command, args, env }');
    const missing = make({ command: '/no/such/program' }, { required: true });
    await expect(missing.start?.(parts)).rejects.toMatchObject({ status: 503 });
  });
});
