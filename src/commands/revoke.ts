import { readFile } from 'node:fs/promises';
import { accounts } from '../authorization/accounts/accounts.ts';
import { looksLikeDocumentUrl } from '../authorization/clients/metadata-document.ts';
import { type OperatorRevocations, operatorRevocations } from '../authorization/operator-revocations.ts';
import { ownTokenReader } from '../authorization/own-token.ts';
import { recordName } from '../authorization/record-name.ts';
import { revocations } from '../authorization/revocations.ts';
import { signingKeys } from '../authorization/signing-keys.ts';
import { forgetCredential } from '../authorization/upstream/credential-records.ts';
import { isKnownSubject } from '../authorization/upstream/identities.ts';
import type { Config } from '../config.ts';
import { systemClock as clock } from '../core/clock.ts';
import { publishedUrl } from '../core/public-url.ts';
import { readApiKey } from '../gate/api-key.ts';
import { lifetimesOf } from '../host/authorization-options.ts';
import type { Store } from '../store/store.ts';
import { clientRecordsHere } from './client-records-here.ts';
import { endApiKeysOf } from './kept-api-keys.ts';
import { type OpenedVault, withVault } from './open.ts';
import { readSecret } from './password.ts';
import { needWord, refuseCommand, refuseMore, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

const EVERYWHERE = 'refused everywhere within a second';

/** `gatehouse revoke …`: ends access before its time, on every server that shares the store. */
export async function revoke(args: readonly string[]): Promise<void> {
  // Not by parseArgs: an id may begin with a dash.
  const [what, which, ...more] = args.filter((word) => word !== '--subject');
  refuseMore(more, USAGES.revoke);
  if (what === 'token') await revokeToken(which);
  else if (what === 'grant') await revokeGrant(needWord(which, 'The id of the sign-in', USAGES.revoke));
  else if (what === 'client') await revokeClient(needWord(which, 'The client id', USAGES.revoke));
  else if (what === 'user')
    await revokeUser(needWord(which, 'The name of the account', USAGES.revoke), args.includes('--subject'));
  else refuseCommand('gatehouse revoke', what, USAGES.revoke);
}

async function revokeToken(file: string | undefined): Promise<void> {
  const token = (file === undefined ? await readSecret('Token') : await readTokenFile(file)).trim();
  if (token === '') throw new UsageError(`The token is missing.\n\n${USAGES.revoke}`);
  const key = readApiKey(token);
  if (key !== undefined) throw new UsageError(`That is an API key: gatehouse api-key revoke ${key.id}`);
  const kind = await withRevocations((ended) => ended.presented(token));
  if (kind === undefined) {
    throw new UsageError(
      'That is no live token of this server. It may have ended, or be of another PUBLIC_URL or store.',
    );
  }
  console.log(
    kind === 'access_token'
      ? `Revoked the access token; it is ${EVERYWHERE}. Its refresh token, if it has one, still makes others.`
      : `Ended the sign-in of the refresh token; it and all its access tokens are ${EVERYWHERE}.`,
  );
}

/** Whoever wrote the token itself in place of a file must not find it in an error as well. */
async function readTokenFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new UsageError(`The file of the token cannot be read.\n\n${USAGES.revoke}`);
  });
}

async function revokeGrant(id: string): Promise<void> {
  const known = await withRevocations(async (ended, { store }) => {
    // What is revoked deletes nothing. It holds where the record cannot be read, too, by keys of before or after a rotation.
    await ended.grant(id);
    return store.get(recordName('Grant', id)).then(isThere, () => true);
  });
  console.log(`Whatever the sign-in ${id} has given is ${EVERYWHERE}.`);
  if (!known) console.log('No sign-in of that id is known here: it may have ended before. Is the id right?');
}

const isThere = (record: unknown): boolean => record !== undefined;

async function revokeClient(id: string): Promise<void> {
  const known = await withRevocations(async (ended, vault) => {
    await ended.client(id);
    return (
      looksLikeDocumentUrl(id) ||
      clientRecordsHere(vault)
        .find(id)
        .then(isThere, () => true)
    );
  });
  console.log(`Whatever the client ${id} was given up to now is ${EVERYWHERE}.`);
  if (!known) console.log('No client of that id is known here: it may have ended before. Is the id right?');
}

async function revokeUser(name: string, isSubject = false): Promise<void> {
  await withRevocations(async (ended, vault) => {
    const { store } = vault;
    const subject = await subjectMeant(store, name, isSubject);
    await ended.subject(subject);
    await endApiKeysOf(subject, vault, clock());
    await forgetCredential(store, subject);
  });
  console.log(`Ended every session of ${name}; whatever was given in that name up to now is ${EVERYWHERE}.`);
}

/** The one person who is meant. Rejects with UsageError where that is nobody, and where it could be two. */
async function subjectMeant(store: Store, word: string, isSubject: boolean): Promise<string> {
  const known = accounts({ store, clock });
  const named = isSubject ? undefined : await known.named(word);
  const own = await known.find(word);
  // Somebody who was turned away is known no more, but what they were given may still be good.
  const subject = isSubject || own !== undefined || (await isKnownSubject(store, word)) ? word : undefined;
  if (named !== undefined && subject !== undefined) {
    throw new UsageError(
      `${word} is the name of the account ${named.subject}, and the subject of somebody else: name the account by its subject, or add --subject for the other.`,
    );
  }
  const meant = named?.subject ?? subject;
  if (meant === undefined) throw new UsageError(`There is no account ${word}.`);
  return meant;
}

const withRevocations = <T>(action: (ended: OperatorRevocations, vault: OpenedVault) => Promise<T>): Promise<T> =>
  withVault(async (vault) => action(await revocationsOver(vault.store, vault.config), vault));

async function revocationsOver(store: Store, config: Config): Promise<OperatorRevocations> {
  const issuer = publishedUrl(config.publicUrl);
  const readOwnToken = ownTokenReader(issuer, await signingKeys(store, clock), clock);
  const ended = revocations({ store, clock, lifetimes: lifetimesOf(config) });
  return operatorRevocations({ store, revocations: ended, readOwnToken });
}
