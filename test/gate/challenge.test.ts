import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, InsufficientScope, InvalidRequest, InvalidToken, Unavailable } from '../../src/core/errors.ts';
import { challenge, NoCredentials, refuse } from '../../src/gate/challenge.ts';
import { parseChallenge } from './parse-challenge.ts';

const metadataUrl = 'https://rs.test/.well-known/oauth-protected-resource/a/mcp';
const context = { resource: { defaultScopes: ['a:read', 'a:list'] }, metadataUrl };
const INVALID_TOKEN = 'The access token is missing, malformed, expired or not valid here.';

const parsed = (error: unknown, where = context) =>
  parseChallenge(refuse(error, where).headers['WWW-Authenticate'] ?? '');

describe('refuse', () => {
  it('BH-01 challenges a caller without credentials bare: metadata and first scopes, no error', () => {
    const { status, headers, body } = refuse(new NoCredentials(), context);
    expect(status).toBe(401);
    expect(headers['WWW-Authenticate']).toBe(`Bearer resource_metadata="${metadataUrl}", scope="a:read a:list"`);
    expect(headers['Cache-Control']).toBe('no-store');
    expect(body).toEqual({ error_description: 'Sign in and send an access token.' });
  });

  it('leaves the scope out for a resource without first scopes', () => {
    const answer = parsed(new NoCredentials(), { ...context, resource: { defaultScopes: [] } });
    expect(answer).toEqual({ resource_metadata: metadataUrl });
  });

  it('BH-06 answers a bad token 401 invalid_token with the same words whatever was wrong', () => {
    const answers = ['expired', 'bad_signature', 'k\r\nINFO forged'].map((reason) =>
      refuse(new InvalidToken(reason), context),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toEqual(answers[2]);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.body).toEqual({ error: 'invalid_token', error_description: INVALID_TOKEN });
    expect(parsed(new InvalidToken('expired'))).toEqual({
      resource_metadata: metadataUrl,
      scope: 'a:read a:list',
      error: 'invalid_token',
      error_description: INVALID_TOKEN,
    });
  });

  it('BH-04 answers ambiguous credentials 400 invalid_request', () => {
    const { status, body } = refuse(new InvalidRequest('words_after_token'), context);
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'invalid_request', error_description: 'The request is malformed.' });
    expect(parsed(new InvalidRequest('words_after_token'))).toEqual({
      resource_metadata: metadataUrl,
      error: 'invalid_request',
      error_description: 'The request is malformed.',
    });
  });

  it('MC-01 answers missing scope 403 insufficient_scope with all scopes in one challenge', () => {
    const { status, body } = refuse(new InsufficientScope(['a:read', 'a:write']), context);
    expect(status).toBe(403);
    expect(body).toEqual({ error: 'insufficient_scope', error_description: 'The call needs more scope.' });
    expect(parsed(new InsufficientScope(['a:read', 'a:write']))).toEqual({
      resource_metadata: metadataUrl,
      scope: 'a:read a:write',
      error: 'insufficient_scope',
      error_description: 'The call needs more scope.',
    });
  });

  it('JW-27 answers an outage of ours 503 with Retry-After and no challenge', () => {
    const answer = refuse(new Unavailable('keys_unavailable', new Error('connect ECONNREFUSED 10.0.0.1')), context);
    expect(answer).toEqual({
      status: 503,
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Retry-After': '5' },
      body: {
        error: 'temporarily_unavailable',
        error_description: 'The service is temporarily unavailable.',
      },
    });
    expect(refuse(new Unavailable('x', undefined, 0.2), context).headers['Retry-After']).toBe('1');
    expect(refuse(new Unavailable('x', undefined, 2.5), context).headers['Retry-After']).toBe('3');
  });

  it.each([new Error('secret detail'), new ConfigError(['PUBLIC_URL is wrong']), 'text', undefined, { status: 401 }])(
    'LG-03 answers anything else 500 in general words (%s)',
    (error) => {
      expect(refuse(error, context)).toEqual({
        status: 500,
        headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
        body: { error: 'server_error', error_description: 'The server met an unexpected condition.' },
      });
    },
  );
});

describe('challenge', () => {
  it('BH-18 parses back to exactly one Bearer challenge whatever its values are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('"', '\\', ',', '\r\n', 'é', '", error="x'),
    );
    const record = fc.record({
      resourceMetadata: text.map((tail) => `https://rs.test/${tail}`),
      scopes: fc.array(text),
      error: text,
      errorDescription: text,
    });
    fc.assert(
      fc.property(record, (parts) => {
        const answer = parseChallenge(challenge(parts));
        expect(answer.resource_metadata).toBe(parts.resourceMetadata.replace(/[^\x21-\x7e]/g, ''));
        expect(answer.scope ?? 'none').toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/);
        expect(answer.error ?? '').toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
        expect(answer.error_description ?? '').toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
        expect(
          Object.keys(answer).every((name) => /^(resource_metadata|scope|error|error_description)$/.test(name)),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('BH-18 keeps every scope of the grammar as it is', () => {
    const scope = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,40}$/);
    fc.assert(
      fc.property(fc.array(scope, { minLength: 1 }), (scopes) => {
        expect(parseChallenge(challenge({ resourceMetadata: metadataUrl, scopes })).scope).toBe(scopes.join(' '));
      }),
    );
  });

  it('BH-18 parses with a reader that refuses sloppy challenges', () => {
    for (const sloppy of [
      'Bearer a="b" c="d"',
      'Bearer a="b"", c="d"',
      'Bearer a=é',
      'Bearer',
      'Bearer a="1", A="2"',
    ]) {
      expect(() => parseChallenge(sloppy)).toThrow('Not one strict challenge');
    }
  });
});
