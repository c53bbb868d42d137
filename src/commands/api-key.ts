import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { accounts } from '../authorization/accounts/accounts.ts';
import { systemClock as clock } from '../core/clock.ts';
import { publishedUrl } from '../core/public-url.ts';
import { type ApiKey, apiKeyRecords } from '../gate/api-keys.ts';
import { accountEndings } from '../host/account-endings.ts';
import type { Store } from '../store/store.ts';
import { keptApiKeys } from './kept-api-keys.ts';
import { type OpenedVault, withStore, withVault } from './open.ts';
import { asUsageError, needWord, needWords, refuseCommand, refuseMore, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

const OPTIONS = {
  owner: { type: 'string' },
  user: { type: 'string' },
  scopes: { type: 'string' },
  mounts: { type: 'string' },
  days: { type: 'string' },
  'never-expires': { type: 'boolean' },
  description: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** `gatehouse api-key …`: keys for programs that cannot sign in. */
export async function apiKey(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  const [action, id, ...more] = positionals;
  refuseMore(more, USAGES['api-key']);
  if (action === 'create') await create(values);
  else if (action === 'list') await list();
  else if (action === 'revoke') await revoke(needWord(id, 'The id of the key', USAGES['api-key']));
  else refuseCommand('gatehouse api-key', action, USAGES['api-key']);
}

async function create(values: Values): Promise<void> {
  const scopes = needWords(values.scopes, '--scopes', USAGES['api-key']);
  const mounts = needWords(values.mounts, '--mounts', USAGES['api-key']);
  const expiresAt = values['never-expires'] ? undefined : clock() + daysOf(values.days) * 86_400;
  const { id, key } = await withVault(async (vault) => {
    const { store, config } = vault;
    const owned = await ownerOf(values, scopes, store);
    if (owned.account !== undefined) await outlive(owned.account, vault);
    const base = publishedUrl(config.publicUrl);
    const resources = mounts.join() === 'all' ? 'all' : mounts.map((path) => `${base}${mountPath(path)}/mcp`);
    return apiKeyRecords(store, clock)
      .create({
        ...owned,
        scopes,
        resources,
        description: values.description ?? '',
        ...(expiresAt !== undefined && { expiresAt }),
      })
      .catch(asUsageError);
  });
  console.log(`Key id:  ${id}\nAPI key: ${key}   (shown this once)`);
}

/** Waits while a revocation of the account takes in what is given now: one of a moment ago does for another second. */
async function outlive(account: string, { store, config }: OpenedVault): Promise<void> {
  const isEnded = accountEndings(store, config, clock);
  for (let looks = 0; looks < 30 && (await isEnded(account, clock())); looks += 1) await pause(100);
}

function daysOf(text = '90'): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > 3650) throw new UsageError('--days must be a whole number from 1 to 3650.');
  return days;
}

function mountPath(path: string): string {
  if (!/^(\/|(\/[a-z0-9][a-z0-9_-]*)+)$/.test(path))
    throw new UsageError(`${path} is not the path of a mount, such as /notes.`);
  return path === '/' ? '' : path;
}

async function ownerOf(
  { owner, user }: Values,
  scopes: readonly string[],
  store: Store,
): Promise<Pick<ApiKey, 'owner' | 'account'>> {
  if ((owner === undefined) === (user === undefined))
    throw new UsageError(`One of --owner and --user is needed.\n\n${USAGES['api-key']}`);
  if (user === undefined) return { owner: owner ?? '' };
  const account = await accounts({ store, clock }).named(user);
  if (account === undefined) throw new UsageError(`There is no account ${user}.`);
  const { subject, scopes: granted } = account;
  const beyond = granted === 'all' ? [] : scopes.filter((scope) => !granted.includes(scope));
  if (beyond.length > 0) throw new UsageError(`${user} may not grant ${beyond.join(' ')}.`);
  return { owner: subject, account: subject };
}

async function list(): Promise<void> {
  const lines = await withVault(async (vault) => {
    const keys = apiKeyRecords(vault.store, clock);
    const kept = await keptApiKeys(vault, clock());
    return Promise.all(kept.map(async (key) => lineOf(key, await keys.lastUsedAt(key.id))));
  });
  if (lines.length === 0) console.log('There are no API keys yet: gatehouse api-key create …');
  for (const line of lines) console.log(line);
}

function lineOf(
  { id, owner, scopes, resources, description, createdAt, expiresAt }: ApiKey,
  used: number | undefined,
): string {
  const ends =
    expiresAt === undefined ? 'never ends' : `${expiresAt <= clock() ? 'ended' : 'ends'} ${dayOf(expiresAt)}`;
  const facts = [`created ${dayOf(createdAt)}`, used === undefined ? 'never used' : `used ${dayOf(used)}`, ends];
  const mounts = resources === 'all' ? 'every mount' : resources.join(' ');
  return [id, owner, scopes.join(' '), mounts, ...facts, description].join('\t');
}

const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

async function revoke(id: string): Promise<void> {
  if (!(await withStore((store) => apiKeyRecords(store, clock).revoke(id)))) {
    throw new UsageError(`There is no API key ${id}.`);
  }
  console.log(`Revoked ${id}. It is refused everywhere from now on.`);
}
