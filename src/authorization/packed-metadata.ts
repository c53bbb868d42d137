import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ClientMetadata } from './clients/client-metadata.ts';

/** What a client said of itself when it registered, and when that was, in seconds since 1970. */
export interface Registration {
  readonly issuedAt: number;
  readonly metadata: ClientMetadata;
}

/** No more than this ever comes out of packed bytes. */
const MOST = 65_536;

/**
 * What registrations have in common, so that it need not stand in each (RFC 1951 with a preset dictionary; the likeliest
 * words last). Packed bytes open with these very words only: changed words are another version of client ids.
 */
const WORDS = Buffer.from(
  '","jwks_uri":"https://","tos_uri":"https://","policy_uri":"https://","logo_uri":"https://","client_uri":"https://www..com/"' +
    ',"jwks":{"keys":[{"kty":"RSA","n":"","e":"AQAB","kty":"EC","crv":"P-256","kid":"","alg":"ES256","use":"sig","x":"","y":""}]}' +
    ',"token_endpoint_auth_signing_alg":"ES256","token_endpoint_auth_method":"private_key_jwt","client_secret_basic' +
    '"client_secret_post","client_name":"MCP (mcp-remote) client","application_type":"web","grant_types":["authorization_code"]' +
    '[{"redirect_uris":["https://.com/api/mcp/auth_callback","https://vscode.dev/redirect","cursor://","/oauth/callback"' +
    ',"http://localhost:/callback","http://127.0.0.1:/mcp/oauth/callback"],"application_type":"native","grant_types":' +
    '["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","client_name":"',
);

/** A registration in as few bytes as it takes: 40 to 100 for the clients of today. */
export const packRegistration = ({ metadata, issuedAt }: Registration): Buffer =>
  deflateRawSync(JSON.stringify([metadata, issuedAt]), { dictionary: WORDS, level: 9 });

/** What was packed. For bytes of our own making only: throws on any other. */
export function unpackRegistration(packed: Uint8Array): Registration {
  const text = inflateRawSync(packed, { dictionary: WORDS, maxOutputLength: MOST }).toString('utf8');
  const [metadata, issuedAt] = JSON.parse(text) as readonly [ClientMetadata, number];
  return { metadata, issuedAt };
}
