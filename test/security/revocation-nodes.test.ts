import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { machineToken, type SecretMachine } from '../support/machine.ts';
import { type NodePair, startPair } from '../support/node-pair.ts';
import { basic, callTool, postForm } from '../support/plain-http.ts';
import { describePostgres, sharedPostgres } from '../support/postgres-server.ts';
import { redisCommand } from '../support/redis-cluster.ts';
import { describeRedisServer, redisServer } from '../support/redis-server.ts';
import { within } from '../support/share.ts';

const APP = join(import.meta.dirname, '../deploy/app.ts');
const ROUNDS = 12;
const LANES = 4;
/** Starting two nodes takes longest. */
const LIMIT_MS = 60_000;

const calls = async (pair: NodePair, token: string): Promise<number> =>
  (await callTool(`${pair.other}/notes/mcp`, token, 'list_notes')).status;

async function addMachine(pair: NodePair) {
  const added = await pair.command(['machine', 'add', 'm', '--scopes', 'notes:read']);
  const [, id = '', secret = ''] = /Client id:\s+(\S+)\nClient secret: (\S+)/.exec(added) ?? [];
  return { id, secret };
}

/** Revokes a token at one node. Milliseconds from the end of that until the other, busy with the token, refuses it. */
async function timed(pair: NodePair, machine: SecretMachine, revoke: (token: string) => Promise<unknown>) {
  const { body } = await machineToken(pair.url, machine);
  const token = String(body.access_token);
  expect(await calls(pair, token)).toBe(200);
  await revoke(token);
  const revoked = performance.now();
  while ((await calls(pair, token)) !== 401) expect(performance.now() - revoked).toBeLessThan(5000);
  return performance.now() - revoked;
}

/** The same for many, a few at a time, and for the command, which is a process of its own. */
async function measure(pair: NodePair): Promise<readonly number[]> {
  const machine = await addMachine(pair);
  const headers = basic(machine.id, machine.secret);
  const lane = async (): Promise<number[]> => {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS / LANES; round += 1) {
      took.push(await timed(pair, machine, (token) => postForm(`${pair.url}/revoke`, { token }, headers)));
    }
    return took;
  };
  const took = (await Promise.all(Array.from({ length: LANES }, lane))).flat();
  took.push(await timed(pair, machine, () => pair.command(['revoke', 'client', machine.id])));
  return took;
}

async function pairOver(storeUrl: string): Promise<NodePair> {
  const pair = await startPair(APP, storeUrl);
  onTestFinished(() => pair.stop());
  return pair;
}

describeRedisServer('a revocation at one of two processes over Redis', () => {
  it('JW-33 ends the token at the other in a moment', { timeout: LIMIT_MS }, async () => {
    const redis = await redisServer();
    onTestFinished(() => redis.close());
    const took = await measure(await pairOver(redis.url));
    expect(within(0.5, took)).toBeLessThan(250);
    expect(within(0.9, took)).toBeLessThan(1000);
  });

  it('JW-33 ends it within a second where nobody carries word', { timeout: LIMIT_MS }, async () => {
    const redis = await redisServer();
    onTestFinished(() => redis.close());
    await redisCommand(redis.port, 'ACL', 'SETUSER', 'mute', 'on', '>sesame', '~*', '+@all', 'resetchannels');
    const pair = await pairOver(redis.url.replace('://', '://mute:sesame@'));
    const took = await measure(pair);
    expect(within(0.9, took)).toBeLessThan(1000);
    for (const { output } of pair.nodes) expect(output.stderr.match(/announcements_forbidden/g)).toHaveLength(1);
  });
});

describePostgres('a revocation at one of two processes over PostgreSQL', () => {
  it('JW-33 ends the token at the other in a moment', { timeout: LIMIT_MS }, async () => {
    const postgres = await sharedPostgres();
    onTestFinished(() => postgres.close());
    const took = await measure(await pairOver(`${postgres.url}?table=${postgres.table()}`));
    expect(within(0.5, took)).toBeLessThan(250);
    expect(within(0.9, took)).toBeLessThan(1000);
  });
});
