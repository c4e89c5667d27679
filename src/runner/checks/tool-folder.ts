/**
 * Where set-up puts what the repository does not bring itself (a package manager, a Python environment): in
 * the tree, because nothing else of the workspace outlives a command, and ignored by git by its own
 * `.gitignore`, so that it never becomes part of a change.
 */
export const TOOL_FOLDER = '.ptc-tools';

export const makeToolFolder = `mkdir -p ${TOOL_FOLDER} && echo '*' > ${TOOL_FOLDER}/.gitignore`;

/** `command` with the programs of the tool folder first on its PATH; harmless where there is no such folder. */
export function withToolFolder(command: string): string {
  const folders = [`${TOOL_FOLDER}/venv/bin`, `${TOOL_FOLDER}/node_modules/.bin`];
  return `export PATH="${folders.map((folder) => `$PWD/${folder}`).join(':')}:$PATH"\n${command}`;
}
