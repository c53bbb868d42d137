import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readClientToken } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { accessOf, readAccess } from '../mcp/describe/access.ts';
import { describeServer, type ServerDescription } from '../mcp/describe/description.ts';
import { pageOf } from '../mcp/describe/page.ts';
import { sameAccess, widenings } from '../mcp/describe/widened.ts';
import type { Mountable } from '../mcp/mountable.ts';
import { startAll } from '../mcp/start-all.ts';
import { createLog } from '../observe/log.ts';
import { describeUrl } from './describe-url.ts';
import { defaultOf, isHost, isMountable } from './host-file.ts';
import { needWord, refuseMore, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

/** `gatehouse docs …`: the page, or whether the page that is there still holds. */
export async function docs(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { out: { type: 'string' }, check: { type: 'string' } },
    allowPositionals: true,
  });
  const [first, ...more] = positionals;
  refuseMore(more, USAGES.docs);
  const what = needWord(first, 'The file or the URL', USAGES.docs);
  try {
    const servers = /^https?:\/\//i.test(what)
      ? [await describeUrl(what, readClientToken())]
      : await describeFile(what);
    const wider = values.check !== undefined && (await check(servers, values.check));
    // The page that was found to say less stays as it is, though it be the one to write.
    if (values.out !== undefined && !wider) await write(values.out, pageOf(servers));
    if (values.check === undefined && values.out === undefined) console.log(pageOf(servers));
  } finally {
    // Nothing that the file has left open may keep the process.
    setImmediate(() => process.exit());
  }
}

async function write(page: string, text: string): Promise<void> {
  await writeFile(page, text).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`--out: ${page} cannot be written: ${code}`);
  });
}

async function describeFile(file: string): Promise<readonly ServerDescription[]> {
  const exported = await defaultOf(file);
  const mounts = isHost(exported)
    ? exported.mounts.map(({ path, definition, resource }) => ({ definition, key: path || '/', url: resource.uri }))
    : isMountable(exported)
      ? [{ definition: exported, key: exported.name }]
      : [];
  if (mounts.length === 0) {
    throw new UsageError(`${file} does not export a server, or a host that has some, by default.\n\n${USAGES.docs}`);
  }
  const parts = { log: createLog('warn'), clock: systemClock, fetch: globalThis.fetch };
  const close = await startAll(
    mounts.map(({ definition }: { readonly definition: Mountable }) => ({ definition, parts })),
  );
  try {
    return mounts.map(({ definition, ...place }) => describeServer(definition, place));
  } finally {
    await close();
  }
}

/** Whether somebody may do more than the page says. */
async function check(servers: readonly ServerDescription[], page: string): Promise<boolean> {
  const now = accessOf(servers);
  if (now === undefined) {
    throw new UsageError(
      `A running server does not tell all that --check compares: give the file that defines it.\n\n${USAGES.docs}`,
    );
  }
  const text = await readFile(page, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(
      code === 'ENOENT' ? `${page} is not there: write it with --out first.` : `${page} cannot be read: ${code}`,
    );
  });
  const before = readAccess(text);
  if (before === undefined)
    throw new UsageError(`${page} is no page of \`gatehouse docs\`: write it with --out first.`);
  const wider = widenings(before, now);
  for (const sentence of wider) console.error(sentence);
  if (wider.length > 0) {
    console.error(`Where that is intended, write ${page} anew.`);
    process.exitCode = 1;
  } else if (!sameAccess(before, now)) {
    console.error(`Nobody may do more than ${page} says, but it is out of date: write it anew.`);
  }
  return wider.length > 0;
}
