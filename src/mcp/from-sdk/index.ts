export type { PerPrincipalOptions } from '../foreign/connections.ts';
export type { ForeignOptions } from '../foreign/foreign-server.ts';
export type { ItemKind, PolicyMatch, PolicyOptions, PolicyRule } from '../policy.ts';
export { type FromSdkOptions, fromSdk, type SdkServer } from './from-sdk.ts';
