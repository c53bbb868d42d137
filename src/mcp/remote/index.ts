export type { PerPrincipalOptions } from '../foreign/connections.ts';
export type { ForeignOptions } from '../foreign/foreign-server.ts';
export {
  type ClientCredentialsOptions,
  type CredentialsFor,
  clientCredentials,
  fixedHeaders,
  upstreamToken,
} from '../openapi/credentials.ts';
export type { ItemKind, PolicyMatch, PolicyOptions, PolicyRule } from '../policy.ts';
export { type RemoteOptions, remote } from './remote.ts';
export type { Command } from './stdio-transport.ts';
