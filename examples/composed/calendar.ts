import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { z } from 'zod';

/** A server of one team, with scopes that mean something there. */
export function calendar(): ServerDefinition {
  const entries = new Map([['monday', 'Plan the week']]);
  const entry = z.object({ day: z.string(), text: z.string().max(1000) });
  return defineServer({
    name: 'calendar',
    version: '1.0.0',
    scopes: { read: 'See the calendar', write: { description: 'Change the calendar', implies: ['read'] } },
    defaultScopes: ['read'],
  })
    .resource(
      'calendar://{day}',
      { name: 'day', description: 'What is planned', mimeType: 'text/plain', scopes: ['read'] },
      ({ day }) => entries.get(day),
    )
    .tool('plan', { description: 'Plan something', input: entry, scopes: ['write'] }, ({ day, text }) => {
      entries.set(day, text);
      return 'Planned.';
    });
}
