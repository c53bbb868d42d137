/** Every identity provider that comes with Gatehouse, by the name of its subpath `mcp-gatehouse/providers/<name>`. */

export { apiKeys } from './api-keys.ts';
export { auth0 } from './auth0.ts';
export { clerk } from './clerk.ts';
export { cognito } from './cognito.ts';
export { descope } from './descope.ts';
export { discord } from './discord.ts';
export { enterprise } from './enterprise.ts';
export { entra } from './entra.ts';
export { github } from './github.ts';
export { google } from './google.ts';
export { huggingface } from './huggingface.ts';
export { introspection } from './introspection.ts';
export { jwt } from './jwt.ts';
export { keycloak } from './keycloak.ts';
export { local } from './local.ts';
export { oauth2 } from './oauth2.ts';
export { oidc } from './oidc.ts';
export { okta } from './okta.ts';
export { scalekit } from './scalekit.ts';
export { slack } from './slack.ts';
export { supabase } from './supabase.ts';
export { workos } from './workos.ts';
