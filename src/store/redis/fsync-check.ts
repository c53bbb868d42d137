import type { RedisNode } from './redis-node.ts';

const WITHOUT_CONFIG =
  'REDIS_DURABILITY asks for fsync, but the Redis server does not tell its settings. Allow the user in STORE_URL ' +
  'config|get, or leave fsync out if whoever runs the server answers for it';

/** What keeps a server from having written to its disk whatever it has acknowledged. INFO does not tell. */
export async function fsyncFaults(node: RedisNode): Promise<readonly string[]> {
  const settings = new Map<string, unknown>();
  for (const name of ['appendonly', 'appendfsync']) {
    const answer = await node.call('config', 'GET', name).catch(refusedConfig);
    if (!Array.isArray(answer)) return [WITHOUT_CONFIG];
    settings.set(name, answer[1]);
  }
  const [kept, when] = [settings.get('appendonly'), settings.get('appendfsync')];
  if (kept === 'yes' && when === 'always') return [];
  return [
    `REDIS_DURABILITY asks for fsync, but the Redis server has appendonly ${kept} and appendfsync ${when}. Set appendonly ` +
      'yes and appendfsync always, or leave fsync out',
  ];
}

function refusedConfig(error: unknown): undefined {
  if (error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message)) return undefined;
  throw error;
}
