import { generateFernetKey } from '../core/fernet.ts';
import { retireCookieKey, rotateCookieKey } from './cookie-keys.ts';
import { listKeys } from './keys-list.ts';
import { resealRecords, retireSealingKey, rotateSealingKey } from './sealing-keys.ts';
import { retireSigningKey, rotateSigningKey } from './signing-keys.ts';
import { needWord, refuseCommand, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

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
  const [action, id, ...more] = args.filter((arg) => !flags.has(arg));
  const kinds = (['signing', 'cookies'] as const).filter((name) => flags.has(`--${name}`));
  const [kind = 'sealing', ...others] = kinds;
  const force = flags.has('--force');
  if (more.length > 0 || others.length > 0 || (id !== undefined && action !== 'retire'))
    throw new UsageError(USAGES.keys);
  if (force && kind !== 'sealing') throw new UsageError(USAGES.keys);
  if (action === 'new') return console.log(generateFernetKey());
  if (action === 'list') return listKeys();
  if (action === 'reseal') return resealRecords();
  if (action === 'rotate' || action === 'add') return ACTIONS[kind].rotate();
  if (action !== 'retire') return refuseCommand('gatehouse keys', action, USAGES.keys);
  return ACTIONS[kind].retire(needWord(id, 'The id of the key', USAGES.keys), force);
}
