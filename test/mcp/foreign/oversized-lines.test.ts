import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedLines } from '../../../src/mcp/remote/bounded-lines.ts';
import { unanswered } from '../../../src/mcp/remote/unanswered.ts';

describe('lines of a program', () => {
  it('are whole within the bound and skipped beyond it, however they are cut', () => {
    const lines = fc.array(
      fc.string({ unit: 'binary', maxLength: 30 }).map((line) => line.replaceAll('\n', ' ')),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 20 }), (all, piece) => {
        const bytes = Buffer.from(all.map((line) => `${line}\n`).join(''));
        const read: string[] = [];
        const take = boundedLines(
          24,
          (line) => read.push(line),
          () => read.push('too large'),
        );
        for (let at = 0; at < bytes.length; at += piece) take(bytes.subarray(at, at + piece));
        const texts = all.map((line) => Buffer.from(line));
        expect(read).toEqual(texts.map((line) => (line.length > 24 ? 'too large' : String(line))));
      }),
      { numRuns: 50 },
    );
  });

  it('are kept of in part only where they are too large: the beginning and the end', () => {
    const parts: string[] = [];
    const take = boundedLines(
      1000,
      () => undefined,
      (head, tail) => parts.push(head, tail),
    );
    for (let n = 0; n < 100; n += 1) take(Buffer.from(String(n).padStart(100, '.')));
    take(Buffer.from('\n'));
    expect(parts.map((part) => part.length)).toEqual([200, 200]);
    expect(parts[0]).toMatch(/^\.+0\.+1$/);
    expect(parts[1]).toMatch(/^\.+98\.+99$/);
  });
});

describe('an answer that is too large', () => {
  const failedBy = (line: object) => {
    const failed: unknown[] = [];
    const requests = unanswered({
      limitOf: (key) => (key === 'known' ? { stop: () => failed.push('call') } : undefined),
      answer: (message) => failed.push('id' in message && message.id),
    });
    for (const id of [1, 2, 3, 4]) {
      const options = id === 1 ? { relatedRequestId: 'known' } : undefined;
      requests.sent({ jsonrpc: '2.0', id, method: 'x' }, options);
    }
    requests.received({ jsonrpc: '2.0', id: 3, result: {} });
    requests.sent({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 4 } }, undefined);
    const text = JSON.stringify(line);
    requests.tooLarge(text.slice(0, 200), text.slice(-200));
    return failed;
  };
  const result = { '"id":2': ',"id":2', content: '{"jsonrpc":"2.0","id":2,"method":"', end: 'x'.repeat(300) };

  it.each([
    [{ jsonrpc: '2.0', id: 1, result }],
    [{ id: 1, jsonrpc: '2.0', result }],
    [{ result, jsonrpc: '2.0', id: 1 }],
    [{ jsonrpc: '2.0', result, id: 1 }],
    [{ result, id: 1, jsonrpc: '2.0' }],
  ])('fails the call that it is for (form %#)', (line) => {
    expect(failedBy(line)).toEqual(['call']);
  });

  it('fails all that is under way where that cannot be told, and nothing where it answers nothing', () => {
    expect(failedBy({ result, id: 1, more: 'x'.repeat(300) })).toEqual(['call', 2]);
    expect(failedBy({ jsonrpc: '2.0', id: 1, method: 'roots/list', params: result })).toEqual([]);
    expect(failedBy({ method: 'notifications/message', params: result, jsonrpc: '2.0' })).toEqual([]);
    expect(failedBy({ jsonrpc: '2.0', id: 3, result })).toEqual([]);
  });
});
