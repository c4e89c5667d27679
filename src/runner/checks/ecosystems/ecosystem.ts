import { type FoundChecks } from '../check.ts';

/** One world of packages. To add another: a file like the others here, and a row in ecosystems.ts. */
export interface Ecosystem {
  readonly name: string;
  /** What a tree of this ecosystem is installed and checked with; null when it is not one. Never throws. */
  find(tree: string): Promise<FoundChecks | null>;
}
