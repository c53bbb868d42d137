import { fromJsonSchema } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { ServerDefinition } from '../../../src/mcp/define-server.ts';

const scopes = ['everything:use'];
const text = (prompt: string) => ({ role: 'user' as const, content: { type: 'text' as const, text: prompt } });

const defaults = z.object({
  name: z.string().default('John Doe'),
  age: z.number().int().default(30),
  score: z.number().default(95.5),
  status: z.enum(['active', 'inactive', 'pending']).default('active'),
  verified: z.boolean().default(true),
});

const titled = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([value, title]) => ({ const: value, title }));

const enums = fromJsonSchema({
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled(['value1', 'First'], ['value2', 'Second'], ['value3', 'Third']) },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    } as object,
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: { anyOf: titled(['value1', 'First'], ['value2', 'Second'], ['value3', 'Third']) },
    },
  },
});

/** The tools of the suite that ask the client of a session, or tell it something. */
export function addAskingTools(server: ServerDefinition): void {
  server
    .tool('test_tool_with_logging', { description: 'Tells what it does', scopes }, async (_, { tell }) => {
      for (const word of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await tell('info', word);
      }
      return 'Done.';
    })
    .tool(
      'test_sampling',
      { description: 'Asks the model', input: z.object({ prompt: z.string() }), scopes },
      async ({ prompt }, { sample }) => {
        const { content } = await sample({ messages: [text(prompt)], maxTokens: 100 });
        return `LLM response: ${content.type === 'text' ? content.text : content.type}`;
      },
    )
    .tool(
      'test_elicitation',
      { description: 'Asks the person', input: z.object({ message: z.string() }), scopes },
      async ({ message }, { elicit }) => {
        const schema = z.object({ username: z.string(), email: z.string() });
        return `User response: ${JSON.stringify(await elicit({ message, schema }))}`;
      },
    );
  for (const [name, schema] of [
    ['test_elicitation_sep1034_defaults', defaults],
    ['test_elicitation_sep1330_enums', enums],
  ] as const) {
    server.tool(name, { description: 'Asks with a form', scopes }, async (_, { elicit }) => {
      const { action, ...rest } = await elicit({ message: 'Please fill in', schema });
      return `Elicitation completed: action=${action}, content=${JSON.stringify(rest)}`;
    });
  }
}
