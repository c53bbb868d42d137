import type { IncomingMessage } from 'node:http';
import { decodeJwt } from 'jose';
import type { Form } from './form.ts';

/** The client that a request says it comes from. Nothing of it is proved: good for counting only. */
export function namedClient({ headers }: Pick<IncomingMessage, 'headers'>, { values }: Form): string | undefined {
  return (
    values.get('client_id') ?? basicUser(headers.authorization) ?? assertionSubject(values.get('client_assertion'))
  );
}

function basicUser(line = ''): string | undefined {
  const credentials = /^basic +(\S+)$/i.exec(line)?.[1];
  return credentials && Buffer.from(credentials, 'base64').toString('latin1').split(':')[0];
}

function assertionSubject(assertion: string | undefined): string | undefined {
  try {
    return assertion && decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}
