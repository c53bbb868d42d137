/** Every identity provider that comes with Gatehouse, by the name of its subpath `mcp-gatehouse/providers/<name>`. */
export { local } from './local.ts';
