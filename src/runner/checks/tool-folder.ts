import { shellWord } from './shell-words.ts';

/**
 * Where set-up puts what the repository does not bring itself (a package manager, a Python environment): in
 * the tree, because nothing else of the workspace outlives a command, and ignored by git by its own
 * `.gitignore`, so that it never becomes part of a change.
 */
export const TOOL_FOLDER = '.ptc-tools';

export const makeToolFolder = `mkdir -p ${TOOL_FOLDER} && echo '*' > ${TOOL_FOLDER}/.gitignore`;

/**
 * `command`, typed in the root of the tree, with the programs of the tool folders first on its PATH: that of
 * the package's own folder, then those of the folders around it. Harmless where there are none.
 */
export function withToolFolder(command: string, folder: string): string {
  const parts = folder === '' ? [] : folder.split('/');
  const folders = [...parts, ''].map((_, index) => parts.slice(0, parts.length - index));
  const programs = folders.flatMap((around) => {
    const tools = [...around, TOOL_FOLDER].join('/');
    return [`${tools}/venv/bin`, `${tools}/node_modules/.bin`];
  });
  const path = programs.map((program) => `"$PWD"/${shellWord(program)}`).join(':');
  return `export PATH=${path}:"$PATH"\n${command}`;
}
