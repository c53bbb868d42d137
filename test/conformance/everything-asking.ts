import { fromJsonSchema } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { CannotAsk, type Elicited } from '../../src/mcp/ask.ts';
import type { CallContext, ServerDefinition } from '../../src/mcp/define-server.ts';

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

/** The tools and the prompt of the suite that ask a client of 2026-07-28, which calls again with its answers. */
export function addRoundTools(server: ServerDefinition): void {
  const about = (description: string) => ({ description, scopes });
  const name = z.object({ name: z.string() });
  const confirmation = { message: 'Please confirm', schema: z.object({ ok: z.boolean() }) };
  const confirmed = async (_: unknown, { elicit }: CallContext) => {
    const { action } = await elicit(confirmation, { key: 'confirm' });
    return `state-ok: ${action}`;
  };
  const capital = { messages: [text('What is the capital of France?')], maxTokens: 100 };
  const nameOf = (answer: Elicited<typeof name>) => (answer.action === 'accept' ? answer.content.name : answer.action);
  const who = { message: 'What is your name?', schema: name };
  const greet = async (_: unknown, { elicit }: CallContext) =>
    `Hello, ${nameOf(await elicit(who, { key: 'user_name', volunteered: true }))}!`;
  const streamed = async (_: unknown, context: CallContext) => {
    await context.progress(1, 2);
    return greet(_, context);
  };
  server
    .tool('test_input_required_result_elicitation', about('Asks a name'), greet)
    .tool('test_streaming_elicitation', about('Asks in a stream'), streamed)
    .tool('test_input_required_result_capabilities', about('Asks whom it may'), (input, context) =>
      greet(input, context).catch((error) => {
        if (!(error instanceof CannotAsk)) throw error;
        return context.sample(capital);
      }),
    )
    .tool('test_missing_capability', about('Asks the model'), async (_, { sample }) => (await sample(capital)).content)
    .tool('test_input_required_result_sampling', about('Asks the model'), async (_, { sample }) => {
      const { content } = await sample(capital, { key: 'capital_question' });
      return content.type === 'text' ? content.text : content.type;
    })
    .tool('test_input_required_result_list_roots', about('Asks for folders'), async (_, { roots }) =>
      (await roots({ key: 'client_roots' })).map(({ uri }) => uri).join(),
    )
    .tool('test_input_required_result_request_state', about('Asks to confirm'), confirmed)
    .tool('test_input_required_result_tampered_state', about('Asks to confirm'), confirmed)
    .tool('test_input_required_result_multi_round', about('Asks twice'), async (_, { elicit }) => {
      const first = nameOf(await elicit({ message: 'Step 1: What is your name?', schema: name }, { key: 'step1' }));
      const color = { message: 'Step 2: What is your favorite color?', schema: z.object({ color: z.string() }) };
      return `${first}: ${JSON.stringify(await elicit(color, { key: 'step2' }))}`;
    })
    .tool('test_input_required_result_multiple_inputs', about('Asks three things'), async (_, context) => {
      const greeting = { messages: [text('Generate a greeting')], maxTokens: 50 };
      const answers = await Promise.all([
        context.elicit(who, { key: 'user_name' }),
        context.sample(greeting, { key: 'greeting' }),
        context.roots({ key: 'client_roots' }),
      ]);
      return JSON.stringify(answers);
    })
    .tool('test_logging_tool', about('Tells what it does'), async (_, { tell }) => {
      await tell('info', 'Told.');
      return 'Done.';
    })
    .prompt('test_input_required_result_prompt', about('Asks for its context'), async (_, { elicit }) => {
      const form = { message: 'What context?', schema: z.object({ context: z.string() }) };
      return `Context: ${JSON.stringify(await elicit(form, { key: 'user_context' }))}`;
    });
}
