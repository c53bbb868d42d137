import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Fate } from '../support/command-proxy.ts';
import type { PlainAnswer } from '../support/plain-http.ts';
import { REVOKED_WITHIN } from './attacker.ts';
import type { Scene } from './campaign.ts';
import { assertedToken, type Client, machineToken, type Tokens, tokensOf } from './client.ts';
import type { Deployment, Node } from './deployment.ts';
import { senderOf } from './sender.ts';
import { visits } from './visits.ts';

/** A round of one grant: what comes before, the request to be broken, and what must hold then. */
export type Round = (attempt: <T>(work: () => Promise<T>) => Promise<T>) => Promise<void>;

/** More commands than any request needs. */
const END = 60;

/**
 * Does the same again and again at one node, the n-th command of the store meeting `fate`, until a round needs fewer.
 * Resolves with how many were met.
 */
export async function forEachCommand(
  node: Node,
  { database }: Pick<Deployment, 'database'>,
  fate: Fate,
  round: Round,
): Promise<number> {
  for (let nth = 1; nth < END; nth += 1) {
    let count = 0;
    await round(async (work) => {
      node.commands.fate = (command) => {
        if (!database.isOfStore(command)) return 'pass';
        count += 1;
        return count === nth ? fate : 'pass';
      };
      try {
        return await work();
      } finally {
        node.commands.fate = () => 'pass';
      }
    });
    if (count < nth) return nth - 1;
  }
  throw new Error('There is no end of commands.');
}

/** 503 with a time to come back and no word against anybody, unless it was done. */
function expectServed({ status, headers, text }: PlainAnswer, what: string): void {
  expect([what, text, [200, 201, 503].includes(status)]).toEqual([what, text, true]);
  if (status !== 503) return;
  expect([what, Number(headers.get('retry-after')) > 0, headers.has('www-authenticate')]).toEqual([what, true, false]);
}

/** Everything a client can ask of the token endpoint and beside it, with each command failing in its turn. */
export async function failEachCommand(scene: Scene, fate: Fate): Promise<number> {
  const { deployment } = scene;
  const node = await deployment.spare();
  const grants = grantsAt(node, scene);
  let injected = 0;
  for (const round of grants) injected += await forEachCommand(node, deployment, fate, round);
  await node.kill();
  return injected;
}

function grantsAt(node: Node, scene: Scene): readonly Round[] {
  const { deployment, client, journal, population } = scene;
  const { url } = deployment;
  const visitor = senderOf(journal, 'visitor');
  const { authorized, signedIn } = visits(scene);
  return [
    async (attempt) => {
      const code = await authorized();
      const first = await attempt(() => client.redeem(node.url, code));
      expectServed(first, 'code');
      if (first.status === 200) return expectLive(client, url, tokensOf(code, first));
      const second = await client.redeem(url, code);
      if (second.status === 200) return expectLive(client, url, tokensOf(code, second));
      // It was spent, and its answer lost.
      expect(second.body.error).toBe('invalid_grant');
    },
    async (attempt) => {
      const tokens = await signedIn();
      const first = await attempt(() => client.refresh(node.url, tokens));
      expectServed(first, 'refresh');
      const second = await client.refresh(url, tokens);
      expect(second.status).toBe(200);
      if (first.status === 200) expect(second.body.refresh_token).toBe(first.body.refresh_token);
      await expectLive(client, url, tokensOf(tokens.from, second));
    },
    async (attempt) => {
      const tokens = await signedIn();
      const first = await attempt(() => client.revoke(node.url, tokens, 'refresh'));
      expectServed(first, 'revoke');
      if (first.status === 503) {
        expect((await client.revoke(url, tokens, 'refresh')).status).toBe(200);
        // Where the first one was done and its answer lost, nobody may have been told: it holds everywhere within a second.
        await pause(REVOKED_WITHIN);
      }
      expect((await client.refresh(url, tokens)).body.error).toBe('invalid_grant');
    },
    async (attempt) => {
      const { secretMachine } = population;
      expectServed(await attempt(() => machineToken(visitor, node.url, url, secretMachine)), 'client_credentials');
      expect((await machineToken(visitor, url, url, secretMachine)).status).toBe(200);
    },
    async (attempt) => {
      const { keyMachine } = population;
      const { assertion, answer } = await attempt(() => assertedToken(visitor, node.url, url, keyMachine));
      expectServed(answer, 'assertion');
      const again = await assertedToken(visitor, url, url, keyMachine, assertion);
      if (answer.status === 200) expect(again.answer.body.error).toBe('invalid_client');
    },
    async (attempt) => {
      const metadata = JSON.stringify({
        redirect_uris: ['http://127.0.0.1:49152/callback'],
        token_endpoint_auth_method: 'none',
      });
      const init = { method: 'POST', body: metadata, headers: { 'content-type': 'application/json' } };
      expectServed(await attempt(() => visitor.send('register', {}, `${node.url}/register`, init)), 'register');
      expect((await visitor.send('register', {}, `${url}/register`, init)).status).toBe(201);
    },
  ];
}

/** Half a grant is none: its access token is taken, and its refresh token has a successor. */
async function expectLive(client: Client, url: string, tokens: Tokens): Promise<void> {
  expect((await client.call(url, tokens.access)).status).toBe(200);
  expect((await client.refresh(url, tokens)).status).toBe(200);
}
