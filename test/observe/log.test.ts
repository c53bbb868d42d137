import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/observe/log.ts';

function capture() {
  const lines: string[] = [];
  return { lines, log: createLog('debug', { write: (line: string) => void lines.push(line) }) };
}

describe('the log', () => {
  it('LG-01 keeps one event on one line whatever a caller sent', () => {
    const { lines, log } = capture();
    log.warn('token_refused', { kid: 'k\r\n{"event":"forged"}\u001b[31m\u0000' });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\r\n\u0000\u001b]/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'token_refused' });
  });

  it('LG-01 cuts long texts', () => {
    const { lines, log } = capture();
    log.info('call_refused', { name: 'x'.repeat(1_000_000) });
    expect(lines[0]?.length).toBeLessThan(2048);
  });

  it('never writes a field that is named like a secret, and writes the others', () => {
    const { lines, log } = capture();
    log.info('sign_in_failed', { password: 'the engine weaves', Authorization: 'Bearer abc', client: 'inspector' });
    expect(lines[0]).not.toMatch(/engine|abc/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ client: 'inspector', password: '[left out]' });
  });

  it('adds its own fields to each line', () => {
    const { lines, log } = capture();
    log.with({ request: 'r1' }).error('call_failed', { error: new Error('no', { cause: new Error('why') }) });
    const line = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ request: 'r1', event: 'call_failed' });
    expect(line.error).toMatch(/Error: no[\s\S]*caused by Error: why/);
  });

  it('says nothing below its level', () => {
    const lines: string[] = [];
    createLog('warn', { write: (line: string) => void lines.push(line) }).info('quiet');
    expect(lines).toEqual([]);
  });
});
