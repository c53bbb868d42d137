import { local } from '../../providers/local.ts';
import { createHost } from '../../src/host/create-host.ts';
import { defineServer } from '../../src/mcp/define-server.ts';

// What each node of the campaign serves: two mounts, whose one tool tells who called it.

const whoAmI = (name: string) => {
  const scopes = { [`${name}:read`]: 'Read', [`${name}:write`]: 'Write' };
  return defineServer({ name, version: '1.0.0', scopes }).tool(
    'who',
    { description: 'Tells who calls', scopes: [`${name}:read`] },
    (_, { principal }) => principal.subject,
  );
};

const host = createHost({ auth: local() });
host.mount('/notes', whoAmI('notes'));
host.mount('/echo', whoAmI('echo'));
export default host;
