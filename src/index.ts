export type { Accounts } from './authorization/accounts/accounts.ts';
export type { AuthorizationServer, Clients } from './authorization/authorization-server.ts';
export type { Machines } from './authorization/machines.ts';
export type { OperatorRevocations, Presented } from './authorization/operator-revocations.ts';
export { type Config, type ConfigOverrides, readConfig } from './config.ts';
export type { Clock } from './core/clock.ts';
export {
  ConfigError,
  GatehouseError,
  InsufficientScope,
  InvalidRequest,
  InvalidToken,
  TooManyRequests,
  Unavailable,
} from './core/errors.ts';
export type { Log, LogFields } from './core/log.ts';
export { type Principal, type PrincipalKind, principalKey } from './core/principal.ts';
export { type ClaimReading, foreignPrincipal } from './gate/foreign-principal.ts';
export { type IssuerVerifierOptions, issuerVerifier } from './gate/issuer-verifier.ts';
export { type JwtVerifierOptions, jwtVerifier } from './gate/jwt.ts';
export { type KeySource, keySet } from './gate/key-set.ts';
export type {
  DirectProvider,
  KeysProvider,
  LocalProvider,
  Provider,
  ProviderDeps,
  StoredKeysDeps,
  StoredKeysProvider,
} from './gate/provider.ts';
export type { FindingItem, FindingVerdict, ProviderFinding, TenantAdvice } from './gate/provider-finding.ts';
export type { ProviderFromSettings } from './gate/provider-from-settings.ts';
export type { TokenShape } from './gate/token-shape.ts';
export type { Turn, Verifier } from './gate/verifier.ts';
export { createHost, type Host, type HostMountOptions, type HostOptions } from './host/create-host.ts';
export { inMemory } from './host/local/in-memory.ts';
export type { InProcessOptions } from './host/local/in-process.ts';
export type { LocalCaller } from './host/local/local-caller.ts';
export type { Mount } from './host/mounts.ts';
export type { ProviderReport } from './host/provider-checks.ts';
export { serveUntilSignal } from './host/serve-until-signal.ts';
export { type AskClient, CannotAsk, type Elicited } from './mcp/ask.ts';
export type { CacheRule } from './mcp/cache-hints.ts';
export { type CallState, type StateKey, stateKey } from './mcp/call-state.ts';
export type { PartChoice } from './mcp/composition/choice.ts';
export type { MountOptions } from './mcp/composition/composition.ts';
export type { ScopeMapping } from './mcp/composition/mapped-scopes.ts';
export type { CallFacts } from './mcp/context.ts';
export {
  type CallContext,
  type Choice,
  defineServer,
  type ServerDefinition,
  type ServerOptions,
  ToolError,
} from './mcp/define-server.ts';
export type { HttpFacts } from './mcp/http-facts.ts';
export type {
  Message,
  Middleware,
  Next,
  Operation,
  OperationKind,
  Outcome,
} from './mcp/middleware/middleware.ts';
export type { Mountable } from './mcp/mountable.ts';
export type { PromptHandler, PromptOptions } from './mcp/prompt-item.ts';
export type { ResourceHandler, ResourceOptions } from './mcp/resource-item.ts';
export { type DirectoryResourceOptions, directoryResource } from './mcp/resources/directory-resource.ts';
export { type FileResourceOptions, fileResource } from './mcp/resources/file-resource.ts';
export { type HttpResourceOptions, httpResource } from './mcp/resources/http-resource.ts';
export type { ResourceSource } from './mcp/resources/source.ts';
export { textResource } from './mcp/resources/text-resource.ts';
export type { SessionOptions } from './mcp/sessions/session-rules.ts';
export type { Completer } from './mcp/surface.ts';
export type { ToolHandler, ToolOptions } from './mcp/tool-options.ts';
export type { ScanPage, StoredEntry, StoreMaintenance } from './store/maintenance.ts';
export type { Store } from './store/store.ts';
