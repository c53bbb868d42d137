import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { local } from '../../providers/local.ts';
import { createHost } from '../../src/host/create-host.ts';
import { defineServer } from '../../src/mcp/define-server.ts';

// A host as `gatehouse serve` takes it. `wait` goes on when a line comes on standard input.

let go = Promise.withResolvers<void>();
createInterface({ input: process.stdin }).on('line', () => {
  go.resolve();
  go = Promise.withResolvers<void>();
});
// A start that fails must end the process.
(process.stdin as unknown as Socket).unref();

const notes = defineServer({ name: 'notes', version: '1.0.0', scopes: { 'notes:read': 'Read your notes' } })
  .tool('list_notes', { description: 'Lists', scopes: ['notes:read'] }, (_, { principal }) => `of ${principal.subject}`)
  .tool('wait', { description: 'Waits after a first word', scopes: ['notes:read'] }, async (_, { progress }) => {
    await progress(1, 2);
    console.log('waiting');
    await go.promise;
    return 'waited';
  });

const host = createHost({ auth: local() });
host.mount('/notes', notes);
host.app.get('/seen', ({ ip, headers }, response) => void response.json({ ip, headers }));
export default host;
