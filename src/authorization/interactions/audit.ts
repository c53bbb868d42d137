import type { Request, Response } from 'express';
import type { Log, LogFields } from '../../core/log.ts';
import { shownText } from '../pages/shown-text.ts';
import type { OpenInteraction } from './open-interaction.ts';

/** What people did on these pages. Stable: operators search for them. */
export type AuditEvent =
  | 'sign_in_succeeded'
  | 'sign_in_failed'
  | 'sent_to_provider'
  | 'consent_granted'
  | 'consent_denied'
  | 'account_switched'
  | 'signed_out';

/** Writes one audit event with who, for which client and mount, and from where. */
export function audit(log: Log, event: AuditEvent, request: Request, response: Response, fields: LogFields): void {
  const level = event === 'sign_in_failed' ? 'warn' : 'info';
  log[level](event, { audit: true, ...fields, ip: request.ip, request: response.locals.requestId });
}

/** The client and the mount of an interaction, bounded. */
export const auditParties = ({ client, resource }: OpenInteraction): LogFields => ({
  client: shownText(client.clientId, 256),
  resource: resource.uri,
});
