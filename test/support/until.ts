/** Calls again every few milliseconds until `accept` takes the outcome. Throws with the last outcome after `seconds`. */
export async function until<T>(
  call: () => Promise<T>,
  accept: (outcome: { readonly value?: T; readonly error?: unknown }) => boolean,
  seconds = 30,
): Promise<T | undefined> {
  const start = performance.now();
  for (;;) {
    const outcome = await call().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (accept(outcome)) return 'value' in outcome ? outcome.value : undefined;
    if (performance.now() - start > seconds * 1000) {
      throw new Error(`not within ${seconds} s`, { cause: 'error' in outcome ? outcome.error : outcome.value });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
