// The app that the files in this folder run: `gatehouse serve /app/server.mjs`. Put your own servers in its place; the
// settings come from the environment.
import { createHost, defineServer } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { z } from 'zod';

const hello = defineServer({
  name: 'hello',
  version: '1.0.0',
  scopes: {
    'hello:write': { description: 'Send greetings in your name', implies: ['hello:read'] },
    'hello:read': 'Be greeted',
  },
  defaultScopes: ['hello:read'],
})
  .tool(
    'whoami',
    { description: 'Tells who is calling', scopes: ['hello:read'] },
    (_, { principal }) => principal.name ?? principal.subject,
  )
  .tool(
    'greet',
    {
      description: 'Greets somebody in your name',
      input: z.object({ whom: z.string().max(100) }),
      scopes: ['hello:write'],
    },
    ({ whom }, { principal }) => `${principal.name ?? principal.subject} greets ${whom}.`,
  );

const host = createHost({ auth: local() });
host.mount('/hello', hello);
export default host;
