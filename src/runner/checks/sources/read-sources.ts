import { type CheckPlace } from '../check-place.ts';
import { type FileChange } from '../proof/file-change.ts';
import { dataFaults } from './data-files.ts';
import { type JavaScriptSources, readJavaScript } from './javascript-reader.ts';
import { type PythonSources, readPython } from './python-reader.ts';
import { type SourceFault } from './source-fault.ts';
import { toolFaults } from './tool-parsers.ts';

/** What the imports of some files are. */
export interface Sources {
  readonly python: PythonSources;
  readonly javaScript: JavaScriptSources;
}

export async function readSources(paths: readonly string[], place: CheckPlace): Promise<Sources> {
  const [python, javaScript] = await Promise.all([readPython(paths, place), readJavaScript(paths, place)]);
  return { python, javaScript };
}

/** What no parser accepts of the files of a change, as far as there is a parser for them; in the order of paths. */
export async function sourceFaults(
  sources: Sources,
  changes: readonly FileChange[],
  place: CheckPlace,
): Promise<readonly SourceFault[]> {
  const paths = presentPaths(changes);
  const faults = [
    ...sources.python.faults,
    ...sources.javaScript.faults,
    ...(await dataFaults(changes)),
    ...(await toolFaults(paths, place)),
  ];
  return faults.sort((a, b) => paths.indexOf(a.path) - paths.indexOf(b.path));
}

/** The paths of a change's files that are still there. */
export const presentPaths = (changes: readonly FileChange[]): readonly string[] =>
  changes.filter(({ after }) => after !== null).map(({ path }) => path);
