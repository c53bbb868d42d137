import type { Clock } from '../../core/clock.ts';
import { randomToken } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { type Epochs, type Stamped, stampOf } from '../epochs.ts';
import { usedName } from '../record-name.ts';

/** The two credentials of the token endpoint that are good once. */
export type SingleUseModel = 'AuthorizationCode' | 'RefreshToken';

/** A token answer, as it was or will be sent. */
export type TokenAnswer = Readonly<Record<string, unknown>>;

/** Thrown instead of issuing a second time: the answer that this refresh token was given first. */
export class AnsweredBefore extends Error {
  readonly answer: TokenAnswer;

  constructor(answer: TokenAnswer) {
    super('This refresh token was answered before.');
    this.name = 'AnsweredBefore';
    this.answer = answer;
  }
}

/** `first`: this use counts. `later`: another one did. `unsure`: the server may have lost that another one did. */
export type Outcome = 'first' | 'later' | 'unsure';

/**
 * Which use of a code or refresh token counts. Decided by one atomic write that comes last, so that a refusal spends nothing.
 * Codes and sign-ins carry the epoch of the store in which they were written, and are good in that one only: in a later one
 * the mark that they were used may be lost. Refresh tokens go on, for a restart must not sign everybody out.
 */
export interface SingleUse {
  /** The epoch of the store at present. */
  epoch(): Promise<string>;
  /** What a record written now says of its epoch. */
  stamp(): Promise<Stamped>;
  /** Whether a record was written in an earlier epoch. One without a stamp was not, as far as it tells. */
  isOutlived(record: Stamped): Promise<boolean>;
  /** When it was used, in seconds since 1970. Undefined also while its first answer is still given again. */
  usedAt(model: SingleUseModel, id: string): Promise<number | undefined>;
  /** The answer that a refresh token was given first, while it is given again. */
  answerBefore(id: string): Promise<TokenAnswer | undefined>;
  /** Spends it for this answer. `ttl` in seconds; `epoch` as it was before anything of it was read. */
  spend(model: SingleUseModel, id: string, answer: TokenAnswer, ttl: number, epoch: string): Promise<Outcome>;
}

/** What single use lives on. `grace` is for refresh tokens, in seconds. */
export interface SingleUseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly grace: number;
  readonly epochs: Pick<Epochs, 'current'>;
}

interface Use {
  readonly at: number;
  /** Where the answer lies for as long as it is given again. */
  readonly answer?: string;
}

/** The model as a single-use one. */
export const singleUseModel = (model: string): SingleUseModel | undefined =>
  model === 'AuthorizationCode' || model === 'RefreshToken' ? model : undefined;

/** Single use over a store. */
export function singleUse({ store, clock, grace, epochs }: SingleUseParts): SingleUse {
  const useOf = async (model: SingleUseModel, id: string): Promise<Use | undefined> => {
    const text = await store.get(usedName(model, id));
    return text === undefined ? undefined : (JSON.parse(text) as Use);
  };
  const isRepeatable = (use: Use): boolean => use.answer !== undefined && clock() - use.at <= grace;
  const answerOf = async ({ answer, at }: Use): Promise<TokenAnswer | undefined> => {
    const text = answer === undefined ? undefined : await store.get(answer);
    return text === undefined ? undefined : aged(JSON.parse(text) as TokenAnswer, clock() - at);
  };
  return {
    epoch: epochs.current,
    stamp: async () => stampOf(await epochs.current()),
    isOutlived: async ({ epoch }) => epoch !== undefined && epoch !== (await epochs.current()),
    async usedAt(model, id) {
      const use = await useOf(model, id);
      return use === undefined || isRepeatable(use) ? undefined : use.at;
    },
    async answerBefore(id) {
      const use = await useOf('RefreshToken', id);
      return use !== undefined && isRepeatable(use) ? answerOf(use) : undefined;
    },
    async spend(model, id, answer, ttl, epoch) {
      const kept = model === 'RefreshToken' && grace > 0 ? `refresh_answer:${randomToken(16)}` : undefined;
      if (kept !== undefined) await store.put(kept, JSON.stringify(answer), grace + 5);
      const use: Use = { at: clock(), ...(kept !== undefined && { answer: kept }) };
      const won = await store.putIfAbsent(usedName(model, id), JSON.stringify(use), ttl);
      if (!won && kept !== undefined) await store.delete(kept);
      if (!won) return 'later';
      return model === 'RefreshToken' || epoch === (await epochs.current()) ? 'first' : 'unsure';
    },
  };
}

/** The access token in the answer has been running since. */
function aged(answer: TokenAnswer, seconds: number): TokenAnswer {
  const { expires_in: lifetime } = answer;
  return typeof lifetime === 'number' ? { ...answer, expires_in: Math.max(0, lifetime - seconds) } : answer;
}
