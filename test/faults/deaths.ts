import { expect } from 'vitest';
import type { Scene } from './campaign.ts';
import { tokensOf } from './client.ts';
import { killAtEachCommand } from './kill-each-command.ts';
import { visits } from './visits.ts';

/** A node dies after each step of a redemption: the code is good once more, or spent for a family that nobody ever sees. */
export function dieInRedemption(scene: Scene, stride?: number): Promise<number> {
  const { client, deployment } = scene;
  const { authorized } = visits(scene);
  return killAtEachCommand(
    scene,
    async (node, attempt) => {
      const code = await authorized();
      const first = await attempt(() => client.redeem(node.url, code));
      if (first.status === 200) return;
      expect(first.status).toBe(0);
      const second = await client.redeem(deployment.url, code);
      if (second.status === 200) {
        expect((await client.refresh(deployment.url, tokensOf(code, second))).status).toBe(200);
      } else {
        expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
      }
    },
    stride,
  );
}

/** A node dies after each step of a refresh: the same token gives the one successor. */
export function dieInRefresh(scene: Scene, stride?: number): Promise<number> {
  const { client, deployment } = scene;
  const { signedIn } = visits(scene);
  return killAtEachCommand(
    scene,
    async (node, attempt) => {
      const tokens = await signedIn();
      const first = await attempt(() => client.refresh(node.url, tokens));
      if (first.status === 200) return;
      expect(first.status).toBe(0);
      const second = await client.refresh(deployment.url, tokens);
      expect(second.status).toBe(200);
      expect((await client.refresh(deployment.url, tokensOf(tokens.from, second))).status).toBe(200);
    },
    stride,
  );
}

/** A node dies in the course of the pages: what was half done is no consent, so the person is asked again. */
export function dieInPages(scene: Scene, stride?: number): Promise<number> {
  const { client, deployment } = scene;
  const { authorized } = visits(scene);
  return killAtEachCommand(
    scene,
    async (node, attempt) => {
      const first = await attempt(() => authorized(node.url).catch(() => undefined));
      const code = first ?? (await authorized());
      expect((await client.redeem(deployment.url, code)).status).toBe(200);
    },
    stride,
  );
}
