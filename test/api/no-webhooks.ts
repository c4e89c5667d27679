import { type DeadWebhooks } from '../../src/run/ports.ts';

/** A server whose receivers took everything. */
export const noWebhooks: DeadWebhooks = { list: async () => [], resend: async () => 0 };
