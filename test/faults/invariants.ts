import { ACCESS_LIFETIME, SKEW } from './deployment.ts';
import type { Entry, Journal } from './journal.ts';

/** What a fault left behind, as far as the invariants need it. Milliseconds of the clock that only runs forward. */
export interface Aftermath {
  /** When the fault was over. */
  readonly healed: number;
  /** How each errand of the load ended. */
  readonly errands: readonly { readonly began: number; readonly what: string; readonly well: boolean }[];
  /** All that nodes wrote, what they keep, and how they are. */
  readonly written: string;
  readonly kept: string;
  readonly nodes: readonly NodeHealth[];
  readonly endless: { readonly before: number; readonly after: number };
}

/** How one node is, beside how it was before the fault. */
export interface NodeHealth {
  readonly crashes: number;
  readonly megabytes: { readonly before: number; readonly after: number };
  readonly descriptors: { readonly before: number; readonly after: number };
}

type Recorded = Pick<Journal, 'entries' | 'outages' | 'secrets' | 'refusals'>;

/** One promise: what was broken, in words that hold no secret. */
export type Invariant = (journal: Recorded, aftermath: Aftermath) => readonly string[];

/** Milliseconds. */
const LIMITS = { revoked: 1000, recovery: 10_000, cached: 1000 };
const accepted = ({ status }: Entry): boolean => status >= 200 && status < 300;

function groups<T>(items: readonly T[], keyOf: (item: T) => string | undefined): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = found.get(key);
    if (group === undefined) found.set(key, [item]);
    else group.push(item);
  }
  return found;
}

/** Groups in which more than one thing differs that may be there once. */
function doubled(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string | undefined,
  outcomeOf: (entry: Entry) => string | undefined,
): readonly string[] {
  return [...groups(entries.filter(accepted), keyOf)].flatMap(([key, group]) => {
    const outcomes = new Set(group.map(outcomeOf));
    return outcomes.size > 1 ? [`${key} gave ${outcomes.size}`] : [];
  });
}

const oneFamilyPerCode: Invariant = ({ entries }) =>
  doubled(
    entries,
    ({ code }) => code,
    ({ granted }) => granted?.token,
  );

/** A refresh token has one successor, and nothing that was replaced, replayed or ended is taken again. */
const oneLiveRefreshToken: Invariant = ({ entries }) => [
  ...doubled(
    entries.filter(({ step }) => step === 'refresh'),
    ({ presented }) => presented,
    ({ successor }) => successor,
  ),
  ...entries
    .filter(({ kind, step }) => kind === 'attack' && step !== 'call')
    .filter(accepted)
    .map(({ step, code, presented }) => `an attacker's ${step} with ${code ?? presented} was accepted`),
];

const nothingAfterItsEnd: Invariant = ({ entries }) => {
  const ended = new Map<string, number>();
  for (const { step, ends, status, ended: at } of entries) {
    if (step === 'revoke' && status === 200 && ends !== undefined) ended.set(ends, Math.min(at, ended.get(ends) ?? at));
  }
  return entries.filter(accepted).flatMap((entry) => {
    const { step, presented = '', family = '', began, wall, expires = Number.POSITIVE_INFINITY, kind } = entry;
    if (step === 'revoke' || step === 'page') return [];
    const at = Math.min(ended.get(presented) ?? Infinity, ended.get(family) ?? Infinity);
    if (began > at + LIMITS.revoked)
      return [`${step} with ${presented} was accepted ${Math.round(began - at)} ms after its end`];
    if (wall > expires + SKEW) return [`${step} with ${presented} was accepted after it had expired`];
    return kind === 'attack' && step === 'call' ? [`an attacker's call with ${presented} was accepted`] : [];
  });
};

const scopeAndAudience: Invariant = ({ entries }) =>
  entries.flatMap(({ granted, consented = [], resource, wall }) => {
    if (granted === undefined) return [];
    const extra = granted.scopes.filter((scope) => !consented.includes(scope));
    const faults = extra.map((scope) => `${granted.token} holds ${scope}, to which nobody consented`);
    if (granted.audience !== resource) faults.push(`${granted.token} is for ${granted.audience}, not ${resource}`);
    if (!(granted.expires - wall <= ACCESS_LIFETIME + 600)) faults.push(`${granted.token} has no end in sight`);
    return faults;
  });

