import { expect, it } from 'vitest';
import { enterprise } from '../../providers/enterprise.ts';

it('takes a person without a tenant for nobody of a tenant, however the subject is spelled', () => {
  const made = enterprise({ issuer: 'https://id.example.com', clients: ['app'] }).make({}, { production: false });
  const subjectOf = (claims: Record<string, unknown>) =>
    'identify' in made && 'enterprise' === made.kind ? made.identify(claims).subject : expect.fail();
  expect(subjectOf({ sub: 'alice', tenant: 'acme' })).toBe('acme/alice');
  expect(subjectOf({ sub: 'alice' })).toBe('alice');
  const subjects = ['acme/alice', '/acme/alice', '/alice'].map((sub) => subjectOf({ sub }));
  expect(subjects).toEqual(['/acme/alice', '//acme/alice', '//alice']);
});
