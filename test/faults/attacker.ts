import { setTimeout as pause } from 'node:timers/promises';
import { assertedToken, type Client, clientOf, type Tokens, tokensOf } from './client.ts';
import { GRACE, SKEW } from './deployment.ts';
import { factsOf, type Journal } from './journal.ts';
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

/** What it is made of. `accomplice`: whose codes and refresh tokens are sent several times at once. `rest`: milliseconds between two attempts. */
export interface AttackerParts {
  readonly url: string;
  readonly journal: Journal;
  readonly population: Population;
  readonly accomplice: Person;
  readonly rest: number;
}

interface Attempt {
  /** By the clock that only runs forward, in milliseconds. */
  readonly due: number;
  readonly send: () => Promise<void>;
}

/** Milliseconds by which a revocation holds on every node. */
export const REVOKED_WITHIN = 1000;
/** Its first answer is kept a little longer than it is given again: from here on a refresh token is a replay on every clock. */
const REPLAYED_AFTER = (GRACE + 6) * 1000;
/** What waits is tried in the order in which it is due; of more than this the newest is left. */
const MOST_WAITING = 400;

/** How many send the same at once, and how often. */
const RACERS = 5;
const RACE_EVERY = 700;

/**
 * One code, sent by many at once, and one refresh token: at most one family, one successor. Whose code was sent twice has
 * lost all that came of it. Each turn resolves with how many requests were too many.
 */
function racing(parts: AttackerParts, ended: (tokens: Tokens) => void): () => Promise<number> {
  const { url, journal, accomplice } = parts;
  const client = clientOf(journal, senderOf(journal, 'accomplice', 'race'), url, accomplice);
  const together = <T>(send: () => Promise<T>) => Promise.all(Array.from({ length: RACERS }, send));
  let clientId: string | undefined;
  return async () => {
    try {
      clientId ??= await client.register(url);
      const [code, other] = [await client.authorize(url, clientId), await client.authorize(url, clientId)];
      const answers = await together(() => client.redeem(url, code));
      const won = answers.find(({ status }) => status === 200);
      const refusals = answers.filter(({ status }) => status === 400);
      if (won !== undefined && refusals.length > 0) ended(tokensOf(code, won));
      const tokens = tokensOf(other, await client.redeem(url, other));
      await together(() => client.refresh(url, tokens));
    } catch {
      // Without pages, or without a code, there is nothing to race for: the next turn begins anew.
      clientId = undefined;
    }
    return 2 * (RACERS - 1);
  };
}

/** Starts one. */
export function startAttacker(parts: AttackerParts): Attacker {
  const { url, journal, population, rest } = parts;
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
  const untilOver = ({ access }: Tokens) => Math.max(0, (factsOf(access).expires + SKEW + 1) * 1000 - Date.now());

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
          REPLAYED_AFTER,
          endedBy(() => mallory.refresh(url, first), newest),
        );
      plan(untilOver(newest), call(newest));
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
  const races = async () => {
    const race = racing(parts, (ended) => {
      plan(REVOKED_WITHIN + 50, call(ended));
    });
    while (!stopped) {
      attempts += await race();
      await pause(RACE_EVERY);
    }
  };
  const running = Promise.all([run(), run(), races()]);
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
