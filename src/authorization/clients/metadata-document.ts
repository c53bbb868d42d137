import { checkFetchableUrl } from '../../core/safe-fetch.ts';
import type { DocumentedClient } from './client-metadata.ts';
import { hostMatches } from './host-list.ts';
import { MetadataFault, type MetadataRefusal, readOrRefuse } from './metadata-fault.ts';
import { own } from './own-member.ts';
import { readClientMetadata } from './read-client-metadata.ts';
import { readJsonObject } from './read-json-object.ts';
import { defaultRegistrationPolicy, type RegistrationPolicy } from './registration-policy.ts';

/** Which metadata documents are believed. The fetch rules of the policy hold for the documents as well. */
export interface MetadataDocumentPolicy extends RegistrationPolicy {
  /** Where given, the only hosts that documents come from: `app.example.com`, or `.example.com` for all below it. */
  readonly trustedHosts?: readonly string[];
}

/** Documents of any public host, under the same rules as registrations. */
export const defaultMetadataDocumentPolicy: MetadataDocumentPolicy = defaultRegistrationPolicy;

/** What was fetched from the URL. */
export interface DocumentResponse {
  readonly status: number;
  /** The `Content-Type` header, undefined where there was none. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** RFC 8259 or a `+json` type (RFC 6839 §3.1), with no charset or UTF-8. */
const JSON_TYPE = /^application\/(?:[a-z0-9][a-z0-9.+-]{0,100}\+)?json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i;

/** Whether a client identifier is meant as the URL of a metadata document, well-formed or not. */
export const looksLikeDocumentUrl = (clientId: string): boolean => /^https?:/i.test(clientId);

/**
 * Undefined when the client identifier may be fetched as a metadata document, else why not, in words. Asks no name
 * server, so that a host which is not trusted learns nothing.
 */
export function checkMetadataDocumentUrl(text: string, policy: MetadataDocumentPolicy): string | undefined {
  const fault = checkFetchableUrl(text, policy.fetchRules);
  if (fault !== undefined) return fault;
  const url = new URL(text);
  if (url.pathname === '/' || text !== url.href) return 'The URL names no document: it needs a path.';
  if (policy.trustedHosts !== undefined && !hostMatches(url.hostname, policy.trustedHosts)) {
    return `Clients of the host ${url.hostname} are not trusted here.`;
  }
  return undefined;
}

/**
 * Reads the client from what its URL answered: status 200, JSON, `client_id` exactly the URL that was asked, a name, no
 * secret and no method that needs one. Redirect URIs and all else are held to the rules of registration.
 */
export function readMetadataDocument(
  url: string,
  response: DocumentResponse,
  policy: MetadataDocumentPolicy,
): { readonly ok: true; readonly metadata: DocumentedClient } | MetadataRefusal {
  return readOrRefuse(() => {
    const document = parseDocument(response);
    if (own(document, 'client_id') !== url) {
      throw new MetadataFault('The client_id in the metadata document is not exactly the URL it was fetched from.');
    }
    if (own(document, 'client_secret') !== undefined || own(document, 'client_secret_expires_at') !== undefined) {
      throw new MetadataFault('The metadata document holds a client secret: what is published is no secret.');
    }
    const metadata = readClientMetadata(document, policy, 'document');
    const { client_name } = metadata;
    if (client_name === undefined) throw new MetadataFault('The metadata document has no client_name.');
    return { ...metadata, client_id: url, client_name };
  });
}

function parseDocument({ status, contentType, body }: DocumentResponse): object {
  if (status !== 200) throw new MetadataFault(`The metadata document was answered with status ${status}.`);
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    throw new MetadataFault('The metadata document is not served as application/json.');
  }
  const document = readJsonObject(body);
  if (typeof document === 'string') throw new MetadataFault(`The metadata document ${document}.`);
  return document;
}
