import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InsufficientScopeError } from '../../src/client/index.ts';
import { type RunningExample, runExample } from './running-example.ts';

let example: RunningExample;
beforeAll(async () => {
  example = await runExample('openapi-service', /server .*\n/);
});
afterAll(async () => expect(await example.stop()).toBe(0));

describe('the example of an OpenAPI service', () => {
  it('serves what its rules choose, and a machine as far as its scopes go', async () => {
    await using client = await example.asMachine('catalogue', '/library');
    expect((await client.listTools()).map(({ name }) => name)).not.toContain('restart');
    expect((await client.callTool('find_books', { word: 'march' })).structuredContent).toHaveLength(2);
    expect(await client.readResource('openapi://library/books/1')).toMatchObject([
      { text: JSON.stringify({ id: 1, title: 'Middlemarch' }) },
    ]);
    await expect(client.callTool('add_book', { body: { title: 'Ours' } })).rejects.toThrow(InsufficientScopeError);
  });

  it('adds a book for somebody who grants that, too', async () => {
    await using client = await example.asPerson('ada', '/library');
    expect((await client.callTool('add_book', { body: { title: 'Theirs' } })).structuredContent).toEqual({
      id: 3,
      title: 'Theirs',
    });
  });
});
