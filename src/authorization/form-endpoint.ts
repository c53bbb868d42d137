import type { KoaContextWithOIDC } from 'oidc-provider';
import { countClient } from './count-client.ts';
import type { Form } from './form.ts';
import type { Endpoint } from './json-endpoint.ts';
import { namedClient } from './named-client.ts';
import { readFormBody } from './request-body.ts';
import type { ClientBudget, RequestLimits } from './request-limits.ts';

/** What answers a form: the way on leads into oidc-provider. */
export type FormEndpoint = (ctx: KoaContextWithOIDC, form: Form, next: () => Promise<void>) => Promise<void>;

/** Reads the form and counts the client that it names, before anything is looked up. */
export const formEndpoint =
  (endpoint: FormEndpoint, limits: RequestLimits, budget: ClientBudget): Endpoint =>
  async (ctx, next) => {
    const read = await readFormBody(ctx).then(
      (form) => ({ form }),
      (error: unknown) => ({ error }),
    );
    const named = 'form' in read ? namedClient(ctx.req, read.form) : undefined;
    await countClient(ctx, { limits, budget, named }, async () => {
      if ('error' in read) throw read.error;
      await endpoint(ctx, read.form, next);
    });
  };
