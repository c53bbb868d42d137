import { availableParallelism } from 'node:os';
import type { Clock } from '../../core/clock.ts';
import { isScopeToken } from '../../core/scope.ts';
import { randomToken } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { type Account, InvalidAccount } from './account.ts';
import { type AccountRecord, accountRecords } from './account-records.ts';
import { hashQueue } from './hash-queue.ts';
import { decoyHash, hashPassword, matchesPassword, PASSWORD_BYTES, passwordFault } from './password.ts';
import { usernameFault } from './username.ts';

/** What an account is made from. `scopes` left out is `'all'`. */
export interface NewAccount {
  readonly username: string;
  readonly password: string;
  readonly name?: string;
  readonly email?: string;
  readonly scopes?: readonly string[] | 'all';
}

/** The accounts of this server. */
export interface Accounts {
  /** Rejects with InvalidAccount when a field is unfit or the username is taken. */
  add(account: NewAccount): Promise<Account>;
  /** Everybody, by username. */
  list(): Promise<readonly Account[]>;
  /** False when there is no such account. */
  remove(username: string): Promise<boolean>;
  /** The account, when the password is its own. Takes as long for an unknown username. Rejects with Unavailable under load. */
  verify(username: string, password: string): Promise<Account | undefined>;
  /** The account of a subject, as long as it exists. */
  find(subject: string): Promise<Account | undefined>;
  /** The account of a username, as long as it exists. */
  named(username: string): Promise<Account | undefined>;
  /** Rejects with InvalidAccount when there is no such account or the password is unfit. */
  setPassword(username: string, password: string): Promise<void>;
}

/** What accounts live on. */
export interface AccountsParts {
  readonly store: Store;
  readonly clock: Clock;
}

/** Accounts over a store, with a queue in front of the hashing. */
export function accounts({ store, clock }: AccountsParts): Accounts {
  const records = accountRecords(store);
  const queue = hashQueue({ atOnce: Math.min(4, Math.max(1, availableParallelism() - 1)), waiting: 64 });
  const decoy = decoyHash();

  return {
    async add(account) {
      checkNewAccount(account);
      const { password: clear, scopes = 'all', name, email } = account;
      const username = account.username.normalize('NFKC');
      const subject = `user_${randomToken(16)}`;
      const password = await queue(() => hashPassword(clear));
      const shown = { subject, username, ...(name && { name }), ...(email && { email }), scopes };
      const added = await records.add({ ...shown, password, createdAt: clock() });
      if (!added) throw new InvalidAccount(`There is an account named ${username} already.`);
      return shown;
    },
    async list() {
      const all = (await records.all()).map(withoutPassword);
      return all.sort((left, right) => left.username.localeCompare(right.username));
    },
    async remove(username) {
      const record = await records.byUsername(username);
      if (record !== undefined) await records.remove(record);
      return record !== undefined;
    },
    async verify(username, password) {
      if (passwordFault(password) !== undefined) return undefined;
      const record = await records.byUsername(username);
      const matches = await queue(() => matchesPassword(password, record?.password ?? decoy));
      return matches ? record && withoutPassword(record) : undefined;
    },
    async find(subject) {
      const record = await records.bySubject(subject);
      return record && withoutPassword(record);
    },
    async named(username) {
      const record = await records.byUsername(username);
      return record && withoutPassword(record);
    },
    async setPassword(username, clear) {
      checkPassword(clear);
      const password = await queue(() => hashPassword(clear));
      const record = await records.byUsername(username);
      if (record === undefined) throw new InvalidAccount(`There is no account named ${username}.`);
      await records.update({ ...record, password });
    },
  };
}

function checkNewAccount({ username, password, name, email, scopes }: NewAccount): void {
  const fault = usernameFault(username);
  if (fault !== undefined) throw new InvalidAccount(fault);
  checkPassword(password);
  for (const [field, text] of Object.entries({ name, email })) {
    if (text !== undefined && !/^[^\p{C}]{1,200}$/u.test(text)) {
      throw new InvalidAccount(`The ${field} must have 1 to 200 visible characters.`);
    }
  }
  const wrong = scopes === undefined || scopes === 'all' ? undefined : scopes.find((scope) => !isScopeToken(scope));
  if (wrong !== undefined) throw new InvalidAccount(`The scope ${JSON.stringify(wrong)} is not a scope name.`);
}

function checkPassword(password: string): void {
  const fault = passwordFault(password);
  if (fault === 'not_text') throw new InvalidAccount('The password holds a character that cannot be typed.');
  if (fault === undefined) return;
  throw new InvalidAccount(`The password must have ${PASSWORD_BYTES.min} to ${PASSWORD_BYTES.max} bytes.`);
}

function withoutPassword({ subject, username, name, email, scopes }: AccountRecord): Account {
  return { subject, username, ...(name !== undefined && { name }), ...(email !== undefined && { email }), scopes };
}
