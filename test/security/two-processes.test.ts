import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCookieJar } from '../support/cookie-jar.ts';
import { readForms } from '../support/html-forms.ts';
import { assertedToken, assertionOf } from '../support/machine.ts';
import { ask, callTool, type PlainAnswer } from '../support/plain-http.ts';
import { describePostgres, sharedPostgres } from '../support/postgres-server.ts';
import { describeRedis, sharedRedis } from '../support/redis-server.ts';
import {
  type Authorized,
  authorize,
  authorizeUrl,
  CALLBACK,
  redeem,
  refresh,
  registerClient,
  signIn,
} from '../support/signed-in.ts';
import { until } from '../support/until.ts';
import { type Pair, startTwoProcesses, type TwoProcesses } from './processes/two-processes.ts';

/** A place for the states of two deployments. */
interface Place {
  readonly storeUrls: readonly [string, string];
  close(): Promise<void>;
}

const places = {
  async 'one SQLite file'() {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    return {
      storeUrls: [`sqlite:${join(folder, 'one.db')}`, `sqlite:${join(folder, 'two.db')}`],
      close: () => rm(folder, { recursive: true }),
    };
  },
  async 'one Redis'() {
    const redis = await sharedRedis();
    const place = () => `${redis.url}?${new URLSearchParams({ prefix: redis.prefix() })}`;
    return { storeUrls: [place(), place()], close: redis.close };
  },
  async 'one PostgreSQL'() {
    const postgres = await sharedPostgres();
    const place = () => `${postgres.url}?table=${postgres.table()}`;
    return { storeUrls: [place(), place()], close: postgres.close };
  },
} satisfies Record<string, () => Promise<Place>>;

racesOver('one SQLite file', describe);
racesOver('one Redis', describeRedis);
racesOver('one PostgreSQL', describePostgres);

