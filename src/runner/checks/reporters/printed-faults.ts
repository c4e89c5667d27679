import { type CommandEnd } from '../../../protocol/proof.ts';
import { type TestCase } from '../check.ts';
import { faultCase } from '../lint/fault.ts';
import { readFaultText } from '../lint/fault-text.ts';
import { readPrinted, TRANSCRIPT } from './printed.ts';
import { type Reporter } from './reporter.ts';

/** What makes a tool print all that it finds, one fault a line. */
interface Wanted {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A linter or type checker that is read by what it prints. */
export function printedFaults({ words, env }: Wanted): Reporter {
  return {
    request: () => ({ words, env, files: {}, transcript: TRANSCRIPT }),
    only: () => [],
    read: printedCases,
  };
}

/** Null where nothing was found or not all of it is there: then only the exit code tells. */
export async function printedCases(
  folder: string,
  place: string,
  end: CommandEnd,
): Promise<readonly TestCase[] | null> {
  const text = await readPrinted(folder, end);
  const faults = text === null ? [] : readFaultText(text);
  return faults.length === 0 ? null : faults.map((fault) => faultCase(fault, place));
}
