import { z } from 'zod';
import { defineServer, type ServerDefinition, ToolError } from '../../src/mcp/define-server.ts';

/** A server with one item of each kind for everyone and one behind `admin`; `ran` names each handler that ran. */
export function sample(options: { readonly list?: 'granted' | 'all' } = {}): {
  readonly definition: ServerDefinition;
  readonly ran: string[];
} {
  const ran: string[] = [];
  const run = (name: string): string => {
    ran.push(name);
    return name;
  };
  const input = z.object({ text: z.string().default('') });
  const definition = defineServer({
    name: 'sample',
    version: '1.2.3',
    title: 'Sample',
    instructions: 'Be kind.',
    ...options,
  })
    .tool('safe', { description: 'Safe', input, scopes: [] }, () => run('safe'))
    .tool('admin_tool', { description: 'Admin', input, scopes: ['admin', 'audit'] }, () => run('admin_tool'))
    .resource('open://all', { name: 'open', mimeType: 'text/markdown', scopes: [] }, () => run('open://all'))
    .resource('secret://all', { scopes: ['admin'] }, () => run('secret://all'))
    .resource(
      'file://{id}',
      {
        name: 'file',
        scopes: ['admin'],
        list: () => [{ uri: `file://${run('list')}`, name: 'one' }],
        complete: { id: (start) => ['ab', 'b'].filter((id) => id.startsWith(start) && run('complete')) },
      },
      ({ id }) => (id === 'missing' ? undefined : run(`file ${id}`)),
    )
    .prompt('greet', { description: 'Greet', input: z.object({ who: z.string() }), scopes: [] }, ({ who }) =>
      run(`greet ${who}`),
    )
    .prompt(
      'plan',
      {
        description: 'Plan',
        input: z.object({ what: z.string().optional() }),
        scopes: ['admin'],
        complete: { what: () => [run('complete')] },
      },
      () => [{ role: 'assistant', content: run('plan') }],
    )
    .tool('fails', { description: 'Fails', input: z.object({ how: z.string() }), scopes: [] }, ({ how }) => {
      if (how === 'expected') throw new ToolError('Out of paper.', { cause: new Error('tray 7 at 10.0.0.7') });
      throw new Error('password of the database is hunter2');
    });
  return { definition, ran };
}
