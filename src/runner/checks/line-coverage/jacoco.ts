import { posix } from 'node:path';
import { asElement, asList, decode, type Element, parseXml } from '../reporters/report-xml.ts';
import { MAX_REPORT_BYTES } from '../reporters/reporter.ts';
import { readTreeFile } from '../tree-file.ts';
import { walkTree } from '../tree-files.ts';
import { type CoverageTool } from './coverage-tool.ts';
import { type FileRuns, joinRuns } from './line-runs.ts';

/** What a Maven build measures itself with JaCoCo; its report then needs nothing that is not installed. */
export const mavenJacoco: CoverageTool = {
  tells: /\.(?:java|kt|groovy)$/,
  async request({ place }) {
    const pom = await readTreeFile(place, 'pom.xml');
    if (pom?.includes('jacoco-maven-plugin') !== true) return null;
    return { words: ['jacoco:report'], env: {}, files: {} };
  },
  async read({ place, files }) {
    const poms = (await walkTree(place)).filter((file) => posix.basename(file) === 'pom.xml');
    const told: FileRuns[] = [];
    let leftBytes = MAX_REPORT_BYTES;
    for (const module of poms.map((pom) => posix.dirname(pom))) {
      const report = posix.join(module, 'target/site/jacoco/jacoco.xml');
      const xml = await readTreeFile(place, report, leftBytes);
      if (xml === null) continue;
      leftBytes -= Buffer.byteLength(xml);
      const own = [...files.keys()].filter((path) => module === '.' || path.startsWith(`${module}/`));
      told.push(...readReport(xml, own));
    }
    return joinRuns(told);
  },
};

function readReport(xml: string, paths: readonly string[]): readonly FileRuns[] {
  const { report } = parseXml(xml, ['package', 'sourcefile', 'line']);
  return asList(asElement(report)['package'])
    .map(asElement)
    .flatMap((each) => asList(each['sourcefile']).map((file) => readFile(each, asElement(file), paths)));
}

/** Files are named by their package: where the folder of that lies is for the changed file to say. */
function readFile(around: Element, file: Element, paths: readonly string[]): FileRuns {
  const name = posix.join('/', decode(around['name']), decode(file['name']));
  const path = paths.find((each) => `/${each}`.endsWith(name));
  if (path === undefined) return new Map();
  const lines = asList(file['line']).map(asElement);
  return new Map([[path, new Map(lines.map((line) => [Number(line['nr']), Number(line['ci']) > 0]))]]);
}
