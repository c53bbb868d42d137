import { CALLBACK } from '../../../test/support/signed-in.ts';
import { callBody, callHeaders } from '../load.ts';
import { formPost, type Post, sender } from './http-batch.ts';
import type { Sample } from './sample.ts';
import type { ServerChild } from './server-child.ts';
import type { SignInRecords } from './sign-in-records.ts';
import type { Contender } from './turns.ts';

/** A refresh token and whose it is. */
export interface Held {
  readonly client: string;
  readonly refresh: string;
}

/** What a server is asked, and by whom. */
export interface TokenWorkParts {
  readonly server: ServerChild;
  readonly signIn: SignInRecords;
  /** Requests of a turn. */
  readonly count: number;
  /** Whether it serves tools, too. */
  readonly calls: boolean;
  /** Picks who refreshes next, out of many; left out, those whose codes were redeemed last. */
  readonly pool?: Held[];
}

/** `/token` in its three ways, and calls of a tool: with a token that is new to the server, and with the same one. */
export function tokenWork(name: string, parts: TokenWorkParts): Contender & { close(): void } {
  const { server, signIn, count } = parts;
  const { send, close } = sender();
  const held = parts.pool ?? [];
  let access: readonly string[] = [];
  const ask = async (posts: readonly Post[]) => {
    const { sample, answers } = await send(posts, server.cpu);
    return { sample, answers: answers.map((text) => JSON.parse(text) as Readonly<Record<string, string>>) };
  };
  const url = `${server.base}/token`;
  const resource = `${server.base}/notes/mcp`;
  const call = async (tokens: readonly string[]): Promise<Sample> => {
    const posts = tokens.map((token) => ({ url: resource, headers: callHeaders(token, ERA), body: callBody(ERA) }));
    const { sample, answers } = await send(posts, server.cpu);
    if (!answers.every((text) => text.includes('"text":"hello"'))) throw new Error('A call was answered otherwise.');
    return sample;
  };
  const redeem = async (): Promise<Sample> => {
    const codes = await server.codes(count);
    const { sample, answers } = await ask(codes.map((each) => formPost(url, codeForm(each, resource, signIn))));
    const fresh = answers.map(({ refresh_token }, index) => heldBy(codes[index]?.client, refresh_token));
    if (parts.pool === undefined) held.splice(0, held.length, ...fresh);
    return sample;
  };
  const refresh = async (): Promise<Sample> => {
    const turn = pick(held, count);
    const forms = turn.map(({ client, refresh }) => ({
      grant_type: 'refresh_token',
      client_id: client,
      refresh_token: refresh,
    }));
    const { sample, answers } = await ask(forms.map((form) => formPost(url, form)));
    held.push(...answers.map(({ refresh_token }, index) => heldBy(turn[index]?.client, refresh_token)));
    access = answers.map(({ access_token }) => String(access_token));
    return sample;
  };
  const machine = async (): Promise<Sample> => {
    const { id, secret } = signIn.machine;
    const form = formPost(
      url,
      { grant_type: 'client_credentials', resource, scope: 'notes:read' },
      { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    );
    return (await ask(Array.from({ length: count }, () => form))).sample;
  };
  const work = new Map([
    ['/token authorization_code', redeem],
    ['/token refresh_token', refresh],
    ['/token client_credentials', machine],
  ]);
  if (parts.calls) work.set(FIRST_CALL, () => call(access)).set(CALL, () => call(access.map(() => access[0] ?? '')));
  return { name, work, close };
}

/** The first call that comes with a token. */
export const FIRST_CALL = 'first call of a token';
/** Any later one. */
export const CALL = 'verified call';

const ERA = '2025-11-25';

const heldBy = (client = '', refresh = ''): Held => ({ client, refresh });

/** Takes `count` of them out, any of them. */
function pick(held: Held[], count: number): readonly Held[] {
  return Array.from({ length: Math.min(count, held.length) }, () => {
    const index = Math.floor(Math.random() * held.length);
    const last = held.pop();
    const chosen = held[index] ?? last;
    if (last !== undefined && index < held.length) held[index] = last;
    return chosen;
  }).filter((each) => each !== undefined);
}

const codeForm = (
  { client, code }: { readonly client: string; readonly code: string },
  resource: string,
  { verifier }: SignInRecords,
) => ({
  grant_type: 'authorization_code',
  client_id: client,
  code,
  code_verifier: verifier,
  redirect_uri: CALLBACK,
  resource,
});
