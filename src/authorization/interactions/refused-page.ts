/** A page request that cannot go on. Title and message are shown as they are; `reason` is for the log only. */
export class RefusedPage extends Error {
  override readonly name = 'RefusedPage';
  readonly status: number;
  readonly title: string;
  readonly reason: string;

  constructor(status: number, title: string, message: string, reason: string) {
    super(message);
    this.status = status;
    this.title = title;
    this.reason = reason;
  }
}

const RESTART = 'Go back to the app and start signing in again.';

/** Another browser's page, a forged form, a post from elsewhere: 403. */
export const forbidden = (reason: string): RefusedPage =>
  new RefusedPage(
    403,
    'This page cannot be used here',
    `It was not opened in this browser, or it is out of date. ${RESTART}`,
    reason,
  );

/** An interaction that has ended: 410. */
export const gone = (reason: string): RefusedPage =>
  new RefusedPage(410, 'This request has ended', `It was answered already, or it waited too long. ${RESTART}`, reason);

/** A second answer to the same page: 409. */
export const answered = (reason: string): RefusedPage =>
  new RefusedPage(409, 'This was answered already', `Only the first answer counts. ${RESTART}`, reason);

/** A form that no page of ours sends: 400. */
export const malformed = (reason: string): RefusedPage =>
  new RefusedPage(400, 'This form could not be read', `Nothing was changed. ${RESTART}`, reason);

/** A method that the page does not take: 405. */
export const wrongMethod = (): RefusedPage =>
  new RefusedPage(405, 'This page cannot be used like this', `Nothing was changed. ${RESTART}`, 'wrong_method');
