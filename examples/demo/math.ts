import { defineServer, type ServerDefinition, ToolError } from 'mcp-gatehouse';
import { z } from 'zod';

const input = z.object({ a: z.number(), b: z.number() });
const output = z.object({ result: z.number() });

/** Calculates. Every signed-in caller may use it; a division by zero is told to the caller. */
export function math(): ServerDefinition {
  return defineServer({ name: 'math', version: '1.0.0', title: 'Math' })
    .tool('add', { description: 'a + b', input, output, scopes: [] }, ({ a, b }) => finite(a + b))
    .tool('multiply', { description: 'a × b', input, output, scopes: [] }, ({ a, b }) => finite(a * b))
    .tool('divide', { description: 'a ÷ b', input, output, scopes: [] }, ({ a, b }) => {
      if (b === 0) throw new ToolError('Division by zero');
      return finite(a / b);
    });
}

function finite(result: number): { readonly result: number } {
  if (!Number.isFinite(result)) throw new ToolError('The result is too large.');
  return { result };
}
