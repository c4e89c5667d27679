import { posix } from 'node:path';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';

export const MAVEN_REGISTRIES: readonly string[] = ['repo.maven.apache.org', 'repo1.maven.org'];

/**
 * Compiles everything and starts the tests with a filter that lets none of them run: only so does Surefire
 * fetch what it runs them with. What fails to compile here does so again, and is told, when it is checked.
 */
const FETCH = [
  'test',
  "'-Dtest=*#ptcFetch'",
  '-DfailIfNoTests=false',
  '-Dsurefire.failIfNoSpecifiedTests=false',
  '-Dmaven.test.failure.ignore=true',
  '-Dmaven.compiler.failOnError=false',
].join(' ');

/** Java under Maven, by the project's own wrapper where there is one. */
export const maven: Ecosystem = {
  name: 'maven',
  manifests: /^pom\.xml$/,
  registries: MAVEN_REGISTRIES,
  async find(tree, folder) {
    const pom = await readTreeFile(tree, posix.join(folder, 'pom.xml'));
    if (pom === null) return null;
    const wrapper = await readTreeFile(tree, posix.join(folder, 'mvnw'));
    const program = wrapper === null ? 'mvn' : 'sh ./mvnw';
    return {
      members: modulesOf(pom),
      setup: [`${program} -B -q ${FETCH}`],
      checks: [{ name: 'mvn test', kind: 'test', command: `${program} -B -o test`, tool: 'maven' }],
    };
  },
};

/** The folders of a project's modules, and those of theirs. */
function modulesOf(pom: string): readonly string[] {
  const modules = [...pom.matchAll(/<module>\s*([^<]+?)\s*<\/module>/g)].map(([, path]) =>
    (path ?? '').replace(/\/?pom\.xml$/, ''),
  );
  return modules.flatMap((path) => [path, posix.join(path, '**')]);
}
