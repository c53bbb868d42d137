import { defineServer, principalKey, type ServerDefinition, ToolError } from 'mcp-gatehouse';
import { z } from 'zod';
import { type Notebook, openNotebook } from './notebook.ts';

const read = ['notes:read'];
const one = z.object({ id: z.string().describe('The id of a note') });
const note = z.object({ id: z.string(), text: z.string() });

/** A notebook for each caller, in one SQLite file. Reading comes first; writing and deleting take a step up. */
export function notes({ file }: { readonly file: string }): ServerDefinition {
  const server = defineServer({
    name: 'notes',
    version: '1.0.0',
    title: 'Notes',
    instructions: 'Keeps short notes. Each caller sees only their own.',
    scopes: {
      'notes:read': 'Read your notes',
      'notes:write': { description: 'Add notes', implies: ['notes:read'] },
      'notes:admin': { description: 'Delete notes', implies: ['notes:write'] },
    },
    defaultScopes: read,
    list: 'all',
    listChanged: ['resources'],
  });
  const notebook = openNotebook(file);
  addTools(server, notebook);
  addReading(server, notebook);
  return server;
}

function addTools(server: ServerDefinition, notebook: Notebook): void {
  const listed = z.object({ notes: z.array(note) });
  server
    .tool('list_notes', { description: 'List your notes', output: listed, scopes: read }, (_, { principal }) => ({
      notes: notebook.list(principalKey(principal)),
    }))
    .tool('read_note', { description: 'Read one note', input: one, scopes: read }, ({ id }, { principal }) => {
      return notebook.read(principalKey(principal), id) ?? refuseUnknown();
    })
    .tool(
      'add_note',
      {
        description: 'Save a note',
        input: z.object({ text: z.string().min(1).max(10_000) }),
        output: z.object({ id: z.string() }),
        scopes: ['notes:write'],
      },
      ({ text }, { principal, listChanged }) => {
        const id = notebook.add(principalKey(principal), text);
        listChanged('resources');
        return { id };
      },
    )
    .tool(
      'delete_note',
      {
        description: 'Delete a note',
        input: one,
        scopes: ['notes:admin'],
        annotations: { destructiveHint: true, idempotentHint: true },
      },
      ({ id }, { principal, listChanged, resourceUpdated }) => {
        if (!notebook.delete(principalKey(principal), id)) refuseUnknown();
        listChanged('resources');
        resourceUpdated(`notes://${id}`);
        return 'Deleted.';
      },
    );
}

function addReading(server: ServerDefinition, notebook: Notebook): void {
  server
    .resource(
      'notes://{id}',
      {
        name: 'note',
        description: 'One of your notes',
        mimeType: 'text/plain',
        scopes: read,
        subscribe: true,
        list: ({ principal }) =>
          notebook
            .list(principalKey(principal))
            .map(({ id, text }) => ({ uri: `notes://${id}`, name: text.slice(0, 40) })),
        complete: {
          id: (start, { principal }) =>
            notebook.list(principalKey(principal)).flatMap(({ id }) => (id.startsWith(start) ? id : [])),
        },
      },
      ({ id }, { principal }) => notebook.read(principalKey(principal), id),
    )
    .prompt('summarize_notes', { description: 'Summarize your notes', scopes: read }, (_, { principal }) => {
      const texts = notebook.list(principalKey(principal)).map(({ text }) => `- ${text}`);
      return `Summarize these notes in three sentences:\n\n${texts.join('\n')}`;
    });
}

function refuseUnknown(): never {
  throw new ToolError('You have no note with that id.');
}
