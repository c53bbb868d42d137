import { sha256 } from '../../../src/core/secrets.ts';

/** A record in clear. */
export interface ClearRecord {
  readonly name: string;
  readonly value: string;
}

/** The ids of one sign-in that stand in its records, or their hashes. */
export interface SignInIds {
  readonly account: string;
  readonly client: string;
  readonly grant: string;
  readonly code: string;
  readonly refresh: string;
  readonly session: string;
}

/** What one real sign-in left in a store. */
export interface SignInRecords {
  /** The published URL. */
  readonly base: string;
  readonly username: string;
  readonly ids: SignInIds;
  readonly verifier: string;
  readonly machine: { readonly id: string; readonly secret: string };
  readonly records: readonly ClearRecord[];
}

/** What a copy is for: the machine, a person, a client, a sign-in that has its tokens, or one that has its code. */
export type Part = keyof typeof PARTS;

/** Which client and which sign-in a copy becomes. */
export interface Place {
  readonly base: string;
  readonly client: number;
  readonly grant: number;
}

/** The kinds of the records of each part. */
const PARTS = {
  machine: ['machine', 'machine_slot'],
  account: ['account', 'account_name'],
  client: ['client', 'registration_token'],
  grant: ['grant', 'refresh_token', 'session', 'session_uid'],
  code: ['grant', 'code'],
} as const;

/**
 * The ids of sign-in number `grant` at client number `client`, each with a person of its own: always the same, and as long as
 * real ones.
 */
export const idsAt = ({ client, grant }: Pick<Place, 'client' | 'grant'>): SignInIds => ({
  account: `user_${sha256(`account ${client}`).slice(0, 22)}`,
  client: `client_${sha256(`client ${client}`).slice(0, 22)}`,
  grant: sha256(`grant ${grant}`),
  code: sha256(`code ${grant}`),
  refresh: sha256(`refresh ${grant}`),
  session: sha256(`session ${grant}`),
});

/** Makes any number of sign-ins of a real one: the same records under other names, with other ids in them. */
export function copier(real: SignInRecords): (part: Part, place: Place) => readonly ClearRecord[] {
  const token = kindOf(real.records, 'registration_token').name.split(':')[1] ?? '';
  const roles = new Map<string, (ids: SignInIds, base: string) => string>([
    [real.base, (_ids, base) => base],
    [token, ({ client }) => sha256(`token ${client}`)],
    [real.ids.session, ({ session }) => session],
    [sessionHash(real), ({ session }) => sha256(session)],
  ]);
  const nameHash = kindOf(real.records, 'account_name').name.split(':')[1] ?? '';
  roles.set(`"username":"${real.username}"`, ({ account }) => `"username":"${account}"`);
  roles.set(nameHash, ({ account }) => sha256(account.toLowerCase()));
  for (const role of ['account', 'client', 'grant', 'code', 'refresh'] as const) {
    roles.set(real.ids[role], (ids) => ids[role]);
    roles.set(sha256(real.ids[role]), (ids) => sha256(ids[role]));
  }
  const known = new RegExp([...roles.keys()].join('|'), 'g');
  return (part, { base, ...at }) => {
    const ids = idsAt(at);
    const rename = (text: string) => text.replace(known, (found) => roles.get(found)?.(ids, base) ?? found);
    return PARTS[part].map((kind) => {
      const { name, value } = kindOf(real.records, kind);
      return { name: rename(name), value: rename(kind === 'code' ? lasting(value) : value) };
    });
  };
}

/** Codes are made well before they are redeemed. */
const lasting = (code: string): string => {
  const payload = JSON.parse(code) as { readonly exp: number };
  return JSON.stringify({ ...payload, exp: payload.exp + 86_400 });
};

const sessionHash = ({ records }: SignInRecords): string => kindOf(records, 'session').name.split(':')[1] ?? '';

/** The record of a kind; of several the first. Throws where there is none. */
export function kindOf(records: readonly ClearRecord[], kind: string): ClearRecord {
  const found = records.find(({ name }) => name.startsWith(`${kind}:`));
  if (found === undefined) throw new Error(`The sign-in left no record of the kind ${kind}.`);
  return found;
}
