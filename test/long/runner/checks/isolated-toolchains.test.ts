import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { runCheck } from '../../../../src/runner/checks/run-check.ts';
import { setUpTree } from '../../../../src/runner/checks/set-up-tree.ts';
import { type CheckedRun } from '../../../../src/runner/checks/check.ts';
import { type Files, NO_COMMANDS, writeFiles } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';
import { type CommandBed, openCommandBed } from '../../../runner/command/command-bed.ts';

const LIMITS = { fileSizeMb: 512, memoryMb: 4096, processes: 1024 };

/** Sets up and checks a tree as a run does: apart from the runner, and without network after the set-up. */
async function check(bed: CommandBed, files: Files): Promise<CheckedRun> {
  await writeFiles(bed.tree, files);
  await bed.commands.prepareFolder(bed.tree);
  const { packages } = await findChecks(bed.tree, NO_COMMANDS);
  const place = {
    tree: bed.tree,
    reports: join(bed.root, 'reports'),
    commands: bed.commands,
    timeoutMs: 200_000,
    signal: new AbortController().signal,
    onCommand: () => undefined,
  };
  const setup = await setUpTree(packages, place);
  expect(setup.map(({ end }) => (end.exitCode === 0 ? 'ok' : end.output))).toEqual(setup.map(() => 'ok'));
  const found = packages.flatMap(({ checks }) => checks).find(({ kind }) => kind === 'test');
  if (found === undefined) throw new Error('no check was found');
  return await runCheck(found, place);
}

let bed: CommandBed;
beforeAll(async () => {
  bed = await openCommandBed({ settings: { allowNone: true }, limits: LIMITS });
});
afterAll(() => bed.close());

describeWith('mvn', hasTool('mvn'), 'Maven, apart from the runner', () => {
  it('tests offline with what its set-up fetched', async () => {
    const { run, cases } = await check(bed, {
      'pom.xml': `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>calc</artifactId><version>1</version>
<properties><maven.compiler.source>8</maven.compiler.source><maven.compiler.target>8</maven.compiler.target></properties>
<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency></dependencies>
</project>`,
      'src/test/java/calc/CalcTest.java':
        'package calc;\nimport org.junit.*;\npublic class CalcTest { @Test public void works() {} @Test public void fails() { Assert.assertEquals(1, 2); } }\n',
    });
    expect(run).toMatchObject({ passed: false, counts: { passed: 1, failed: 1, skipped: 0 } });
    expect(cases.map(({ file }) => file)).toContain('src/test/java/calc/CalcTest.java');
  });
});

describeWith('go', hasTool('go', ['version']), 'Go, apart from the runner', () => {
  it('finds offline what its set-up fetched', async () => {
    await writeFiles(bed.tree, {
      'go.mod': 'module example.com/calc\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n',
      'go.sum':
        'github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\ngithub.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n',
      'calc.go': 'package calc\n\nimport "github.com/google/uuid"\n\nvar Name = uuid.Nil\n',
    });
    await bed.commands.prepareFolder(bed.tree);
    const fetched = await bed.run('go mod download', {
      network: { registries: ['proxy.golang.org', 'sum.golang.org'] },
    });
    expect(fetched).toMatchObject({ exitCode: 0 });
    const listed = await bed.run('go list -deps -f "{{.Dir}}" .');
    expect(listed).toMatchObject({ exitCode: 0, output: expect.stringContaining(join(bed.root, 'cache')) });
  });
});
