import { checkPublicName } from '../../core/safe-fetch/fetchable-url.ts';
import type { ClientMetadata } from './client-metadata.ts';
import { MetadataFault } from './metadata-fault.ts';
import { own, ownText } from './own-member.ts';

const MAX_NAME = 100;
const MAX_URI = 2048;
/** Control, bidi, zero-width and other format characters, and line ends: nothing that a name is read by. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const URI_MEMBERS = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'] as const;

/**
 * `client_name` without the characters that could make it read as something else; undefined where nothing is left.
 * Throws `MetadataFault` where more than 100 characters were sent.
 */
export function readClientName(source: object): string | undefined {
  const sent = ownText(source, 'client_name') ?? '';
  if (sent.length > MAX_NAME) throw new MetadataFault(`client_name must be at most ${MAX_NAME} characters.`);
  return sent.replace(UNSEEN, '').trim() || undefined;
}

/**
 * The URIs for people to read: https and a public host name, never fetched by us. Language variants (`logo_uri#ja`,
 * RFC 7591 §2.2) are held to the same rule and dropped. An empty text counts as absent. Throws `MetadataFault`.
 */
export function readInformationalUris(source: object): Pick<ClientMetadata, (typeof URI_MEMBERS)[number]> {
  const read = new Map<string, string>();
  for (const name of Object.keys(source)) {
    const member = URI_MEMBERS.find((uri) => name === uri || name.startsWith(`${uri}#`));
    const uri = member && (own(source, name) ?? '');
    if (uri === undefined || uri === '') continue;
    if (typeof uri !== 'string' || !isWebPage(uri)) {
      throw new MetadataFault(`${member} must be an https URL on a public host.`);
    }
    if (name === member) read.set(name, uri);
  }
  return Object.fromEntries(read);
}

function isWebPage(text: string): boolean {
  if (text.length > MAX_URI || !/^https:\/\/[\x21-\x7e]+$/.test(text) || text.includes('\\')) return false;
  const url = URL.parse(text);
  return url !== null && `${url.username}${url.password}` === '' && checkPublicName(url.hostname) === undefined;
}
