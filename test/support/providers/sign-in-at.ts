import { randomBytes } from 'node:crypto';

/** Something that nobody can guess. */
export const made = (): string => randomBytes(12).toString('base64url');

/** Signs in at a fake whose page needs nothing but a `login`, and returns what the callback is told. */
export async function signInAt(url: URL, person: 'ada' | 'grace'): Promise<URLSearchParams> {
  const page = new URL(url);
  page.searchParams.set('login', person);
  const response = await fetch(page, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null) throw new Error(`The sign-in page answered ${response.status}.`);
  return new URL(location).searchParams;
}
