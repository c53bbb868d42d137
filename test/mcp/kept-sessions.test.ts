import { expect, it } from 'vitest';
import { keptSessions } from '../../src/mcp/sessions/kept-sessions.ts';
import type { Session } from '../../src/mcp/sessions/session.ts';

/** A session that tells whether it was ended. */
function told(id: string, busy = false) {
  const ended: string[] = [];
  const end = async () => void ended.push(id);
  return { ended, session: { id, owner: '', busy: () => busy, usedAt: () => 1, end } as unknown as Session };
}

const rules = { idle: 60, perPrincipal: 1, perPerson: 1, most: 10 };

it('DS-04 ends no session for a new one that is refused after all', () => {
  const kept = keptSessions(rules, () => 1);
  const [idle, busy, next] = [told('idle'), told('busy', true), told('next')];
  kept.add({ owner: 'app', person: 'one' }, () => idle.session);
  kept.add({ owner: 'other', person: 'two' }, () => busy.session);
  expect(kept.add({ owner: 'app', person: 'two' }, () => next.session)).toBe('caller');
  expect(idle.ended).toEqual([]);
  expect(kept.get('idle')).toBe(idle.session);
  expect(kept.add({ owner: 'app', person: 'three' }, () => next.session)).toBe(next.session);
  expect(idle.ended).toEqual(['idle']);
});
