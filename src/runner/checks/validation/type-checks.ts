import { type Check, type FoundChecks } from '../check.ts';
import { inFolder } from '../in-folder.ts';

/** Languages whose own tools check types, whatever a repository configures. */
const CHECKERS = [
  { manifest: 'go.mod', name: 'go vet', command: 'go vet ./...' },
  { manifest: 'Cargo.toml', name: 'cargo check', command: 'cargo check --all-targets' },
] as const;

/** What was found, with the type checkers that some languages bring along. */
export const withTypeChecks = ({ packages }: FoundChecks, files: readonly string[]): FoundChecks => ({
  packages: packages.map((each) => {
    const { folder } = each;
    const fitting = CHECKERS.filter(({ manifest }) =>
      files.includes(folder === '' ? manifest : `${folder}/${manifest}`),
    );
    const checks = fitting.map(({ name, command }): Check => ({
      name: folder === '' ? name : `${folder}: ${name}`,
      kind: 'typecheck',
      folder,
      command: inFolder(folder, command),
      tool: 'unknown',
    }));
    return { ...each, checks: [...each.checks, ...checks] };
  }),
});
