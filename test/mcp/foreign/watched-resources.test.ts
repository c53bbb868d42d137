import { type Client, ProtocolError } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import type { Connection } from '../../../src/mcp/foreign/connection.ts';
import { watchResources } from '../../../src/mcp/foreign/watch-resources.ts';
import { watchedResources } from '../../../src/mcp/foreign/watched-resources.ts';
import { user } from '../callers.ts';

describe('the resources that a server is asked to tell of', () => {
  it('are those of each person in turn: nobody takes the places of others', async () => {
    let asked: readonly string[] = [];
    const watch: Connection['watch'] = async (uris) => {
      asked = uris;
    };
    const connection = { watch } as Connection;
    const watched = watchedResources({ log: silentLog, connection: async () => connection });
    const apps = ['a', 'b'].map((clientId) => ({ ...user('ada'), clientId }));
    const ends = Array.from({ length: 1200 }, (_, n) => apps.map((app) => watched.watch(`note://${n}`, app))).flat();
    const bobs = watched.watch('note://bob', user('bob'));
    await expect.poll(() => asked.length).toBe(1000);
    expect(asked).toContain('note://bob');
    bobs();
    for (const end of ends.slice(0, 2399)) end();
    await expect.poll(() => asked).toEqual(['note://1199']);
    ends.at(-1)?.();
    await expect.poll(() => asked).toEqual([]);
  });

  it('are asked for each by itself: what is refused keeps none of the others', async () => {
    const sent: string[] = [];
    let away = false;
    const client = {
      setNotificationHandler: () => undefined,
      getProtocolEra: () => 'legacy',
      async subscribeResource({ uri }: { uri: string }) {
        sent.push(`+${uri}`);
        if (away) throw new Error('away');
        if (uri === 'bad') throw new ProtocolError(-32602, 'No.');
      },
      unsubscribeResource: async ({ uri }: { uri: string }) => void sent.push(`-${uri}`),
    } as unknown as Client;
    const watch = watchResources(client, () => undefined);
    await expect(watch(['bad', 'a'])).rejects.toThrow('No.');
    await watch(['bad', 'b']);
    away = true;
    await expect(watch(['bad', 'b', 'c'])).rejects.toThrow('away');
    away = false;
    await watch(['bad', 'c']);
    await watch([]);
    await expect(watch(['bad'])).rejects.toThrow('No.');
    expect(sent).toEqual(['+bad', '+a', '+b', '-a', '+c', '+c', '-b', '-c', '+bad']);
  });
});
