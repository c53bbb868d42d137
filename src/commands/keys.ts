import { generateFernetKey } from '../core/fernet.ts';
import { retireCookieKey, rotateCookieKey } from './cookie-keys.ts';
import { listKeys } from './keys-list.ts';
import { resealRecords, retireSealingKey, rotateSealingKey } from './sealing-keys.ts';
import { retireSigningKey, rotateSigningKey } from './signing-keys.ts';
import { needWord, UsageError } from './usage.ts';

const USAGE = `gatehouse keys list                       the keys, what each is for, how many records it has sealed
gatehouse keys new                        prints a fresh sealing key and nothing else
gatehouse keys rotate | add               a new sealing key, first in its list: it seals, all of them open
gatehouse keys reseal                     seals all records with the first key; stop it and call it again at will
gatehouse keys retire <id> [--force]      ends a sealing key that has no records left; with --force those too
gatehouse keys rotate --signing           publishes a new key for signing tokens; it signs SIGNING_KEY_LEAD later
gatehouse keys retire --signing <kid>     ends a signing key, and all its tokens, at once
gatehouse keys rotate --cookies           a new key for the cookies of browsers; nobody is signed out
gatehouse keys retire --cookies <id>      ends a cookie key: every browser that it signed in is signed out at once

docs/keys.md tells what to do in which order, on one node and on many, and what to do about a key that leaked.`;

const FLAGS = ['--signing', '--cookies', '--force'] as const;
const ACTIONS = {
  sealing: { rotate: rotateSealingKey, retire: retireSealingKey },
  signing: { rotate: rotateSigningKey, retire: retireSigningKey },
  cookies: { rotate: rotateCookieKey, retire: retireCookieKey },
} as const;

/** `gatehouse keys …`: the keys that records are sealed with, and those that tokens and cookies are signed with. */
export async function keys(args: readonly string[]): Promise<void> {
  // Read by hand: an id may begin with a dash.
  const flags = new Set<string>(FLAGS.filter((flag) => args.includes(flag)));
  const [action = '', id, ...more] = args.filter((arg) => !flags.has(arg));
  const kinds = (['signing', 'cookies'] as const).filter((name) => flags.has(`--${name}`));
  const [kind = 'sealing', ...others] = kinds;
  const force = flags.has('--force');
  if (more.length > 0 || others.length > 0 || (id !== undefined && action !== 'retire')) throw new UsageError(USAGE);
  if (force && kind !== 'sealing') throw new UsageError(USAGE);
  if (action === 'new') return console.log(generateFernetKey());
  if (action === 'list') return listKeys();
  if (action === 'reseal') return resealRecords();
  if (action === 'rotate' || action === 'add') return ACTIONS[kind].rotate();
  if (action !== 'retire') throw new UsageError(USAGE);
  return ACTIONS[kind].retire(needWord(id, 'The id of the key', USAGE), force);
}
