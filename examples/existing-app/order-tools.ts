import { defineServer, type ServerDefinition, ToolError } from 'mcp-gatehouse';
import { z } from 'zod';
import type { Orders } from './orders.ts';

const order = z.object({ id: z.int(), item: z.string(), status: z.enum(['open', 'cancelled']) });

/** The same orders as tools: reading is one scope, cancelling another one. */
export const orderTools = (orders: Orders): ServerDefinition =>
  defineServer({
    name: 'orders',
    version: '1.0.0',
    scopes: {
      'orders:read': 'See the orders of the shop',
      'orders:cancel': { description: 'Cancel orders', implies: ['orders:read'] },
    },
    defaultScopes: ['orders:read'],
    list: 'all',
  })
    .tool(
      'list_orders',
      { description: 'All orders', output: z.object({ orders: z.array(order) }), scopes: ['orders:read'] },
      () => ({ orders: [...orders.list()] }),
    )
    .tool(
      'cancel_order',
      {
        description: 'Cancel one order',
        input: z.object({ id: z.int() }),
        output: order,
        scopes: ['orders:cancel'],
        annotations: { destructiveHint: true, idempotentHint: true },
      },
      ({ id }) => {
        const cancelled = orders.cancel(id);
        if (cancelled === undefined) throw new ToolError(`There is no order ${id}.`);
        return cancelled;
      },
    );
