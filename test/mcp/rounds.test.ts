import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.ts';
import type { Principal } from '../../src/core/principal.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { createEndpoint } from '../../src/mcp/endpoint.ts';
import { exchange, modern, user } from './callers.ts';

afterEach(() => void vi.useRealTimers());

const KEY = new Uint8Array(32).fill(7);
const OLDER = new Uint8Array(32).fill(8);
const schema = z.object({ sure: z.boolean() });
const META = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {} } };
const yes = { action: 'accept', content: { sure: true } };

/** A mount of tools that ask before they act; `done` is what they did. */
function careful(stateKeys: readonly Uint8Array[] = [KEY]) {
  const done: string[] = [];
  const words = { question: 'Sure?' };
  const input = z.object({ what: z.string() });
  const definition = defineServer({ name: 's', version: '1' })
    .tool('remove', { description: 'R', input, scopes: [] }, async ({ what }, { elicit }) => {
      const answer = await elicit({ message: words.question, schema });
      if (answer.action === 'accept' && answer.content.sure) done.push(what);
      return done.join();
    })
    .tool('wipe', { description: 'W', input, scopes: [] }, async (_, { elicit }) =>
      elicit({ message: 'Sure?', schema }),
    )
    .tool('twice', { description: 'T', input, scopes: [] }, async (_, { elicit }) => {
      const ask = { message: 'Again?', schema };
      return [await elicit(ask), await elicit(ask)].map(({ action }) => action);
    })
    .tool('greet', { description: 'G', input, scopes: [] }, async (_, { elicit }) => {
      const asked = { message: 'Who are you?', schema: z.object({ name: z.string() }) };
      const answer = await elicit(asked, { key: 'name', volunteered: true });
      const sure = await elicit({ message: 'Sure?', schema }, { key: 'sure' });
      return [answer.action === 'accept' && answer.content.name, sure.action].join();
    })
    .tool('stubborn', { description: 'S', input, scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit({ message: 'Sure?', schema }).catch(() => 'swallowed');
      return JSON.stringify(answer);
    });
  const endpoint = createEndpoint(definition, { log: silentLog, stateKeys });
  return {
    done,
    words,
    async call(name: string, more: object = {}, principal: Principal = user('alice'), what = 'a') {
      const sent = modern('tools/call', { name, arguments: { what }, _meta: META, ...more });
      const answer = await exchange(definition, endpoint, sent, { principal });
      return (await answer.json()) as Answer;
    },
  };
}

interface Answer {
  readonly result: {
    readonly resultType?: string;
    readonly requestState: string;
    readonly inputRequests: Record<string, { method: string; params: { message: string } }>;
    readonly content: { text: string }[];
  };
  readonly error?: { code: number; message: string; data?: unknown };
}

const answering = ({ result }: Answer, given: unknown = yes) => ({
  inputResponses: Object.fromEntries(Object.keys(result.inputRequests).map((key) => [key, given])),
  requestState: result.requestState,
});

const REFUSED = { code: -32602, message: 'Invalid or expired requestState', data: { reason: 'invalid_request_state' } };

