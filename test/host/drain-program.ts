import { createInterface } from 'node:readline';
import { local } from '../../providers/local.ts';
import { createHost } from '../../src/host/create-host.ts';
import { serveUntilSignal } from '../../src/host/serve-until-signal.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';

// A host whose tools and store wait for a word of the test. Lines on standard input: `hold` lets every store call from now on
// wait, `hold machine` those about records of that kind, `release` lets everything that waits go on. `holding`, and
// each thing that begins to wait, is told on standard output.

/** What the names of held records begin with. */
let held = process.argv.includes('held') ? '' : undefined;
let go = Promise.withResolvers<void>();
createInterface({ input: process.stdin }).on('line', (line) => {
  const [, hold] = /^hold ?(.*)$/.exec(line) ?? [];
  held = hold;
  if (held !== undefined) return console.log('holding');
  go.resolve();
  go = Promise.withResolvers<void>();
});

const wait = (what: string): Promise<void> => {
  console.log(`waiting ${what}`);
  return go.promise;
};

function waitingStore(inner: Store): Store {
  const guard =
    <A extends readonly unknown[], R>(action: (...values: A) => Promise<R>) =>
    async (...values: A): Promise<R> => {
      if (held !== undefined && String(values[0]).startsWith(held)) await wait('store');
      return action(...values);
    };
  const entries = Object.entries(inner).map(([name, action]) => [name, guard(action)]);
  return Object.fromEntries(entries) as Store;
}

const slow = defineServer({ name: 'slow', version: '1.0.0' })
  .tool('wait', { description: 'Waits', scopes: [] }, async () => {
    await wait('call');
    return 'waited';
  })
  .tool('stream', { description: 'Waits after a first word', scopes: [] }, async (_, { progress }) => {
    await progress(1, 2);
    await wait('stream');
    return 'streamed';
  })
  .tool('large', { description: 'Says much', scopes: [] }, () => 'x'.repeat(8_000_000));

const host = createHost({ auth: local(), store: waitingStore(memoryStore()) });
host.mount('/slow', slow);
const { port } = await serveUntilSignal(host);
const { clientId, clientSecret } = await host.authorization.machines.add({ name: 'Test', scopes: [], secret: true });
console.log(`listening ${port} ${clientId} ${clientSecret}`);
