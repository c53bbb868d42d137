import type { UpstreamQuirks } from '../../gate/upstream-provider.ts';

/** A token answer as RFC 6749 §5 says it, from one that a provider says otherwise. What is no JSON object passes as it is. */
export async function standardAnswer(response: Response, quirks: UpstreamQuirks): Promise<Response> {
  const { scopeSeparator, errorsWith200 = false, readAnswer } = quirks;
  if (scopeSeparator === undefined && !errorsWith200 && readAnswer === undefined) return response;
  const text = await response.text();
  const said = readObject(text);
  if (said === undefined) return new Response(text, response);
  const answer = { ...(readAnswer?.(said) ?? said) };
  if (scopeSeparator !== undefined && typeof answer.scope === 'string') {
    answer.scope = answer.scope
      .split(/[\s,]+/)
      .filter(Boolean)
      .join(' ');
  }
  const failed = errorsWith200 && response.ok && typeof answer.error === 'string';
  return Response.json(answer, { status: failed ? 400 : response.status });
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
