import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface PlannerRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How the planner answers a question: with this status and body, or not at all. */
export type PlannerAnswer =
  'silence' | { readonly status: number; readonly body: string; readonly location?: string };

export const planned = (plan: unknown): PlannerAnswer => ({ status: 200, body: JSON.stringify(plan) });

/** A planner over real HTTP: the n-th question gets the n-th answer, the last one repeats. */
export async function startPlanner(...answers: readonly PlannerAnswer[]) {
  const requests: PlannerRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ headers: request.headers, body });
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      if (answer === undefined || answer === 'silence') return;
      const { status, body: words, location } = answer;
      response.writeHead(status, location === undefined ? {} : { location }).end(words);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the planner has no port');
  return { url: `http://127.0.0.1:${address.port}/plan`, requests };
}
