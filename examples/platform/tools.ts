import { defineServer, type Operation, type Principal, type ServerDefinition, ToolError } from 'mcp-gatehouse';
import { responseCache } from 'mcp-gatehouse/middleware';
import { z } from 'zod';
import type { Core } from './core.ts';
import { roles } from './roles.ts';

const price = z.int().nonnegative().describe('In cents');
const product = z.object({ id: z.int(), name: z.string(), price, changedBy: z.string() });
const list = <T extends z.ZodType>(of: T) => z.object({ found: z.array(of) });

/** The platform as tools, which the host also serves as REST. They only read arguments, call the core and say who it was. */
export function platformTools(core: Core): ServerDefinition {
  const server = defineServer({
    name: 'platform',
    version: '1.0.0',
    title: 'Platform',
    scopes: roles,
    defaultScopes: ['viewer'],
    list: 'all',
  });
  // The same for every viewer, and it may be half a minute old.
  const isSlowlyChanging = ({ item }: Operation) => item?.tags.has('kept') === true;
  server.use(responseCache({ seconds: { callTool: 30 }, keeps: isSlowlyChanging, isPublic: isSlowlyChanging }));
  addReading(server, core);
  addWriting(server, core);
  return server;
}

function addReading(server: ServerDefinition, core: Core): void {
  const annotations = { readOnlyHint: true };
  const word = z.object({ word: z.string().default('').describe('Part of the name') });
  const summary = z.object({ products: z.int(), meanPrice: z.number(), countedAt: z.iso.datetime() });
  const user = z.object({ name: z.string(), role: z.string() });
  server
    .tool(
      'search_products',
      { description: 'Products by name', input: word, output: list(product), scopes: ['viewer'], annotations },
      (input) => ({ found: [...core.search(input.word)] }),
    )
    .tool(
      'summary',
      { description: 'Products in figures', output: summary, scopes: ['viewer'], tags: ['kept'], annotations },
      () => core.summary(),
    )
    .tool(
      'list_users',
      { description: 'Who works here, as what', output: list(user), scopes: ['admin'], annotations },
      () => ({ found: [...core.users()] }),
    );
}

function addWriting(server: ServerDefinition, core: Core): void {
  server
    .tool(
      'add_product',
      {
        description: 'Sell something new',
        input: z.object({ name: z.string().min(1).max(200), price }),
        output: product,
        scopes: ['editor'],
      },
      (input, { principal }) => {
        if (core.search(input.name).some(({ name }) => name === input.name)) {
          throw new ToolError(`There is a product ${input.name} already.`);
        }
        return core.add(input, nameOf(principal));
      },
    )
    .tool(
      'set_price',
      {
        description: 'Change a price',
        input: z.object({ id: z.int(), price }),
        output: product,
        scopes: ['editor'],
        annotations: { idempotentHint: true },
      },
      (input, { principal }) => {
        const changed = core.setPrice(input.id, input.price, nameOf(principal));
        if (changed === undefined) throw new ToolError(`There is no product ${input.id}.`);
        return changed;
      },
    );
}

const nameOf = ({ name, subject }: Principal): string => name ?? subject;
