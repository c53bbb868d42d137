import { describe, expect, it } from 'vitest';
import { applicationType } from '../../../src/authorization/clients/application-type.ts';

describe('applicationType', () => {
  it.each([
    [['https://c.test/cb'], undefined, 'web'],
    [['https://c.test/cb'], 'web', 'web'],
    [['https://c.test/cb'], 'native', 'native'],
    [['http://127.0.0.1/cb'], undefined, 'native'],
    [['http://localhost:1/cb'], 'native', 'native'],
    [['cursor://h/cb', 'https://c.test/cb', 'http://localhost:1/cb'], undefined, 'native'],
    [['com.example.app:/cb'], 'native', 'native'],
    [['https://localhost:5173/cb'], 'native', 'web'],
    [['https://localhost:5173/cb'], undefined, 'web'],
  ] as const)('RG-07 calls %j claimed as %s %s', (uris, claimed, type) => {
    expect(applicationType(uris, claimed)).toEqual({ type });
  });

  it.each(['http://127.0.0.1/cb', 'http://localhost:1/cb', 'com.example.app:/cb', 'cursor://h/cb'])(
    'RG-07 refuses %s for a web application',
    (uri) => {
      expect(applicationType(['https://c.test/cb', uri], 'web')).toEqual({
        fault: `A web application cannot use ${uri}: register as application_type native, or use https.`,
      });
    },
  );

  it.each(['https://localhost:5173/cb', 'https://127.0.0.1/cb', 'https://[::1]/cb'])(
    'refuses %s next to a private scheme',
    (uri) => {
      expect(applicationType([uri, 'com.example.app:/cb'], undefined)).toEqual({
        fault: `A native application cannot use ${uri}: use http on loopback (RFC 8252, section 7.3).`,
      });
    },
  );
});
