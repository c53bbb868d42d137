import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { randomToken } from '../../src/core/secrets.ts';
import { freePort } from '../support/free-port.ts';
import { startServer } from '../support/server-process.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Starts Redis with `deploy/redis.conf`, by the command of `docker-compose.yml`, keeping its files in `folder`. */
export async function startComposedRedis(
  folder: string,
): Promise<{ readonly url: string; readonly kill: () => Promise<void> }> {
  const port = await freePort();
  const data = join(folder, 'redis');
  const file = join(folder, 'redis.conf');
  await mkdir(data);
  await writeFile(file, placed(port, data));
  const password = randomToken(24);
  const command = String(parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')).services.redis.command[0])
    .replaceAll('$$', '$')
    .replace('/etc/redis.conf', file);
  const { kill } = await startServer('sh', ['-c', `REDIS_PASSWORD=${password}\n${command}`], port);
  return { url: `redis://:${password}@127.0.0.1:${port}/0`, kill };
}

/** The configuration with a place of its own. Throws where a text to be replaced is not there. */
function placed(port: number, folder: string): string {
  let text = readFileSync(join(ROOT, 'deploy/redis.conf'), 'utf8');
  for (const [from, to] of [
    ['bind * -::*', 'bind 127.0.0.1'],
    ['port 6379', `port ${port}`],
    ['dir /data', `dir ${folder}`],
  ] as const) {
    if (!text.includes(from)) throw new Error(`deploy/redis.conf has no ${from}: mend this list.`);
    text = text.replace(from, to);
  }
  return text;
}
