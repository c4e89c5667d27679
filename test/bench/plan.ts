/**
 * What a plan gains: subtasks side by side against one of them alone, and a job that goes on after its runner was
 * killed against the whole one, by the bundled runner with a model that takes 2 s for every answer; and what a
 * conversation sends twice. Usage: npm run bench:plan [-- --json].
 */
import { parseArgs } from 'node:util';
import { type ProviderName } from '../../src/model/providers.ts';
import { uncachedResentShare } from '../helpers/cache-meter.ts';
import { sourceRepository } from '../helpers/source-repository.ts';
import { SHOPS, TOWN } from '../helpers/town.ts';
import { longConversation } from '../model/long-conversation.ts';
import { killAfter, MODEL_LATENCY_MS, timeJob } from './plan/timed-job.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
const ratio = (one: number, other: number): number => Number((one / other).toFixed(3));

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Of what a conversation of 30 calls sends again, the share that the provider's cache does not cover. */
async function resentUncached(provider: ProviderName, model: string): Promise<number> {
  return uncachedResentShare((await longConversation(provider, model)).map(({ body }) => body));
}

const shops = SHOPS.slice(0, 4);
const source = await sourceRepository(TOWN);
try {
  const oneMs = await timeJob(source, { shops: shops.slice(0, 1), inARow: false });
  const fourMs = await timeJob(source, { shops, inARow: false });
  const wholeMs = await timeJob(source, { shops, inARow: true });
  const resume = await killAfter(source, { shops, inARow: true }, 3);
  const resumedMs = await timeJob(source, { shops, inARow: true, resume });

  say(`model latency ${seconds(MODEL_LATENCY_MS)}, five calls a subtask, a review of two calls at the end\n`);
  say(`one subtask                            ${seconds(oneMs)}`);
  say(`four subtasks side by side             ${seconds(fourMs)}   ${ratio(fourMs, oneMs)} × one`);
  say(`four subtasks in a row                 ${seconds(wholeMs)}   ${ratio(wholeMs, oneMs)} × one`);
  say(
    `the same, killed after three, resumed  ${seconds(resumedMs)}   ${ratio(resumedMs, wholeMs)} × the whole`,
  );
  const [anthropic, openai] = await Promise.all([
    resentUncached('anthropic', 'claude-x'),
    resentUncached('openai', 'gpt-x'),
  ]);
  say(
    `sent twice outside of the cache         ${percent(anthropic)} anthropic, ${percent(openai)} openai, of 30 calls`,
  );
  const figures = {
    parallel_4: ratio(fourMs, oneMs),
    resume_ratio: ratio(resumedMs, wholeMs),
    resent_uncached: Math.max(anthropic, openai),
  };
  if (values.json) say(JSON.stringify(figures));
} finally {
  await source.remove();
}
