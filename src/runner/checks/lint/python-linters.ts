import { TOOL_FOLDER } from '../tool-folder.ts';
import { type FoundInFolder } from '../ecosystems/ecosystem.ts';

interface Linter {
  readonly program: string;
  readonly words: string;
  readonly check: Omit<FoundInFolder['checks'][number], 'command'>;
  /** Files that are its configuration as a whole, and sections that are in others. */
  readonly files: readonly string[];
  readonly section: RegExp;
}

/** Of several linters in a project the first is run. None may look into the environment in the tool folder. */
const LINTERS: readonly Linter[] = [
  {
    program: 'ruff',
    words: 'ruff check .',
    check: { name: 'ruff', kind: 'lint', tool: 'ruff' },
    files: ['ruff.toml', '.ruff.toml'],
    section: /^\[tool\.ruff[.\]]/m,
  },
  {
    program: 'flake8',
    words: `flake8 --extend-exclude=${TOOL_FOLDER}`,
    check: { name: 'flake8', kind: 'lint', tool: 'unknown' },
    files: ['.flake8'],
    section: /^\[flake8\]/m,
  },
  {
    program: 'mypy',
    words: 'mypy',
    check: { name: 'mypy', kind: 'typecheck', tool: 'unknown' },
    files: ['mypy.ini', '.mypy.ini'],
    section: /^\[(?:tool\.)?mypy\]/m,
  },
];

const SHARED_FILES = ['pyproject.toml', 'setup.cfg', 'tox.ini'];

/**
 * Linters and type checkers that a Python project configures, and how they are installed where its own
 * requirements have not done so.
 *
 * @param read a file of the project's folder, null where there is none
 */
export async function findPythonLinters(
  read: (path: string) => Promise<string | null>,
): Promise<Pick<FoundInFolder, 'setup' | 'checks'>> {
  const shared = (await Promise.all(SHARED_FILES.map(read))).map((text) => text ?? '');
  const found: { readonly linter: Linter; readonly settings: string }[] = [];
  for (const linter of LINTERS) {
    if (found.some((other) => other.linter.check.kind === linter.check.kind)) continue;
    const own = (await Promise.all(linter.files.map(read))).find((text) => text !== null);
    const settings = own ?? shared.find((text) => linter.section.test(text));
    if (settings !== undefined) found.push({ linter, settings });
  }
  return {
    setup: found.map(({ linter: { program } }) => `${program} --version || pip install ${program}`),
    checks: found.map(({ linter, settings }) => ({ ...linter.check, command: commandOf(linter, settings) })),
  };
}

/** Mypy wants to be told what to check, unless its configuration does. */
function commandOf({ program, words }: Linter, settings: string): string {
  const told = program !== 'mypy' || /^\s*(?:files|packages|modules)\s*=/m.test(settings);
  return told ? words : `${words} .`;
}
