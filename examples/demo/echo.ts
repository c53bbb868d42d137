import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { z } from 'zod';

const input = z.object({ text: z.string().max(10_000).describe('Any text') });

/** Says what it is told. Every signed-in caller may use it. */
export function echo(): ServerDefinition {
  return defineServer({ name: 'echo', version: '1.0.0', title: 'Echo' })
    .tool('echo', { description: 'Say the text again', input, scopes: [] }, ({ text }) => text)
    .tool('reverse', { description: 'Say the text backwards', input, scopes: [] }, ({ text }) =>
      Array.from(text).reverse().join(''),
    );
}
