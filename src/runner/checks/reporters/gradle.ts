import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestCase } from '../check.ts';
import { readTreeFile } from '../tree-file.ts';
import { parseJunit } from './junit.ts';
import { classCase, classNames, uncompiled } from './junit-classes.ts';
import { MAX_REPORT_BYTES, type Reporter } from './reporter.ts';
import { readTranscript } from './transcript.ts';

const TRANSCRIPT = 'gradle.txt';
const INIT = 'report.gradle';
/** One folder in it for each test task, named after the folder of its project. */
const REPORTS = 'xml';

/**
 * Has every test task run though nothing changed, write its JUnit XML beside this script, and not fail for
 * want of a test that another project has. Written for Gradle 4 and later: properties got other names.
 */
const SOURCE = `def reports = new File(buildscript.sourceFile.parentFile, '${REPORTS}')
allprojects { project ->
  tasks.withType(Test) { task ->
    def path = rootDir.toPath().relativize(project.projectDir.toPath()).toString()
    def folder = new File(reports, 'p' + URLEncoder.encode(path, 'UTF-8') + '!' + task.name)
    outputs.upToDateWhen { false }
    filter.failOnNoMatchingTests = false
    task.reports.junitXml.with { xml ->
      if (xml.hasProperty('required')) xml.required = true else xml.enabled = true
      if (xml.hasProperty('outputLocation')) xml.outputLocation = folder else xml.destination = folder
    }
  }
}
`;

export const gradle: Reporter = {
  request: (folder) => ({
    words: ['--continue', `--init-script=${join(folder, INIT)}`],
    env: {},
    files: { [INIT]: SOURCE },
    transcript: TRANSCRIPT,
  }),
  only: (files) => classNames(files).flatMap((name) => ['--tests', `*${name}`]),
  async read(folder, place, end) {
    const text = await readTranscript(folder, TRANSCRIPT);
    const cases: TestCase[] = [...uncompiled(text ?? '', end, place)];
    let found = cases.length > 0;
    let leftBytes = MAX_REPORT_BYTES;
    for (const { module, path } of await findReports(folder)) {
      const xml = await readTreeFile(folder, path, leftBytes);
      if (xml === null) return null;
      leftBytes -= Buffer.byteLength(xml);
      found = true;
      for (const test of parseJunit(xml)) cases.push(await classCase(test, module, place));
    }
    return found ? cases : null;
  },
};

async function findReports(folder: string): Promise<readonly { module: string; path: string }[]> {
  const tasks = await readdir(join(folder, REPORTS)).catch(() => []);
  const found = await Promise.all(
    tasks.map(async (task) => {
      const module = decodeURIComponent((/^p(.*)!/.exec(task)?.[1] ?? '').replaceAll('+', ' '));
      const names = await readdir(join(folder, REPORTS, task)).catch(() => []);
      return names
        .filter((name) => /^TEST-.*\.xml$/.test(name))
        .map((name) => ({ module, path: join(REPORTS, task, name) }));
    }),
  );
  return found.flat();
}