describe('a tool that asks a client of 2026-07-28', () => {
  it('does nothing before it has the answer, and the rest after it', async () => {
    const { call, done } = careful();
    const asked = await call('remove');
    expect(asked.result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { 'question-1': { method: 'elicitation/create', params: { message: 'Sure?' } } },
    });
    expect(done).toEqual([]);
    expect((await call('remove', answering(asked))).result.content).toMatchObject([{ text: 'a' }]);
    expect(done).toEqual(['a']);
  });

  it('MC-21 takes an answer from the caller who was asked alone, for the same tool and the same arguments', async () => {
    const { call, done } = careful();
    const answers = answering(await call('remove'));
    for (const [name, principal, what] of [
      ['remove', user('bob'), 'a'],
      ['remove', { ...user('alice'), clientId: 'another-app' }, 'a'],
      ['remove', { ...user('alice'), resource: 'https://rs.test/b/mcp' }, 'a'],
      ['remove', { ...user('alice'), issuer: 'https://other.test' }, 'a'],
      ['remove', user('alice'), 'everything'],
      ['wipe', user('alice'), 'a'],
    ] as const) {
      expect((await call(name, answers, principal, what)).error).toEqual(REFUSED);
    }
    expect(done).toEqual([]);
    expect((await call('remove', answers, user('alice', 'more'))).error).toBeUndefined();
    expect(done).toEqual(['a']);
  });

  it('refuses a state that was altered, is made up, is of another key or is ten minutes old', async () => {
    const { call, done } = careful();
    const answers = answering(await call('remove'));
    const { requestState } = answers;
    const [version, body = '', tag] = requestState.split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...payload, exp: 9_999_999_999 })).toString('base64url');
    const foreign = (await careful([OLDER]).call('remove')).result.requestState;
    const swapped = `${version}.${forged}.${tag}`;
    for (const state of [swapped, `${requestState.slice(0, -2)}AA`, 'made-up', '', foreign]) {
      expect((await call('remove', { ...answers, requestState: state })).error).toEqual(REFUSED);
    }
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 601_000);
    expect((await call('remove', answers)).error).toEqual(REFUSED);
    vi.useRealTimers();
    expect(done).toEqual([]);
    expect((await call('remove', answers)).error).toBeUndefined();
  });

  it('is served by any node with the keys, older ones included', async () => {
    const answers = answering(await careful([OLDER]).call('remove'));
    const other = careful([KEY, OLDER]);
    expect((await other.call('remove', answers)).error).toBeUndefined();
    expect(other.done).toEqual(['a']);
  });

  it('counts no answer to what was not asked, or was asked in other words', async () => {
    const { call, done, words } = careful();
    const unasked = await call('remove', { inputResponses: { 'question-1': yes } });
    expect(unasked.result.resultType).toBe('input_required');
    words.question = 'Sure to remove everything?';
    const again = await call('remove', answering(unasked));
    expect(again.result.inputRequests['question-1']?.params.message).toBe(words.question);
    const wrongKey = await call('remove', { ...answering(again), inputResponses: { other: yes } });
    expect(wrongKey.result.resultType).toBe('input_required');
    expect(done).toEqual([]);
    expect((await call('remove', answering(again))).result.content).toMatchObject([{ text: 'a' }]);
  });

  it('takes what a client says unasked only where the question allows it, and in the form of an answer', async () => {
    const { call } = careful();
    const ada = { action: 'accept', content: { name: 'Ada' } };
    for (const name of [undefined, 7, { roots: [] }]) {
      const asked = await call('greet', { inputResponses: { name, sure: yes } });
      expect(Object.keys(asked.result.inputRequests)).toEqual(['name']);
    }
    const asked = await call('greet', { inputResponses: { name: ada, sure: yes, other: 1 } });
    expect(Object.keys(asked.result.inputRequests)).toEqual(['sure']);
    expect((await call('greet', answering(asked))).result.content).toMatchObject([{ text: 'Ada,accept' }]);
  });

  it('asks the same words twice where it asks twice, and cannot swallow that it asks', async () => {
    const { call } = careful();
    const first = await call('twice');
    const second = await call('twice', answering(first, { action: 'decline' }));
    expect(Object.keys(second.result.inputRequests)).toEqual(['question-2']);
    const last = await call('twice', answering(second, { action: 'cancel' }));
    expect(last.result.content).toMatchObject([{ text: '["decline","cancel"]' }]);
    expect((await call('stubborn')).result.resultType).toBe('input_required');
  });

  it('tells where the answer is one to another question', async () => {
    const { call } = careful();
    const asked = await call('remove');
    const roots = await call('remove', answering(asked, { roots: [] }));
    expect(roots.result.content).toMatchObject([{ text: 'The client answered something else than it was asked.' }]);
    const unfit = await call('remove', answering(asked, { action: 'accept', content: { sure: 'yes' } }));
    expect(unfit.result.content[0]?.text).toMatch(/^What was filled in does not fit: sure/);
  });
});