function racesOver(title: keyof typeof places, describeIt: (title: string, body: () => void) => unknown): void {
  describeIt(`two processes over ${title}`, () => {
    let place: Place | undefined;
    let processes: TwoProcesses | undefined;
    let lenient: Pair;
    let strict: Pair;
    const jar = createCookieJar();

    beforeAll(async () => {
      place = await places[title]();
      const [one, two] = place.storeUrls;
      processes = await startTwoProcesses([
        { storeUrl: one, refreshGrace: 30 },
        { storeUrl: two, refreshGrace: 0 },
      ]);
      [lenient, strict] = processes.pairs as [Pair, Pair];
    });
    afterAll(async () => {
      await processes?.close();
      await place?.close();
    });

    const many = title === 'one Redis' ? 1000 : 100;
    it(`TK-06 one of ${many} redemptions of a code is answered, and what it was given is ended by the others`, async () => {
      const authorized = await authorize(lenient.urls[0], { jar });
      const answers = await race(lenient, many, (url) => redeem(url, authorized));
      const won = onlyWinner(answers, 'invalid_grant');
      await endsAt(lenient, won);
      expect(await refreshesAt(lenient, authorized, won)).toEqual(['invalid_grant', 'invalid_grant']);
    });

    it('TK-06 TK-08 of fifty redemptions the one with the right verifier is answered, and keeps what it was given', async () => {
      const authorized = await authorize(lenient.urls[0], { jar });
      const wrong = { ...authorized, verifier: 'w'.repeat(43) };
      let sent = 0;
      const answers = await race(lenient, 50, (url) => {
        sent += 1;
        return redeem(url, sent === 25 ? authorized : wrong);
      });
      const won = onlyWinner(answers, 'invalid_grant');
      expect(await livesAt(lenient, won)).toEqual([200, 200]);
      expect(await refreshesAt(lenient, authorized, won)).toEqual([undefined, undefined]);
    });

    it('RF-04 a hundred refreshes with one token give one successor, which lives', async () => {
      const signedIn = await signIn(lenient.urls[0], { jar });
      const answers = await race(lenient, 100, (url) => refresh(url, signedIn.client, signedIn.refresh));
      const good = served(answers);
      expect(new Set(good.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(good.map(({ body }) => body.refresh_token)).size).toBe(1);
      expect(new Set(good.map(({ body }) => body.access_token)).size).toBe(1);
      expect(await livesAt(lenient, good[0])).toEqual([200, 200]);
      expect(await refreshesAt(lenient, signedIn, good[0])).toEqual([undefined, undefined]);
    });

    it('RF-04 RF-02 without grace one of a hundred refreshes is answered, and its family is ended by the others', async () => {
      const own = createCookieJar();
      const [signedIn, other] = [
        await signIn(strict.urls[0], { jar: own }),
        await signIn(strict.urls[0], { jar: own }),
      ];
      const answers = await race(strict, 100, (url) => refresh(url, signedIn.client, signedIn.refresh));
      const won = onlyWinner(answers, 'invalid_grant');
      await endsAt(strict, won);
      expect(await refreshesAt(strict, signedIn, won)).toEqual(['invalid_grant', 'invalid_grant']);
      expect((await refresh(strict.urls[1], other.client, other.refresh)).status).toBe(200);
    });

    it('CC-09 one of fifty uses of an assertion is answered', async () => {
      const assertion = await assertionOf(lenient.machine, lenient.urls[0]);
      const resource = `${lenient.urls[0]}/notes/mcp`;
      const answers = await race(lenient, 50, (url) => assertedToken(url, assertion, { resource }));
      expect(await livesAt(lenient, onlyWinner(answers, 'invalid_client'))).toEqual([200, 200]);
    });

    it('CO-02 one of twenty sendings of a consent form is taken, and gives one code however often it goes on', async () => {
      const page = await consentPage(lenient);
      const sent = await race(lenient, 20, page.approve);
      const [taken, ...more] = sent.filter(({ status }) => status === 303);
      expect([more.length, sent.filter(({ status }) => status === 409 || status === 410).length]).toEqual([0, 19]);
      const resumed = await race(lenient, 20, (url) => page.open(url, taken?.headers.get('location') ?? ''));
      const codes = resumed.flatMap(({ headers }) => codesIn(headers.get('location')));
      expect(codes).toHaveLength(1);
      expect((await race(lenient, 2, page.approve)).map(({ status }) => status)).not.toContain(303);
    });
  });
}

/** Sends the same to both processes by turns, all at once, the first hundred on connections that are open already. */
async function race({ urls }: Pair, times: number, send: (url: string) => Promise<PlainAnswer>) {
  const turns = Array.from({ length: times }, (_, index) => urls[index % 2] ?? '');
  await Promise.all(turns.slice(0, 100).map((url) => ask(`${url}/healthz`)));
  return Promise.all(turns.map(send));
}

/** Those that a machine under load did not put off with 503, which says nothing of what was sent. */
const served = (answers: readonly PlainAnswer[]) => answers.filter(({ status }) => status !== 503);

/** The one answer that is good. All others must be refused with `error`. */
function onlyWinner(answers: readonly PlainAnswer[], error: string): PlainAnswer {
  const [winner, ...more] = answers.filter(({ status }) => status === 200);
  if (winner === undefined) throw new Error('Nobody won.');
  expect(more).toEqual([]);
  const errors = served(answers).flatMap(({ status, body }) => (status === 200 ? [] : [body.error]));
  expect(new Set(errors)).toEqual(new Set([error]));
  return winner;
}

/** The status of a call at each process. */
const livesAt = ({ urls }: Pair, answer: PlainAnswer | undefined): Promise<readonly number[]> =>
  Promise.all(
    urls.map(
      async (url) => (await callTool(`${url}/notes/mcp`, String(answer?.body.access_token), 'list_notes')).status,
    ),
  );

/** Waits until a call is refused at both: a process that has just asked about a grant asks again within a second. */
const endsAt = (pair: Pair, answer: PlainAnswer): Promise<unknown> =>
  until(
    () => livesAt(pair, answer),
    ({ value }) => value?.every((status) => status === 401) ?? false,
    3,
  );

/** The error of a refresh at each process, one after the other. */
async function refreshesAt({ urls }: Pair, { client }: Authorized, answer: PlainAnswer | undefined) {
  const errors: unknown[] = [];
  for (const url of urls) errors.push((await refresh(url, client, String(answer?.body.refresh_token))).body.error);
  return errors;
}

/** The consent page of ada in a browser of her own, whose requests go to either process. */
async function consentPage({ urls: [first] }: Pair) {
  const jar = createCookieJar();
  await authorize(first, { jar });
  const browse = async (url: URL, init: RequestInit = {}): Promise<PlainAnswer> => {
    const answer = await ask(url, { ...init, headers: { cookie: jar.header(url) } });
    jar.keep(url, answer.headers.getSetCookie());
    return answer;
  };
  const { headers } = await browse(new URL(authorizeUrl(first, await registerClient(first))));
  const page = new URL(headers.get('location') ?? '', first);
  const forms = readForms((await browse(page)).text, page);
  const form = forms.find(({ controls }) => controls.some(({ name }) => name === 'decision'));
  const fields = (form?.controls ?? []).flatMap(({ kind, name, value }) =>
    kind === 'submit' ? [] : [[name, value] as [string, string]],
  );
  const body = () => new URLSearchParams([...fields, ['decision', 'approve']]);
  return {
    approve: (url: string) => browse(new URL(form?.action.pathname ?? '', url), { method: 'POST', body: body() }),
    open: (url: string, path: string) => browse(new URL(path, url)),
  };
}

/** The code in a redirect to the client; none where it goes elsewhere. */
function codesIn(location: string | null): readonly string[] {
  if (location === null || !location.startsWith(CALLBACK)) return [];
  const code = new URL(location).searchParams.get('code');
  return code === null ? [] : [code];
}
