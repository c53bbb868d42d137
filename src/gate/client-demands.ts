import type { JsonObject } from './compact-jws.ts';
import type { FindingItem, FindingVerdict } from './provider-finding.ts';
import { TOKEN_EXCHANGE } from './token-exchange.ts';

/** The document that clients take. */
export interface FoundDocument {
  readonly metadata: JsonObject;
  /** Whether it was found where OpenID providers have theirs: clients then read it as one of those. */
  readonly openid: boolean;
}

/** What a client demands of a metadata document. */
export interface Demand {
  readonly item: FindingItem;
  holds(metadata: JsonObject): boolean;
  readonly fits: string;
  readonly lacks: string;
  readonly advice: string;
  readonly verdict: FindingVerdict;
}

const FRONT = 'put our server in front of it with oidc';

const DEMANDS: readonly Demand[] = [
  {
    item: 'endpoints',
    holds: (metadata) => ['authorization_endpoint', 'token_endpoint'].every((name) => isText(metadata[name])),
    fits: 'Its metadata says where people sign in and where tokens are given.',
    lacks: 'Its metadata has no authorization_endpoint or no token_endpoint, so that no client can sign anybody in',
    advice: 'name an authorization server for people',
    verdict: 'unfit',
  },
  {
    item: 'pkce',
    holds: ({ code_challenge_methods_supported: methods }) => Array.isArray(methods) && methods.includes('S256'),
    fits: 'It advertises PKCE with S256.',
    lacks: 'It does not advertise PKCE (code_challenge_methods_supported has no S256), for which MCP clients refuse it',
    advice: FRONT,
    verdict: 'unfit',
  },
  {
    item: 'registration',
    holds: (metadata) =>
      isText(metadata.registration_endpoint) || metadata.client_id_metadata_document_supported === true,
    fits: 'Clients can register themselves.',
    lacks: 'No client can register itself (no registration_endpoint, no client_id_metadata_document_supported)',
    advice: `register each client by hand, or ${FRONT}`,
    verdict: 'unfit',
  },
  {
    item: 'issuer_parameter',
    holds: (metadata) => metadata.authorization_response_iss_parameter_supported === true,
    fits: 'It names itself in what it answers browsers (RFC 9207).',
    lacks:
      'It does not name itself in what it answers browsers (authorization_response_iss_parameter_supported, RFC 9207), which guards clients of several providers',
    advice: 'switch that on if it can be',
    verdict: 'advice',
  },
];

/** What tools are given tokens by, where that is configured. */
const EXCHANGES: Demand = {
  item: 'exchange',
  holds: ({ grant_types_supported: grants }) => !Array.isArray(grants) || grants.includes(TOKEN_EXCHANGE),
  fits: 'It does not say that it exchanges no tokens.',
  lacks: 'Its metadata does not name the grant by which tools get tokens (grant_types_supported, RFC 8693)',
  advice: 'switch token exchange on there, or leave `exchange` out',
  verdict: 'advice',
};

/** Without these the SDK's clients take the whole document for spoiled (OpenID Connect Discovery §3, RFC 8414 §2). */
function membersDemand(metadata: JsonObject, openid: boolean): Demand {
  const lists = openid ? ['subject_types_supported', 'id_token_signing_alg_values_supported'] : [];
  const missing = [
    ...['response_types_supported', ...lists].filter((name) => !isListOfTexts(metadata[name])),
    ...(openid && !isText(metadata.jwks_uri) ? ['jwks_uri'] : []),
  ];
  return {
    item: 'members',
    holds: () => missing.length === 0,
    fits: 'Its metadata has all that clients read it by.',
    lacks: `Its metadata lacks ${missing.join(', ')}, for which clients of the MCP SDK cannot read it at all`,
    advice: FRONT,
    verdict: 'unfit',
  };
}

const isListOfTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** All that is demanded of a document; `exchanges`: whether tools get tokens in exchange for the callers'. */
export const demandsOf = ({ metadata, openid }: FoundDocument, exchanges: boolean): readonly Demand[] => [
  ...DEMANDS,
  membersDemand(metadata, openid),
  ...(exchanges ? [EXCHANGES] : []),
];
