import { describe, expect, it } from 'vitest';
import { AnswerNeeded } from '../../../src/mcp/ask-in-rounds.ts';
import type { CallContext } from '../../../src/mcp/context.ts';
import { type ForeignCall, foreignCalls } from '../../../src/mcp/foreign/foreign-call.ts';

/** What of a context a waiting call looks at. */
const contextOf = (gone = new AbortController()) => ({ signal: gone.signal }) as CallContext;
const what = (owner: string, n: unknown = 0, person = owner) => ({
  owner,
  person,
  method: 'tools/call',
  params: { n },
  returns: true,
  brought: () => 0,
});

/** A call that asks once, and a way to ask that has an answer only in the second round. */
function asking() {
  const begun: ForeignCall[] = [];
  const answers = new WeakMap<CallContext, string>();
  const begin = async (call: ForeignCall) => {
    begun.push(call);
    return call.ask(async (context, key) => {
      const answer = answers.get(context);
      if (answer === undefined) throw new AnswerNeeded(key);
      return `${key}: ${answer}`;
    });
  };
  const answered = (answer: string) => {
    const context = contextOf();
    answers.set(context, answer);
    return context;
  };
  return { begun, begin, answered };
}

describe('a call that waits for an answer', () => {
  it('goes on where its caller comes back with the same call, and is made once', async () => {
    const { begun, begin, answered } = asking();
    const calls = foreignCalls();
    await expect(calls.serve(what('ada'), contextOf(), begin)).rejects.toThrow(AnswerNeeded);
    expect(await calls.serve(what('ada'), answered('yes'), begin)).toBe('question-1: yes');
    expect(begun).toHaveLength(1);
  });

  it('is left to itself where its caller makes the same call from the start', async () => {
    const { begun, begin, answered } = asking();
    const calls = foreignCalls();
    const anew = { ...what('ada'), returns: false };
    for (const call of [what('ada'), anew]) {
      await expect(calls.serve(call, contextOf(), begin)).rejects.toThrow(AnswerNeeded);
    }
    expect(begun).toHaveLength(2);
    expect(await calls.serve(what('ada'), answered('yes'), begin)).toBe('question-1: yes');
  });

  it('asks by the name that the server gave, and by one of its own where that was asked before', async () => {
    const keys: string[] = [];
    const note = async (_: CallContext, key: string) => void keys.push(key);
    await foreignCalls().serve(what('ada'), contextOf(), async (call) => {
      for (const name of ['color', 'color', undefined, 'question-4', undefined]) await call.ask(note, name);
    });
    expect(keys).toEqual(['color', 'question-2', 'question-3', 'question-4', 'question-5']);
  });

  it("MC-21 is nobody else's: another caller, method or argument makes a call of its own", async () => {
    const { begun, begin, answered } = asking();
    const calls = foreignCalls();
    await expect(calls.serve(what('ada'), contextOf(), begin)).rejects.toThrow(AnswerNeeded);
    await calls.serve(what('bob'), answered('b'), begin);
    await calls.serve(what('ada', 1), answered('1'), begin);
    await calls.serve({ ...what('ada'), method: 'prompts/get' }, answered('p'), begin);
    expect(begun).toHaveLength(4);
    expect(await calls.serve(what('ada'), answered('yes'), begin)).toBe('question-1: yes');
    expect(begun).toHaveLength(4);
  });

  it('is given up when its caller has more than ten, or the server closes; others stay', async () => {
    const { begun, begin } = asking();
    const calls = foreignCalls();
    await calls.serve(what('bob'), contextOf(), begin).catch(() => undefined);
    for (let n = 0; n < 11; n += 1) await calls.serve(what('ada', n), contextOf(), begin).catch(() => undefined);
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([false, true, ...Array(10).fill(false)]);
    calls.close();
    expect(begun.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it('is given up for others of the same person alone: in all apps, and by how large they are', async () => {
    const { begun, begin } = asking();
    const calls = foreignCalls();
    const ask = (...call: Parameters<typeof what>) =>
      calls.serve(what(...call), contextOf(), begin).catch(() => undefined);
    const left = () => begun.filter(({ signal }) => !signal.aborted).length;
    await ask('bob');
    for (let n = 0; n < 20; n += 1) await ask(`app ${n}`, n, 'ada');
    expect(left()).toBe(11);
    const large = 'x'.repeat(4_000_000);
    for (let n = 0; n < 5; n += 1) await ask('eve', [n, large]);
    expect(left()).toBe(15);
    for (let n = 0; n < 5; n += 1) {
      const bringing = { ...what('dan', n), brought: () => large.length };
      await calls.serve(bringing, contextOf(), begin).catch(() => undefined);
    }
    expect(left()).toBe(19);
    expect(begun[0]?.signal.aborted).toBe(false);
    calls.close();
  });

  it('is given up for somebody else only where its person has more waiting than anybody', async () => {
    const { begun, begin } = asking();
    const calls = foreignCalls();
    const ask = (...call: Parameters<typeof what>) =>
      calls.serve(what(...call), contextOf(), begin).catch(() => undefined);
    await ask('bob');
    for (let n = 0; n < 999; n += 1) await ask(`person ${Math.floor(n / 10)}`, String(n).padStart(3));
    expect(begun.some(({ signal }) => signal.aborted)).toBe(false);
    await ask('eve');
    expect(begun.map(({ signal }) => signal.aborted).indexOf(true)).toBe(1);
    calls.close();
  });

  it('ends with its caller while one is there, and not while it waits', async () => {
    const { begun, begin } = asking();
    const calls = foreignCalls();
    const gone = new AbortController();
    await calls.serve(what('ada'), contextOf(gone), begin).catch(() => undefined);
    gone.abort();
    expect(begun[0]?.signal.aborted).toBe(false);
    const leaving = new AbortController();
    const running = calls.serve(what('eve'), contextOf(leaving), (call) => {
      begun.push(call);
      return new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason)));
    });
    leaving.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
  });

  it('may have 20 questions open at once, and more when one of them has its answer', async () => {
    const answers: (() => void)[] = [];
    const question = () => new Promise<void>((resolve) => answers.push(resolve));
    const refused = { code: -32600, message: 'A call may have 20 open questions at most.' };
    await foreignCalls().serve(what('ada'), contextOf(), async (call) => {
      const asked = Array.from({ length: 20 }, () => call.ask(question));
      await expect(call.ask(question)).rejects.toMatchObject(refused);
      answers[0]?.();
      await asked[0];
      const another = call.ask(question);
      await expect(call.ask(question)).rejects.toMatchObject(refused);
      expect(answers).toHaveLength(21);
      for (const answer of answers) answer();
      await Promise.all([...asked, another]);
    });
  });

  it('counts questions that wait for its caller to come back', async () => {
    const { answered } = asking();
    const calls = foreignCalls();
    const faults: unknown[] = [];
    const begin = async (call: ForeignCall) => {
      const question = async (context: CallContext, key: string) => {
        if (context === first) throw new AnswerNeeded(key);
      };
      const asked = Array.from({ length: 21 }, () => call.ask(question));
      for (const each of await Promise.allSettled(asked)) if (each.status === 'rejected') faults.push(each.reason);
      return 'done';
    };
    const first = contextOf();
    await expect(calls.serve(what('ada'), first, begin)).rejects.toThrow(AnswerNeeded);
    expect(await calls.serve(what('ada'), answered('yes'), begin)).toBe('done');
    expect(faults).toMatchObject([{ code: -32600 }]);
  });

  it('takes its open questions back when it has come to its end', async () => {
    const { begun } = asking();
    const open: Promise<unknown>[] = [];
    await foreignCalls().serve(what('ada'), contextOf(), async (call) => {
      begun.push(call);
      expect(call.signal.aborted).toBe(false);
      const forever = () => new Promise((_, reject) => call.signal.addEventListener('abort', () => reject('ended')));
      open.push(call.ask(forever).catch((error: unknown) => error));
      return 'done';
    });
    expect(begun[0]?.signal.aborted).toBe(true);
    expect(await Promise.all(open)).toEqual(['ended']);
    await expect(begun[0]?.ask(async () => 'late')).rejects.toThrow('The call is over.');
  });
});
