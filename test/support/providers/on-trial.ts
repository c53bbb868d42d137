import { type UpstreamTrial, type UpstreamUnderTest, upstreamLaw } from '../../contracts/upstream-law.ts';

/** Goes through sign-ins at one fake, which signs people in before it and after it, and closes it. */
export const onTrial = <T extends UpstreamUnderTest>(
  subject: T,
  body: (subject: T, trial: UpstreamTrial) => Promise<void>,
): Promise<void> => upstreamLaw('on trial', (_subject, trial) => body(subject, trial)).check(async () => subject);
