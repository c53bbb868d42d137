import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  GatehouseError,
  InsufficientScope,
  InvalidRequest,
  InvalidToken,
  Unavailable,
} from '../../src/core/errors.ts';

describe('GatehouseError', () => {
  const cause = new Error('the cause');

  it.each([
    [new InvalidRequest('why'), 'InvalidRequest', 'invalid_request', 400],
    [new InvalidToken('why', cause), 'InvalidToken', 'invalid_token', 401],
    [new InsufficientScope(['a', 'b']), 'InsufficientScope', 'insufficient_scope', 403],
    [new Unavailable('why', cause), 'Unavailable', 'temporarily_unavailable', 503],
  ])('%s has the name, code and status of its wire code', (error, name, code, status) => {
    expect(error).toBeInstanceOf(GatehouseError);
    expect(error).toMatchObject({ name, code, status });
  });

  it('keeps the reason and the cause for the log, out of the message', () => {
    for (const error of [new InvalidToken('why-inside', cause), new Unavailable('why-inside', cause)]) {
      expect(error).toMatchObject({ reason: 'why-inside', cause });
      expect(error.message).not.toMatch(/why-inside|the cause/);
    }
    expect(new InvalidToken('why')).not.toHaveProperty('cause');
  });

  it('writes words that RFC 6750 §3 lets into an error description', () => {
    for (const error of [
      new InvalidRequest(''),
      new InvalidToken(''),
      new InsufficientScope([]),
      new Unavailable(''),
    ]) {
      expect(error.message).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    }
  });

  it('carries the scopes of a refusal and the seconds of an outage', () => {
    expect(new InsufficientScope(['a', 'b']).scopes).toEqual(['a', 'b']);
    expect(new Unavailable('why').retryAfter).toBe(5);
    expect(new Unavailable('why', undefined, 30).retryAfter).toBe(30);
  });
});

describe('ConfigError', () => {
  it('lists every fault, one a line', () => {
    expect(new ConfigError(['PORT is bad']).message).toBe('The configuration has a fault:\n- PORT is bad');
    const two = new ConfigError(['PORT is bad', 'HOST is bad']);
    expect(two.message).toBe('The configuration has 2 faults:\n- PORT is bad\n- HOST is bad');
    expect(two.faults).toEqual(['PORT is bad', 'HOST is bad']);
  });
});
