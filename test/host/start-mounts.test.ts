import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { createMount } from '../../src/host/mounts.ts';
import { startMounts } from '../../src/host/start-mounts.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';

const parts = { log: silentLog, clock: () => 0, fetch };

/** A mount that tells what happens to it. */
function mount(name: string, told: string[], faults: { start?: Error; close?: Error } = {}) {
  const tell = (word: 'start' | 'close') => async () => {
    told.push(`${word} ${name}`);
    const fault = faults[word];
    if (fault !== undefined) throw fault;
  };
  const definition = { ...defineServer({ name, version: '1' }), start: tell('start'), close: tell('close') };
  return createMount(new URL('https://rs.test'), `/${name}`, definition);
}

describe('a mount', () => {
  it('is of a server, not of what is none or only promises one', () => {
    const url = new URL('https://rs.test');
    for (const none of [{}, undefined, Promise.resolve(defineServer({ name: 'late', version: '1' }))]) {
      expect(() => createMount(url, '/n', none as unknown as Mountable)).toThrow(/^Mount \/n needs a server: what/);
    }
    expect(createMount(url, '/n', defineServer({ name: 'n', version: '1' })).resource.uri).toBe(
      'https://rs.test/n/mcp',
    );
  });
});

describe('mounts that stand for something else', () => {
  it('are connected before anything is served, and let go of at the end', async () => {
    const told: string[] = [];
    const plain = createMount(new URL('https://rs.test'), '/plain', defineServer({ name: 'plain', version: '1' }));
    const close = await startMounts([mount('a', told), plain, mount('b', told)], parts);
    expect(told).toEqual(['start a', 'start b']);
    await close();
    expect(told.slice(2)).toEqual(['close a', 'close b']);
    await close();
    expect(told).toHaveLength(4);
  });

  it('keep a host from starting where one rejects; the others are let go of', async () => {
    const told: string[] = [];
    const start = new Error('The far side does not answer.');
    const starting = startMounts([mount('a', told), mount('b', told, { start }), mount('c', told)], parts);
    await expect(starting).rejects.toBe(start);
    expect(told).toEqual(['start a', 'start b', 'start c', 'close a', 'close c']);
  });

  it('are all let go of, whichever of them cannot be', async () => {
    const told: string[] = [];
    const close = await startMounts([mount('a', told, { close: new Error('stuck') }), mount('b', told)], parts);
    await expect(close()).rejects.toThrow('stuck');
    expect(told.slice(2)).toEqual(['close a', 'close b']);
  });
});
