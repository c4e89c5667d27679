import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const ORDER_FILE = 'order.json';

/** What was asked of a run besides its job: kept, so that it can be taken up again. */
const Order = z
  .object({
    /** The repository the branch is made in. */
    folder: z.string(),
    /** Name of the branch; null lets one be made. */
    name: z.string().nullable(),
    allow: z.array(z.string()).readonly(),
    pushTo: z.string().nullable(),
    /** As `provider:model` in order; null is every one on offer. */
    models: z.array(z.string()).readonly().nullable(),
    budgetUsd: z.number().positive(),
    /** The process at work on it. */
    pid: z.number().int().positive(),
  })
  .readonly();
export type Order = z.infer<typeof Order>;

export async function keepOrder(runFolder: string, order: Order): Promise<void> {
  const file = path.join(runFolder, ORDER_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(order)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export const orderOf = async (runFolder: string): Promise<Order> =>
  Order.parse(JSON.parse(await readFile(path.join(runFolder, ORDER_FILE), 'utf8')));
