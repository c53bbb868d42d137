import { setTimeout as pause } from 'node:timers/promises';
import { createCookieJar } from '../support/cookie-jar.ts';
import type { PlainAnswer } from '../support/plain-http.ts';
import type { Attacker } from './attacker.ts';
import { assertedToken, type Client, clientOf, machineToken, type Tokens, tokensOf } from './client.ts';
import { GRACE } from './deployment.ts';
import type { Journal } from './journal.ts';
import type { Person, Population } from './people.ts';
import { senderOf } from './sender.ts';

/** How one errand of the load ended, after one retry where a retry changes nothing. */
export interface Errand {
  readonly began: number;
  readonly ended: number;
  readonly what: string;
  readonly well: boolean;
}

/** People and machines who go on and on. */
export interface Load {
  readonly errands: readonly Errand[];
  /** Sign-ins that came to their end. */
  readonly rounds: number;
  stop(): Promise<void>;
}

/** What the load is made of. `rest`: milliseconds between two errands of one person. */
export interface LoadParts {
  readonly url: string;
  readonly journal: Journal;
  readonly population: Population;
  readonly attacker: Attacker;
  readonly rest: number;
}

const CALLS = 3;
const REFRESHES = 3;

/** An errand that failed ends the sign-in it belongs to: the person begins anew. */
class Failed extends Error {}

/** Starts one loop a person, and two machines. */
export function startLoad(parts: LoadParts): Load {
  const errands: Errand[] = [];
  let rounds = 0;
  let stopped = false;
  const note = async (what: string, work: () => Promise<boolean>): Promise<void> => {
    if (stopped) throw new Failed();
    const began = performance.now();
    const well = await work();
    errands.push({ began, ended: performance.now(), what, well });
    if (!well) throw new Failed();
    await pause(parts.rest);
  };
  const forever = async (round: () => Promise<void>): Promise<void> => {
    while (!stopped) {
      try {
        await round();
        rounds += 1;
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        await pause(parts.rest);
      }
    }
  };
  const loops = [
    ...parts.population.people.map((person) => forever(personal(parts, person, note))),
    forever(mechanical(parts, note)),
  ];
  return {
    errands,
    get rounds() {
      return rounds;
    },
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

type Note = (what: string, work: () => Promise<boolean>) => Promise<void>;

/** Nobody can tell from it whether it was done. */
const isUnsure = ({ status }: PlainAnswer): boolean => status === 0 || status >= 500;

async function retried(send: () => Promise<PlainAnswer>, within = 10_000): Promise<PlainAnswer> {
  const began = performance.now();
  const answer = await send();
  return isUnsure(answer) && performance.now() - began < within ? send() : answer;
}

/** One person: sign in, redeem, call, refresh three times with calls between, and end it, now and then in an attacker's way. */
function personal({ url, journal, attacker }: LoadParts, person: Person, note: Note): () => Promise<void> {
  const client = clientOf(journal, senderOf(journal, person.username), url, person, createCookieJar());
  let clientId: string | undefined;
  let turn = Number(person.username.slice(-1));
  const call = (tokens: Tokens) =>
    note('call', async () => (await retried(() => client.call(url, tokens.access))).status === 200);
  return async () => {
    if (clientId === undefined) {
      await note('register', async () => {
        clientId = await registered(client, url);
        return clientId !== undefined;
      });
    }
    const tokens = await signedIn(client, url, clientId ?? '', note, () => {
      clientId = undefined;
    });
    let newest = tokens;
    for (let count = 0; count < CALLS; count += 1) await call(newest);
    for (let count = 0; count < REFRESHES; count += 1) {
      newest = await refreshed(client, url, newest, note);
      await call(newest);
    }
    turn += 1;
    // Some sign-ins are left to the attacker as they are, some are ended first.
    if (turn % 3 === 0) return attacker.give({ kind: 'spent', client, first: tokens, newest });
    const which = turn % 2 === 0 ? 'access' : 'refresh';
    await note('revoke', async () => (await retried(() => client.revoke(url, newest, which))).status === 200);
    attacker.give({ kind: 'revoked', client, newest, which });
  };
}

async function registered(client: Client, url: string): Promise<string | undefined> {
  for (const _ of [1, 2]) {
    const id = await client.register(url).catch(() => undefined);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** A whole sign-in may be begun anew; a code is sent again only where it was told that nothing could be done. */
async function signedIn(
  client: Client,
  url: string,
  clientId: string,
  note: Note,
  forget: () => void,
): Promise<Tokens> {
  let tokens: Tokens | undefined;
  await note('sign in', async () => {
    for (const _ of [1, 2]) {
      const code = await client.authorize(url, clientId).catch(() => undefined);
      if (code === undefined) continue;
      const answer = await client.redeem(url, code);
      const last = answer.status === 503 ? await client.redeem(url, code) : answer;
      if (last.status === 200) {
        tokens = tokensOf(code, last);
        return true;
      }
      if (last.body.error === 'invalid_client') forget();
    }
    forget();
    return false;
  });
  if (tokens === undefined) throw new Failed();
  return tokens;
}

async function refreshed(client: Client, url: string, tokens: Tokens, note: Note): Promise<Tokens> {
  let next = tokens;
  await note('refresh', async () => {
    const answer = await retried(() => client.refresh(url, tokens), (GRACE - 1) * 1000);
    if (answer.status === 200) next = tokensOf(tokens.from, answer);
    return answer.status === 200;
  });
  return next;
}

/** Two machines in one: a secret, and an assertion whose replay is the attacker's. */
function mechanical({ url, journal, population, attacker }: LoadParts, note: Note): () => Promise<void> {
  const sender = senderOf(journal, 'machines');
  const { secretMachine, keyMachine } = population;
  journal.keepSecret(secretMachine.secret);
  return async () => {
    const get = () => machineToken(sender, url, url, secretMachine);
    await note('machine', async () => (await retried(get)).status === 200);
    await note('assertion', async () => {
      for (const _ of [1, 2]) {
        const { assertion, answer } = await assertedToken(sender, url, url, keyMachine);
        journal.keepSecret(assertion);
        if (answer.status !== 200) continue;
        attacker.give({ kind: 'assertion', assertion });
        return true;
      }
      return false;
    });
  };
}
