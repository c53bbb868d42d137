import { join } from 'node:path';
import { defineServer, type Mountable, type ServerDefinition } from 'mcp-gatehouse';
import { remote } from 'mcp-gatehouse/remote';
import { calendar } from './calendar.ts';

/** The program, run as a child of this process. What callers need for its tools is said here; what no rule names is not there. */
export const weather = (): Mountable =>
  remote(
    { command: process.execPath, args: [join(import.meta.dirname, 'weather-program.ts')] },
    {
      name: 'weather',
      policy: {
        scopes: { 'weather:read': 'See the weather', 'weather:manage': 'Say where the weather is measured' },
        rules: [
          { name: 'forecast', scopes: ['weather:read'] },
          { name: 'set_*', scopes: ['weather:manage'] },
        ],
      },
    },
  );

/** One server made of two and a tool of its own. The names and scopes of each keep clear of the other's. */
export const office = (): ServerDefinition =>
  defineServer({
    name: 'office',
    version: '1.0.0',
    defaultScopes: ['calendar:read', 'weather:read'],
    list: 'all',
  })
    .mount('calendar', calendar(), { scopes: { read: 'calendar:read', write: 'calendar:write' } })
    .mount('weather', weather())
    .tool('opening_hours', { description: 'When the office is open', scopes: [] }, () => '9 to 5');
