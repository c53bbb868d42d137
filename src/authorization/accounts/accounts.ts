import { availableParallelism } from 'node:os';
import type { Clock } from '../../core/clock.ts';
import { isScopeToken } from '../../core/scope.ts';
import { randomToken, sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { roster } from '../roster.ts';
import { type Account, InvalidAccount } from './account.ts';
import { hashQueue } from './hash-queue.ts';
import { decoyHash, hashPassword, matchesPassword, PASSWORD_BYTES, passwordFault } from './password.ts';
import { foldUsername, usernameFault } from './username.ts';

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

interface AccountRecord extends Account {
  readonly password: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
}

const recordKey = (subject: string): string => `account:${subject}`;
const nameKey = (username: string): string => `account-name:${sha256(foldUsername(username))}`;

/** Accounts over a store. A record counts only while its username points at it, so that no half-done step signs in. */
export function accounts({ store, clock }: AccountsParts): Accounts {
  const subjects = roster(store, 'account');
  const queue = hashQueue({ atOnce: Math.min(4, Math.max(1, availableParallelism() - 1)), waiting: 64 });
  const decoy = decoyHash();

  const load = async (subject: string): Promise<AccountRecord | undefined> => {
    const text = await store.get(recordKey(subject));
    if (text === undefined) return undefined;
    const record = JSON.parse(text) as AccountRecord;
    return (await store.get(nameKey(record.username))) === subject ? record : undefined;
  };
  const loadNamed = async (username: string): Promise<AccountRecord | undefined> => {
    const subject = await store.get(nameKey(username));
    return subject === undefined ? undefined : load(subject);
  };
  const save = (record: AccountRecord) => store.put(recordKey(record.subject), JSON.stringify(record), Infinity);
  const discard = async (subject: string) => {
    await store.delete(recordKey(subject));
    await subjects.remove(subject);
  };

  return {
    async add(account) {
      checkNewAccount(account);
      const { password: clear, scopes = 'all', ...rest } = account;
      const subject = `user_${randomToken(16)}`;
      const password = await queue(() => hashPassword(clear));
      const record = {
        ...rest,
        username: account.username.normalize('NFKC'),
        subject,
        scopes,
        password,
        createdAt: clock(),
      };
      await save(record);
      await subjects.add(subject);
      if (!(await store.putIfAbsent(nameKey(record.username), subject, Infinity))) {
        await discard(subject);
        throw new InvalidAccount(`There is an account named ${record.username} already.`);
      }
      return withoutPassword(record);
    },
    async list() {
      const records = await Promise.all((await subjects.list()).map(load));
      return records
        .filter((record) => record !== undefined)
        .map(withoutPassword)
        .sort((left, right) => left.username.localeCompare(right.username));
    },
    async remove(username) {
      const record = await loadNamed(username);
      if (record === undefined) return false;
      await store.delete(nameKey(username));
      await discard(record.subject);
      return true;
    },
    async verify(username, password) {
      if (passwordFault(password) !== undefined) return undefined;
      const record = await loadNamed(username);
      const matches = await queue(() => matchesPassword(password, record?.password ?? decoy));
      return matches && record !== undefined ? withoutPassword(record) : undefined;
    },
    async find(subject) {
      const record = await load(subject);
      return record && withoutPassword(record);
    },
    async named(username) {
      const record = await loadNamed(username);
      return record && withoutPassword(record);
    },
    async setPassword(username, password) {
      checkPassword(password);
      const hash = await queue(() => hashPassword(password));
      const record = await loadNamed(username);
      if (record === undefined) throw new InvalidAccount(`There is no account named ${username}.`);
      await save({ ...record, password: hash });
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
