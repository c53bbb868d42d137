import type { ReadResourceResult } from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import { checkAgainst } from '../schema.ts';
import { ToolError } from '../tool-error.ts';
import type { DocumentedOperation } from './list-operations.ts';
import { member } from './members.ts';
import type { OperationItem } from './operation-item.ts';
import type { Parameter } from './parameters.ts';
import { isJson } from './request-body.ts';
import type { Answer } from './responses.ts';
import { encode } from './serialise.ts';
import { Unsupported } from './unsupported.ts';

/** A GET operation behind a URI or a template. */
export interface OperationResource {
  readonly uri: string;
  read(values: Readonly<Record<string, string>>, context: CallContext): Promise<ReadResourceResult>;
}

/**
 * The resource that an operation is: `openapi://<server><path>`, with a variable for each parameter of the path. Other
 * parameters are not offered. Throws Unsupported where the operation cannot do without, or is no GET.
 */
export function operationResource(
  { method, path }: DocumentedOperation,
  { parameters, input, ask }: OperationItem,
  kind: 'resource' | 'template',
  server: string,
): OperationResource {
  if (method !== 'GET') throw new Unsupported(`only a GET can be a ${kind}`);
  const needed = parameters.find(({ required, place }) => required && place !== 'path');
  if (needed !== undefined) throw new Unsupported(`it cannot be a ${kind}: it needs "${needed.name}"`);
  const inPath = parameters.filter(({ place }) => place === 'path');
  if ((kind === 'template') !== inPath.length > 0) {
    throw new Unsupported(`its path ${inPath.length > 0 ? 'has' : 'has no'} parameters: it cannot be a ${kind}`);
  }
  const variables = new Map(inPath.map((parameter) => [parameter.name, variableOf(parameter)]));
  const uri = (write: (name: string) => string) =>
    `openapi://${server}${path.replace(/\{([^{}]*)\}/g, (_, name: string) => write(name))}`;
  return {
    uri: uri((name) => `{${variables.get(name)}}`),
    async read(values, context) {
      const given = inPath.map(({ name, argument, schema }) => {
        const text = values[variables.get(name) ?? ''] ?? '';
        return [argument, typed(text, schema)] as const;
      });
      const fitting = await checkAgainst(input, Object.fromEntries(given));
      if ('fault' in fitting) throw new ToolError(`The address is not valid: ${fitting.fault}`);
      const answer = await ask(fitting.value, context);
      return contentsOf(
        uri((name) => encode(values[variables.get(name) ?? ''] ?? '')),
        answer,
      );
    },
  };
}

const variableOf = ({ argument }: Parameter): string => argument.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** Variables are texts; what the parameter's schema calls a number or a truth value is made one. */
function typed(text: string, schema: unknown): unknown {
  const type = member(schema, 'type');
  const types = Array.isArray(type) ? type : [type];
  if ((types.includes('integer') || types.includes('number')) && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) {
    return Number(text);
  }
  return types.includes('boolean') && /^(true|false)$/.test(text) ? text === 'true' : text;
}

function contentsOf(uri: string, { type, value }: Answer): ReadResourceResult {
  if (value === undefined) return { contents: [] };
  if (value instanceof Uint8Array) {
    const mimeType = type === '' ? 'application/octet-stream' : type;
    return { contents: [{ uri, mimeType, blob: Buffer.from(value).toString('base64') }] };
  }
  return { contents: [{ uri, mimeType: type, text: isJson(type) ? JSON.stringify(value) : String(value) }] };
}
