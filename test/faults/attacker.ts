import { setTimeout as pause } from 'node:timers/promises';
import { assertedToken, type Client, clientOf, type Tokens } from './client.ts';
import { ACCESS_LIFETIME, GRACE, SKEW } from './deployment.ts';
import type { Journal } from './journal.ts';
import type { Person, Population } from './people.ts';
import { senderOf } from './sender.ts';

/** What an attacker may get hold of: all of it has been used, ended or is for another place. */
export type Loot =
  | { readonly kind: 'revoked'; readonly client: Client; readonly newest: Tokens; readonly which: 'access' | 'refresh' }
  | { readonly kind: 'spent'; readonly client: Client; readonly first: Tokens; readonly newest: Tokens }
  | { readonly kind: 'assertion'; readonly assertion: string };

/** Somebody who tries everything again. Whatever of it is accepted stands in the journal. */
export interface Attacker {
  give(loot: Loot): void;
  readonly attempts: number;
  stop(): Promise<void>;
}

/** What it is made of. `rest`: milliseconds between two attempts. */
export interface AttackerParts {
  readonly url: string;
  readonly journal: Journal;
  readonly population: Population;
  readonly rest: number;
}

interface Attempt {
  /** By the clock that only runs forward, in milliseconds. */
  readonly due: number;
  readonly send: () => Promise<void>;
}

/** Milliseconds by which a revocation holds on every node. */
export const REVOKED_WITHIN = 1000;
/** What waits is tried in the order in which it is due; of more than this the newest is left. */
const MOST_WAITING = 400;

/** Starts one. */
export function startAttacker({ url, journal, population, rest }: AttackerParts): Attacker {
  const sender = senderOf(journal, 'attacker', 'attack');
  // Revocations and spending are the load's; what the attacker sends is written down as an attack.
  const [somebody] = population.people;
  const mallory = clientOf(journal, sender, url, somebody as Person);
  const waiting: Attempt[] = [];
  let attempts = 0;
  let stopped = false;
  const plan = (delay: number, send: () => Promise<void>) => {
    if (waiting.length >= MOST_WAITING) return;
    waiting.push({ due: performance.now() + delay, send });
  };
  const call = (tokens: Tokens, mount?: string) => async () => void (await mallory.call(url, tokens.access, mount));
  const refresh = (tokens: Tokens) => async () => void (await mallory.refresh(url, tokens));
  const afterAccess = (ACCESS_LIFETIME + SKEW + 1) * 1000;

  /** Every use of what ends a family is followed by what must have ended with it. */
  const endedBy = (send: () => Promise<{ readonly status: number }>, newest: Tokens) => async () => {
    if ((await send()).status !== 400) return;
    plan(0, refresh(newest));
    plan(REVOKED_WITHIN + 50, call(newest));
  };
  const takers = {
    revoked({ newest, which }: Extract<Loot, { kind: 'revoked' }>) {
      if (which === 'refresh') plan(0, refresh(newest));
      plan(REVOKED_WITHIN + 50, call(newest));
      plan(3 * REVOKED_WITHIN, call(newest));
    },
    spent({ first, newest }: Extract<Loot, { kind: 'spent' }>) {
      plan(0, call(newest, 'echo'));
      // One family is ended by its code, the next by its first refresh token, the third is left to expire.
      const way = attempts % 3;
      if (way === 0)
        plan(
          100,
          endedBy(() => mallory.redeem(url, first.from), newest),
        );
      if (way === 1)
        plan(
          (GRACE + 1) * 1000,
          endedBy(() => mallory.refresh(url, first), newest),
        );
      plan(afterAccess, call(newest));
    },
    assertion({ assertion }: Extract<Loot, { kind: 'assertion' }>) {
      plan(0, async () => void (await assertedToken(sender, url, url, population.keyMachine, assertion)));
    },
  };
  const run = async () => {
    while (!stopped) {
      const now = performance.now();
      const at = waiting.findIndex(({ due }) => due <= now);
      const [attempt] = at < 0 ? [] : waiting.splice(at, 1);
      if (attempt !== undefined) {
        attempts += 1;
        await attempt.send();
      }
      await pause(rest);
    }
  };
  const running = Promise.all([run(), run()]);
  return {
    give: (loot) => takers[loot.kind](loot as never),
    get attempts() {
      return attempts;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