/** Without the store every honest request is answered 503 or not at all; calls may live a moment on what was read before. */
const unavailableIsSaid: Invariant = ({ entries, outages }) =>
  entries.flatMap(({ kind, step, began, ended, status }) => {
    const inside = outages.some(({ from, to }) => began > from + LIMITS.cached && ended < to);
    if (!inside || status === 0 || status === 503) return [];
    if (kind !== 'load' && status >= 400) return [];
    return [`${step} was answered ${status} without the store`];
  });

const nobodyElsesData: Invariant = ({ entries }) =>
  entries.flatMap(({ step, told, granted, principal }) => {
    if (principal === undefined) return [];
    if (told !== undefined && told !== principal) return [`${step} of ${principal} was told of ${told}`];
    const given = granted?.subject;
    return given !== undefined && given !== principal ? [`${step} of ${principal} got a token of ${given}`] : [];
  });

/** As much of a secret as nobody writes by chance: the end of what is signed, for its beginning is the same for all. */
const WINDOW = 16;
const telling = (secret: string): string =>
  secret.startsWith('eyJ') ? secret.slice(-WINDOW) : secret.slice(0, WINDOW);

const noSecretTold: Invariant = ({ secrets, refusals }, { written, kept }) => {
  const parts = new Set([...secrets].map(telling));
  const places = { 'the logs': written, 'the store': kept, 'a refusal': refusals.join('\n') };
  return Object.entries(places).flatMap(([place, text]) => {
    for (let at = 0; at + WINDOW <= text.length; at += 1) {
      if (parts.has(text.slice(at, at + WINDOW))) return [`a secret stands in ${place}`];
    }
    return [];
  });
};

const soonWell: Invariant = (_, { healed, errands }) => {
  const late = errands.filter(({ began, well }) => !well && began > healed + LIMITS.recovery);
  const faults = late.map(({ what, began }) => `${what} failed ${Math.round(began - healed)} ms after the fault`);
  const lastFailure = errands.findLast(({ began, well }) => !well && began > healed)?.began ?? healed;
  if (!errands.some(({ began, well }) => well && began >= lastFailure))
    faults.push('nothing has worked since the fault');
  return faults;
};

/** A node that has just started weighs about half of what it does after a while under load. */
const USUAL = { megabytes: 250, descriptors: 100 };
const GROWTH = { megabytes: 150, descriptors: 100 };

const nothingLeftOver: Invariant = (_, { written, nodes, endless }) => [
  ...nodes.flatMap(({ crashes, megabytes, descriptors }) => [
    ...(crashes > 0 ? [`a node ended by itself ${crashes} times`] : []),
    ...(megabytes.after > Math.max(megabytes.before, USUAL.megabytes) + GROWTH.megabytes
      ? [`a node grew to ${megabytes.after} MB`]
      : []),
    ...(descriptors.after > Math.max(descriptors.before, USUAL.descriptors) + GROWTH.descriptors
      ? [`a node keeps ${descriptors.after} descriptors open`]
      : []),
  ]),
  ...(/unhandled|uncaught/i.test(written) ? ['a node wrote of an unhandled fault'] : []),
  ...(endless.after > endless.before ? [`${endless.after - endless.before} more records than before never end`] : []),
];

/** The nine promises that hold after every fault. */
export const invariants: Readonly<Record<string, Invariant>> = {
  I1: oneFamilyPerCode,
  I2: oneLiveRefreshToken,
  I3: nothingAfterItsEnd,
  I4: scopeAndAudience,
  I5: unavailableIsSaid,
  I6: nobodyElsesData,
  I7: noSecretTold,
  I8: soonWell,
  I9: nothingLeftOver,
};

/** All that was broken, each with the promise in front. */
export const violations = (journal: Recorded, aftermath: Aftermath): readonly string[] =>
  Object.entries(invariants).flatMap(([name, check]) => check(journal, aftermath).map((words) => `${name} ${words}`));
