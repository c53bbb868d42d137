import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { z } from 'zod';

const pages = new Map([
  ['holidays', 'Everybody has 30 days a year.'],
  ['travel', 'Take the train.'],
]);

/** For everybody who is signed in: no scope at all. */
export const handbook = (): ServerDefinition =>
  defineServer({ name: 'handbook', version: '1.0.0', title: 'Handbook' })
    .tool(
      'find_page',
      { description: 'Pages of the handbook', input: z.object({ word: z.string() }), scopes: [] },
      ({ word }) => [...pages.keys()].filter((name) => name.includes(word)),
    )
    .resource(
      'handbook://{page}',
      { name: 'page', description: 'A page of the handbook', mimeType: 'text/plain', scopes: [] },
      ({ page }) => pages.get(page),
    );
