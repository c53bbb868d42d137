export { InsufficientScopeError } from '@modelcontextprotocol/client';
export type { ServerRequests } from './asked-by-server.ts';
export { browserSignIn } from './browser-sign-in.ts';
export { type ClientCredentialsOptions, clientCredentials } from './client-credentials.ts';
export { type ConnectAllOptions, connect } from './connect.ts';
export type { ConnectOptions } from './connect-one.ts';
export {
  type Auth,
  type AuthContext,
  type AuthEvent,
  type Credential,
  type Refusal,
  SignInNeeded,
} from './credential.ts';
export { type FileCacheOptions, fileCache } from './file-cache.ts';
export { apiKey, bearerToken } from './fixed-credentials.ts';
export type { CallOptions, McpCalls, McpClient } from './mcp-client.ts';
export type { McpClients } from './several-servers.ts';
export { SignInFailed } from './sign-in-failed.ts';
export type { BrowserSignInOptions } from './sign-in-options.ts';
export type { CommandTarget, ServersConfig, Target, UrlTarget } from './targets.ts';
export { memoryCache, type TokenCache } from './token-cache.ts';
