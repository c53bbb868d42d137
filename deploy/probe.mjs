// Asks this machine's Gatehouse whether it answers (healthz) or should be sent traffic (readyz): 0 yes, 1 no.
const [path = 'healthz'] = process.argv.slice(2);
const url = `http://127.0.0.1:${process.env.PORT || 3000}/${path}`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3000), redirect: 'manual' });
  console.log(answer.status, await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(`${url} does not answer: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
