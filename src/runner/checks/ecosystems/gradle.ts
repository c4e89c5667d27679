import { posix } from 'node:path';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';
import { MAVEN_REGISTRIES } from './maven.ts';

const SETTINGS = ['settings.gradle', 'settings.gradle.kts'];
const BUILDS = ['build.gradle', 'build.gradle.kts'];

/** Fetches all that any configuration of any project names; what cannot be resolved is none's to be used. */
const FETCH_SCRIPT = `gradle.projectsEvaluated {
  rootProject.allprojects { project ->
    project.configurations.findAll { it.canBeResolved }.each { try { it.resolve() } catch (Exception e) { } }
  }
}`;

/** Java and Kotlin under Gradle, by the project's own wrapper where there is one. */
export const gradle: Ecosystem = {
  name: 'gradle',
  manifests: /^(?:settings|build)\.gradle(?:\.kts)?$/,
  registries: [
    ...MAVEN_REGISTRIES,
    'plugins.gradle.org',
    'plugins-artifacts.gradle.org',
    'services.gradle.org',
    'downloads.gradle.org',
  ],
  async find(tree, folder) {
    const isThere = async (name: string): Promise<boolean> =>
      (await readTreeFile(tree, posix.join(folder, name))) !== null;
    const present = await Promise.all([...SETTINGS, ...BUILDS].map(isThere));
    if (!present.includes(true)) return null;
    const program = (await isThere('gradlew')) ? 'sh ./gradlew' : 'gradle';
    const script = `${TOOL_FOLDER}/fetch.gradle`;
    return {
      members: present.slice(0, SETTINGS.length).includes(true) ? ['**'] : [],
      setup: [
        makeToolFolder,
        `printf '%s' '${FETCH_SCRIPT}' > ${script}`,
        `${program} --no-daemon -q --init-script ${script} help`,
      ],
      checks: [
        {
          name: 'gradle test',
          kind: 'test',
          command: `${program} --no-daemon --offline test`,
          tool: 'gradle',
        },
      ],
    };
  },
};
