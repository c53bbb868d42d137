import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Dice, dice } from '../security/fuzz/mutate.ts';
import { until } from '../support/until.ts';
import { type Attacker, startAttacker } from './attacker.ts';
import { type Client, clientOf } from './client.ts';
import type { Database } from './database.ts';
import { type Deployment, deploy, type Node } from './deployment.ts';
import { type Aftermath, violations } from './invariants.ts';
import { createJournal, type Journal } from './journal.ts';
import { type Load, startLoad } from './load.ts';
import { type Population, populate } from './people.ts';
import { keepJournal, report } from './report.ts';
import { senderOf } from './sender.ts';

/** What a fault works with. */
export interface Scene {
  readonly deployment: Deployment;
  readonly journal: Journal;
  readonly population: Population;
  readonly roll: Dice;
  /** A client of one person of its own, who is not among the load. */
  readonly client: Client;
  /** All is well again from here on; without it, when the fault returns. */
  heal(): void;
  /** Sends load and attacker away, whose accounts are about to be lost with all that was used and ended. */
  leave(): Promise<void>;
  /** Adds accounts and machines to the store again, and lets a new load begin. */
  startOver(): Promise<void>;
}

/** Injects a fault, and says how often. */
export type Injection = (scene: Scene) => Promise<number>;

/** Faults over one deployment, with load and attacker from the first to the last. */
export interface Campaign {
  /** A test that injects a fault and then holds the journal to every invariant. */
  fault(title: string, inject: Injection, options?: FaultOptions): void;
}

/** What differs from one fault to the other. */
export interface FaultOptions {
  /** The least part of the load that goes well, in percent, from the first injection on (default 99). */
  readonly least?: number;
  /** How long it may take. */
  readonly seconds?: number;
  /** How many records that never end it adds (default 0). */
  readonly growth?: number;
}

/** How many people sign in all the time, and how long each rests between two errands, in milliseconds. */
const PEOPLE = 10;
const REST = 40;

/** Sets the deployment of one test file up and down. */
export function campaign(open: () => Promise<Database>, settings?: Readonly<Record<string, string>>): Campaign {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(await open(), settings);
  }, 120_000);
  afterAll(() => stage.close(), 60_000);
  return {
    fault: (title, injectFault, { least = 99, seconds = 60, growth = 0 } = {}) =>
      it(
        title,
        async () => {
          const outcome = await stage.run(title, injectFault, { least, growth });
          expect(outcome.broken).toEqual([]);
          expect(outcome.success).toBeGreaterThanOrEqual(least);
        },
        seconds * 1000,
      ),
  };
}

interface Stage {
  run(
    title: string,
    injectFault: Injection,
    options: Required<Pick<FaultOptions, 'least' | 'growth'>>,
  ): Promise<{ readonly broken: readonly string[]; readonly success: number }>;
  close(): Promise<void>;
}

async function openStage(database: Database, settings?: Readonly<Record<string, string>>): Promise<Stage> {
  const deployment = await deploy(database, settings);
  const { url } = deployment;
  const journal = createJournal();
  const roll = dice(inject('faultSeed'));
  const seen = new Set<string>();
  let crowd = await gather(deployment, journal);
  const leave = () => crowd.leave();
  const startOver = async () => {
    crowd = await gather(deployment, journal);
  };
  await until(
    async () => crowd.load.rounds,
    ({ value = 0 }) => value > PEOPLE,
    60,
  );

  const aftermath = async (before: Weights, healed: number, from: number): Promise<Aftermath> => {
    const after = await weigh(deployment);
    return {
      healed,
      errands: crowd.load.errands.filter(({ began }) => began >= from),
      written: deployment.all.map((node) => node.output()).join('\n'),
      kept: await database.dump(),
      nodes: deployment.nodes.map((node, index) => ({
        crashes: node.crashes,
        megabytes: { before: before.nodes[index]?.megabytes ?? 0, after: after.nodes[index]?.megabytes ?? 0 },
        descriptors: { before: before.nodes[index]?.descriptors ?? 0, after: after.nodes[index]?.descriptors ?? 0 },
      })),
      endless: { before: before.endless, after: after.endless },
    };
  };

  return {
    async run(title, injectFault, { least, growth }) {
      const weight = await weigh(deployment);
      const before = { ...weight, endless: weight.endless + growth };
      const [entries, attempts] = [journal.entries.length, crowd.attacker.attempts];
      const from = performance.now();
      const client = clientOf(journal, senderOf(journal, 'visitor'), url, crowd.visitor);
      let healed = 0;
      const heal = () => {
        healed = performance.now();
      };
      const scene: Scene = {
        deployment,
        journal,
        roll,
        client,
        heal,
        leave,
        startOver,
        ...{ population: crowd.population },
      };
      const injected = await injectFault({ ...scene });
      if (healed === 0) heal();
      await settle(crowd.load, healed);
      const found = violations(journal, await aftermath(before, healed, from));
      const broken = found.filter((words) => !seen.has(words));
      for (const words of broken) seen.add(words);
      const outcome = outcomeOf(crowd.load, from, healed);
      await report({
        fault: title,
        over: database.kind,
        injected,
        requests: journal.entries.length - entries,
        attacks: Math.max(0, crowd.attacker.attempts - attempts),
        violations: broken.length,
        ...outcome,
      });
      if (broken.length > 0 || outcome.success < least) await keepJournal(title, journal.entries.slice(entries));
      return { broken, ...outcome };
    },
    async close() {
      await crowd.leave();
      await deployment.close();
    },
  };
}

interface Crowd {
  readonly population: Population;
  readonly visitor: Population['people'][number];
  readonly load: Load;
  readonly attacker: Attacker;
  leave(): Promise<void>;
}

async function gather(deployment: Deployment, journal: Journal): Promise<Crowd> {
  const { url } = deployment;
  const everybody = await populate(deployment, PEOPLE + 2);
  const [visitor, accomplice, ...people] = everybody.people;
  if (visitor === undefined || accomplice === undefined) throw new Error('There is nobody.');
  const population = { ...everybody, people };
  const attacker = startAttacker({ url, journal, population, accomplice, rest: REST });
  const load = startLoad({ url, journal, population, attacker, rest: REST });
  const leave = async () => {
    await load.stop();
    await attacker.stop();
  };
  return { population, visitor, load, attacker, leave };
}

type Weights = Awaited<ReturnType<typeof weigh>>;

async function weigh({ nodes, database }: Deployment) {
  const weights = nodes.map((node: Node) => (node.alive ? node.weight() : { megabytes: 0, descriptors: 0 }));
  return { nodes: weights, endless: await database.endless() };
}

/** How long, and for how many calls, all has to go well before the load counts as recovered; the longest wait for it. */
const CALM = { milliseconds: 1500, calls: 2 * PEOPLE };
const LONGEST = 13_000;

async function settle(load: Load, healed: number): Promise<void> {
  for (;;) {
    const now = performance.now();
    const since = Math.max(load.errands.findLast(({ well }) => !well)?.ended ?? 0, healed);
    const calls = load.errands.filter(({ began, what }) => began > since && what === 'call').length;
    if (now - since > CALM.milliseconds && calls >= CALM.calls) return;
    if (now - healed > LONGEST) return;
    await pause(50);
  }
}

function outcomeOf({ errands }: Load, from: number, healed: number) {
  const during = errands.filter(({ began }) => began >= from);
  const well = during.filter((errand) => errand.well).length;
  const lastFailure = during.findLast((errand) => !errand.well && errand.began > healed)?.began ?? healed;
  return { success: (100 * well) / Math.max(1, during.length), recovery: Math.round(lastFailure - healed) };
}
