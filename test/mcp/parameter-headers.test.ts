import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer } from '../../src/mcp/define-server.ts';
import { legacy, modern, serving } from './callers.ts';

const tenant = z.string().optional().meta({ 'x-mcp-header': 'Tenant' });
const input = z.object({
  tenant,
  where: z.object({ shelf: z.number().int().meta({ 'x-mcp-header': 'Shelf' }) }).optional(),
});

describe('arguments that are repeated in headers', () => {
  const ran: unknown[] = [];
  const { ask } = serving(
    defineServer({ name: 's', version: '1' }).tool(
      't',
      { description: 'T', input, scopes: [] },
      (given) => void ran.push(given),
    ),
  );
  const call = (given: object, headers: Record<string, string>) =>
    ask(modern('tools/call', { name: 't', arguments: given }, headers));

  it('MC-23 refuses a header that is missing, disagrees or is not well encoded', async () => {
    const wrong: [object, Record<string, string>][] = [
      [{ tenant: 't2' }, { 'mcp-param-tenant': 't1' }],
      [{ tenant: 't2' }, {}],
      [{ tenant: 't2' }, { 'mcp-param-tenant': 't2, t2' }],
      [{ tenant: 't2' }, { 'mcp-param-tenant': '=?base64?dDI?=' }],
      [{ where: { shelf: 42 } }, { 'mcp-param-shelf': '43' }],
      [{ where: { shelf: 42 } }, { 'mcp-param-shelf': '0x2a' }],
    ];
    for (const [given, headers] of wrong) {
      expect(await call(given, headers)).toMatchObject({ status: 400, body: { id: 1, error: { code: -32020 } } });
    }
    expect(ran).toEqual([]);
  });

  it('MC-23 takes equal values, numbers as numbers, and asks for no header without a value', async () => {
    expect((await call({ tenant: 't2' }, { 'mcp-param-tenant': 't2' })).status).toBe(200);
    expect((await call({ tenant: 'é' }, { 'mcp-param-tenant': '=?base64?w6k=?=' })).status).toBe(200);
    expect((await call({ where: { shelf: 42 } }, { 'mcp-param-shelf': '42.0' })).status).toBe(200);
    expect((await call({}, { 'mcp-param-tenant': 't1' })).status).toBe(200);
    expect((await ask(legacy('tools/call', { name: 't', arguments: { tenant: 't2' } }))).status).toBe(200);
  });

  it('refuses a declaration that no header can serve', () => {
    const define = (shape: z.ZodRawShape) => () =>
      defineServer({ name: 's', version: '1' }).tool(
        't',
        { description: 'T', input: z.object(shape), scopes: [] },
        () => 1,
      );
    const named = (name: unknown) => ({ 'x-mcp-header': name });
    expect(define({ a: z.string().meta(named('two words')) })).toThrow(
      'Tool "t" of s: the x-mcp-header of a is not a header name.',
    );
    expect(define({ a: z.number().meta(named('A')) })).toThrow(
      'the x-mcp-header of a needs the type string, integer or boolean.',
    );
    expect(define({ a: z.string().meta(named('A')), b: z.string().meta(named('a')) })).toThrow(
      'Tool "t" of s declares an x-mcp-header twice.',
    );
    expect(define({ a: z.array(z.string().meta(named('A'))) })).toThrow(
      'Tool "t" of s declares an x-mcp-header where no plain property leads.',
    );
  });
});
