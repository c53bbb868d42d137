import type { ReadResourceResult } from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import { checkAgainst } from '../schema.ts';
import { ToolError } from '../tool-error.ts';
import { parseUriTemplate, type UriTemplate } from '../uri-template.ts';
import type { DocumentedOperation } from './list-operations.ts';
import type { OperationItem } from './operation-item.ts';
import type { Parameter } from './parameters.ts';
import { isJson } from './request-body.ts';
import type { Answer } from './responses.ts';
import { Unsupported } from './unsupported.ts';

/** A GET operation behind a URI or a template. */
export interface OperationResource {
  readonly uri: string;
  read(values: Readonly<Record<string, string>>, context: CallContext): Promise<ReadResourceResult>;
}

/**
 * The resource that an operation is: `openapi://<server><path>`; as a template with a variable for each parameter of the path
 * and each plain one of the query. Others are not offered. Throws Unsupported where the operation cannot do without them, or is
 * no GET.
 */
export function operationResource(
  { method, path }: DocumentedOperation,
  { parameters, input, ask }: OperationItem,
  kind: 'resource' | 'template',
  server: string,
): OperationResource {
  if (method !== 'GET') throw new Unsupported(`only a GET can be a ${kind}`);
  const offered = kind === 'template' ? parameters.filter(isPlain) : [];
  const needed = parameters.find((parameter) => parameter.required && !offered.includes(parameter));
  if (needed !== undefined) throw new Unsupported(`it cannot be a ${kind}: it needs "${needed.name}"`);
  if (kind === 'template' && offered.length === 0) throw new Unsupported('it has no parameters: it is a resource');
  const template = templateOf(server, path, offered);
  return {
    uri: template.text,
    async read(values, context) {
      const given = offered.flatMap((parameter): [string, unknown][] => {
        const text = values[variableOf(parameter)];
        return text === undefined ? [] : [[parameter.argument, typed(text, parameter)]];
      });
      const fitting = await checkAgainst(input, Object.fromEntries(given));
      if ('fault' in fitting) throw new ToolError(`The address is not valid: ${fitting.fault}`);
      return contentsOf(template.expand(values), await ask(fitting.value, context));
    },
  };
}

const PLAIN = ['string', 'integer', 'number', 'boolean'];

const isPlain = ({ place, types }: Parameter): boolean =>
  place === 'path' || (place === 'query' && types.length > 0 && types.every((type) => PLAIN.includes(type)));

function templateOf(server: string, path: string, offered: readonly Parameter[]): UriTemplate {
  const inPath = new Map(offered.filter(({ place }) => place === 'path').map((each) => [each.name, variableOf(each)]));
  const filled = path.replace(/\{([^{}]*)\}/g, (_, name: string) => `{${inPath.get(name)}}`);
  const query = offered.filter(({ place }) => place === 'query').map(variableOf);
  try {
    return parseUriTemplate(`openapi://${server}${filled}${query.length === 0 ? '' : `{?${query.join(',')}}`}`);
  } catch (error) {
    if (error instanceof TypeError) throw new Unsupported(error.message);
    throw error;
  }
}

const variableOf = ({ argument }: Parameter): string => argument.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** Variables are texts; what the parameter's schema calls a number or a truth value is made one. */
function typed(text: string, { types }: Parameter): unknown {
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
