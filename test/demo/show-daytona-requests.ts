import { type DaytonaServer } from '../helpers/daytona/index.ts';

/** Prints what was asked of Daytona, in its order; the same again and again as one line. */
export function showDaytonaRequests(daytona: DaytonaServer, say: (line: string) => void): void {
  const { requests } = daytona;
  say(`\n${requests.length} requests to Daytona:`);
  let again = 1;
  for (const [index, { route }] of requests.entries()) {
    const isLast = requests[index + 1]?.route !== route;
    if (isLast) say(`  ${route}${again > 1 ? ` × ${again}` : ''}`);
    again = isLast ? 1 : again + 1;
  }
  say(`${daytona.sandboxes().length} sandboxes left`);
}
