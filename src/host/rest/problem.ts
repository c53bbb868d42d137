import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import type { Form } from '../gated-route.ts';

/** What is told beside the status (RFC 9457 §3.1). */
export interface ProblemFacts {
  readonly detail?: string;
  readonly [extension: string]: unknown;
}

/** Sends a problem document (RFC 9457). */
export function sendProblem(response: Response, status: number, facts: ProblemFacts): void {
  const title = STATUS_CODES[status] ?? 'Error';
  response
    .status(status)
    .set({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
    .send(JSON.stringify({ title, status, ...facts }));
}

/** The gate's refusals as problems; those of OAuth keep their `error` and their challenge (RFC 6750 §3). */
export const PROBLEMS: Form = {
  problem: (response, { status, message }) => sendProblem(response, status, { detail: message }),
  refusal(response, { status, headers, body }) {
    response.set(headers);
    sendProblem(response, status, { detail: body.error_description, ...body });
  },
};
