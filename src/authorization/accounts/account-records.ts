import { sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { roster } from '../roster.ts';
import type { Account } from './account.ts';
import { foldUsername } from './username.ts';

/** An account as it is kept. */
export interface AccountRecord extends Account {
  /** The hash with its parameters. */
  readonly password: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
}

/** Account records by subject and by username. A record counts only while its username points at it. */
export interface AccountRecords {
  /** False, and nothing kept, when the username is taken. */
  add(record: AccountRecord): Promise<boolean>;
  update(record: AccountRecord): Promise<void>;
  remove(record: AccountRecord): Promise<void>;
  bySubject(subject: string): Promise<AccountRecord | undefined>;
  /** Asks the store as often for a username that nobody has. */
  byUsername(username: string): Promise<AccountRecord | undefined>;
  all(): Promise<readonly AccountRecord[]>;
}

const recordKey = (subject: string): string => `account:${subject}`;
const nameKey = (username: string): string => `account_name:${sha256(foldUsername(username))}`;

/** Account records over a store. Cut short anywhere, an addition or a removal leaves an account that cannot sign in. */
export function accountRecords(store: Store): AccountRecords {
  const subjects = roster(store, 'account');
  const read = async (subject: string): Promise<AccountRecord | undefined> => {
    const text = await store.get(recordKey(subject));
    return text === undefined ? undefined : (JSON.parse(text) as AccountRecord);
  };
  const update = (record: AccountRecord) => store.put(recordKey(record.subject), JSON.stringify(record), Infinity);
  const bySubject = async (subject: string): Promise<AccountRecord | undefined> => {
    const record = await read(subject);
    return record !== undefined && (await store.get(nameKey(record.username))) === subject ? record : undefined;
  };
  const discard = async ({ subject }: AccountRecord) => {
    await store.delete(recordKey(subject));
    await subjects.remove(subject);
  };
  return {
    async add(record) {
      await update(record);
      await subjects.add(record.subject);
      if (await store.putIfAbsent(nameKey(record.username), record.subject, Infinity)) return true;
      await discard(record);
      return false;
    },
    update,
    async remove(record) {
      await store.delete(nameKey(record.username));
      await discard(record);
    },
    bySubject,
    byUsername: async (username) => read((await store.get(nameKey(username))) ?? 'nobody'),
    async all() {
      const records = await Promise.all((await subjects.list()).map(bySubject));
      return records.filter((record) => record !== undefined);
    },
  };
}
