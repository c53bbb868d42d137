import { defineServer, type ServerDefinition, ToolError } from 'mcp-gatehouse';
import { z } from 'zod';

const ticket = z.object({ id: z.int(), subject: z.string(), open: z.boolean() });

/** Tickets: finding them is one scope, closing them another. The list shows callers the tools of their scopes alone. */
export function tickets(): ServerDefinition {
  const all = ['Printer on fire', 'No coffee'].map((subject, index) => ({ id: index + 1, subject, open: true }));
  return defineServer({
    name: 'tickets',
    version: '1.0.0',
    scopes: {
      'tickets:read': 'See tickets',
      'tickets:close': { description: 'Close tickets', implies: ['tickets:read'] },
    },
  })
    .tool(
      'find_tickets',
      {
        description: 'Tickets whose subject contains a word',
        input: z.object({ word: z.string() }),
        output: z.object({ tickets: z.array(ticket) }),
        scopes: ['tickets:read'],
      },
      ({ word }) => ({ tickets: all.filter(({ subject }) => subject.toLowerCase().includes(word.toLowerCase())) }),
    )
    .tool(
      'close_ticket',
      { description: 'Close a ticket', input: z.object({ id: z.int() }), output: ticket, scopes: ['tickets:close'] },
      ({ id }) => {
        const found = all.find((each) => each.id === id);
        if (found === undefined) throw new ToolError(`There is no ticket ${id}.`);
        found.open = false;
        return found;
      },
    );
}
