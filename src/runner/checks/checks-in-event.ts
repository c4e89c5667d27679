import { type CheckKind } from '../../protocol/proof.ts';
import { type FoundChecks } from './check.ts';

/** What was found, as the event `checks.found` tells it. */
export const checksInEvent = ({
  packages,
}: FoundChecks): {
  readonly setup: readonly string[];
  readonly checks: readonly { readonly name: string; readonly kind: CheckKind; readonly command: string }[];
} => ({
  setup: packages.flatMap((each) => each.setup),
  checks: packages.flatMap((each) => each.checks).map(({ name, kind, command }) => ({ name, kind, command })),
});
