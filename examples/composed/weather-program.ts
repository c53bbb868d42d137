/** An MCP server of somebody else: a program on stdin and stdout that knows nothing of users, tokens or scopes. */
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

serveStdio(() => {
  const weather = new McpServer({ name: 'weather', version: '2.1.0' });
  weather.registerTool(
    'forecast',
    { description: 'The weather of a day', inputSchema: z.object({ day: z.string() }) },
    async ({ day }) => ({ content: [{ type: 'text', text: `Rain on ${day}.` }] }),
  );
  weather.registerTool(
    'set_station',
    { description: 'Where the weather is measured', inputSchema: z.object({ place: z.string() }) },
    async ({ place }) => ({ content: [{ type: 'text', text: `Measuring in ${place}.` }] }),
  );
  weather.registerTool('debug_dump', { description: 'Everything it has in memory' }, async () => ({
    content: [{ type: 'text', text: 'Not for your callers.' }],
  }));
  return weather;
});
