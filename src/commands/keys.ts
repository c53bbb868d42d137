import { generateFernetKey } from '../store/fernet.ts';
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

docs/keys.md tells what to do in which order, on one node and on many, and what to do about a key that leaked.`;

const FLAGS = ['--signing', '--force'] as const;

/** `gatehouse keys …`: the keys that records are sealed with, and those that tokens are signed with. */
export async function keys(args: readonly string[]): Promise<void> {
  // Read by hand: an id may begin with a dash.
  const flags = new Set<string>(FLAGS.filter((flag) => args.includes(flag)));
  const [action = '', id, ...more] = args.filter((arg) => !flags.has(arg));
  const signing = flags.has('--signing');
  const wrong = more.length > 0 || (id !== undefined && action !== 'retire') || (flags.has('--force') && signing);
  if (wrong) throw new UsageError(USAGE);
  if (action === 'new') return console.log(generateFernetKey());
  if (action === 'list') return listKeys();
  if (action === 'reseal') return resealRecords();
  if (action === 'rotate' || action === 'add') return signing ? rotateSigningKey() : rotateSealingKey();
  if (action !== 'retire') throw new UsageError(USAGE);
  const named = needWord(id, 'The id of the key', USAGE);
  return signing ? retireSigningKey(named) : retireSealingKey(named, flags.has('--force'));
}
