import { setImmediate as restOfTurn } from 'node:timers/promises';

interface Batches<Question, Answer> {
  /** Resolves to the answer to each question, in their order. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  readonly sizeOf: (question: Question) => number;
  readonly maxQuestions: number;
  /** A batch that is as large takes no further question. */
  readonly maxSize: number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly answer: PromiseWithResolvers<Answer>;
}

/**
 * Asks together what comes in one turn of the event loop, and what comes while others are asked. So many at once cost
 * few round trips, and one alone waits for nobody.
 */
export function inBatches<Question, Answer>(
  batches: Batches<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const waiting: Waiting<Question, Answer>[] = [];
  let isAsking = false;

  const nextBatch = (): readonly Waiting<Question, Answer>[] => {
    const { sizeOf, maxQuestions, maxSize } = batches;
    let size = 0;
    const isFull = ({ question }: Waiting<Question, Answer>, index: number): boolean => {
      const takesIt = index < maxQuestions && (index === 0 || size < maxSize);
      size += sizeOf(question);
      return !takesIt;
    };
    const end = waiting.findIndex(isFull);
    return waiting.splice(0, end === -1 ? waiting.length : end);
  };
  const askOn = async (): Promise<void> => {
    isAsking = true;
    while (waiting.length > 0) {
      await restOfTurn();
      const batch = nextBatch();
      try {
        const answers = await batches.ask(batch.map(({ question }) => question));
        for (const [index, answer] of answers.entries()) batch[index]?.answer.resolve(answer);
      } catch (error) {
        for (const { answer } of batch) answer.reject(error);
      }
    }
    isAsking = false;
  };

  return (question) => {
    const answer = Promise.withResolvers<Answer>();
    waiting.push({ question, answer });
    if (!isAsking) void askOn();
    return answer.promise;
  };
}
