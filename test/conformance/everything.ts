import { fromJsonSchema } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { defineServer, type ServerDefinition, ToolError } from '../../src/mcp/define-server.ts';
import { addAskingTools, addRoundTools } from './everything-asking.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';
const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;
const scopes = ['everything:use'];
const region = z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) });
/** The very schema that the suite looks for, word for word. */
const wide = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const;

/** The fixtures that the official conformance suite looks for. */
export function everything(sessions = false): ServerDefinition {
  const server = defineServer({ name: 'everything', version: '1.0.0', sessions, listChanged: ['tools', 'prompts'] });
  addAskingTools(server);
  addRoundTools(server);
  addTools(server);
  addResources(server);
  addPrompts(server);
  addTriggers(server);
  return server;
}

/** Tools that change a list: what comes and goes is as they left it. */
function addTriggers(server: ServerDefinition): void {
  const passing = ['test_passing'];
  const trigger = (choice: Parameters<ServerDefinition['disable']>[0]) => {
    let there = true;
    return () => {
      there = !there;
      server[there ? 'enable' : 'disable'](choice);
      return 'Changed.';
    };
  };
  server
    .tool('test_passing', { description: 'Comes and goes', scopes }, () => 'Here.')
    .prompt('test_passing', { description: 'Comes and goes', scopes }, () => 'Here.')
    .tool('test_trigger_tool_change', { description: 'Changes the tools', scopes }, trigger({ tools: passing }))
    .tool('test_trigger_prompt_change', { description: 'Changes the prompts', scopes }, trigger({ prompts: passing }));
}

function addTools(server: ServerDefinition): void {
  const embedded = (uri: string, mimeType: string, text: string) =>
    ({ type: 'resource', resource: { uri, mimeType, text } }) as const;
  server
    .tool('test_simple_text', { description: 'A text', scopes }, () => 'This is a simple text response for testing.')
    .tool('test_image_content', { description: 'An image', scopes }, () => [image])
    .tool('test_audio_content', { description: 'A sound', scopes }, () => [
      { type: 'audio', data: WAV, mimeType: 'audio/wav' },
    ])
    .tool('test_embedded_resource', { description: 'A resource', scopes }, () => [
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ])
    .tool('test_multiple_content_types', { description: 'All of them', scopes }, () => [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ])
    .tool('test_error_handling', { description: 'Always fails', scopes }, () => {
      throw new ToolError('This tool intentionally returns an error for testing');
    })
    .tool('test_tool_with_progress', { description: 'Tells how far it is', scopes }, async (_, { progress }) => {
      for (const done of [0, 50, 100]) await progress(done, 100);
      return 'Done.';
    })
    .tool('test_x_mcp_header', { description: 'Repeats an argument in a header', input: region, scopes }, () => 'Done.')
    .tool(
      'json_schema_2020_12_tool',
      { description: 'A wide schema', input: fromJsonSchema(wide), scopes },
      () => 'Done.',
    );
}

function addResources(server: ServerDefinition): void {
  const text = { name: 'text', mimeType: 'text/plain', scopes };
  server
    .resource('test://static-text', text, () => 'This is the content of the static text resource.')
    .resource('test://static-binary', { name: 'binary', mimeType: 'image/png', scopes }, () =>
      Buffer.from(PNG, 'base64'),
    )
    .resource('test://watched-resource', { ...text, name: 'watched', subscribe: true }, () => 'Watched.')
    .resource('test://template/{id}/data', { name: 'template', mimeType: 'application/json', scopes }, ({ id }) => ({
      id,
      templateTest: true,
    }));
}

function addPrompts(server: ServerDefinition): void {
  const words = z.object({ arg1: z.string(), arg2: z.string() });
  server
    .prompt('test_simple_prompt', { description: 'A prompt', scopes }, () => 'This is a simple prompt for testing.')
    .prompt(
      'test_prompt_with_arguments',
      { description: 'A prompt of two words', input: words, scopes, complete: { arg1: () => ['paris', 'park'] } },
      ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
    )
    .prompt(
      'test_prompt_with_embedded_resource',
      { description: 'A prompt with a resource', input: z.object({ resourceUri: z.string() }), scopes },
      ({ resourceUri: uri }) => [
        { role: 'user', content: { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded.' } } },
        { role: 'user', content: 'Please process the embedded resource above.' },
      ],
    )
    .prompt('test_prompt_with_image', { description: 'A prompt with an image', scopes }, () => [
      { role: 'user', content: image },
      { role: 'user', content: 'Please analyze the image above.' },
    ]);
}
