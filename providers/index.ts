/** Every identity provider that comes with Gatehouse, by the name of its subpath `mcp-gatehouse/providers/<name>`. */

export { apiKeys } from './api-keys.ts';
export { github } from './github.ts';
export { introspection } from './introspection.ts';
export { jwt } from './jwt.ts';
export { local } from './local.ts';
