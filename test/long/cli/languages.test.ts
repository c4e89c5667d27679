import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { asAnthropic, asOpenAi, type Cli, openCli } from '../../helpers/cli-process.ts';
import { LANGUAGES, turnsFor } from '../../helpers/languages.ts';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { startScriptedModel } from '../../helpers/scripted-model.ts';
import { gitIn, sourceRepository } from '../../helpers/source-repository.ts';

const Report = z.object({
  status: z.string(),
  problem: z.unknown(),
  branch: z.object({ name: z.string() }).nullable(),
  files: z.array(z.string()),
  proof: z
    .object({
      verdict: z.string(),
      tests: z.array(
        z.object({
          file: z.string(),
          name: z.string(),
          base: z.string(),
          proves: z.boolean(),
          first: z.boolean(),
        }),
      ),
    })
    .nullable(),
});

let cli: Cli;
const made: { remove(): Promise<void> }[] = [];
beforeAll(async () => {
  cli = await openCli();
});
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});
afterAll(() => cli.clear());

/** Compilers take minutes; what they say is read in runner/checks too. PTC_TEST_LANGUAGES=all has them here as well. */
const COMPILED = new Set(['Go', 'Rust', 'Java']);
const tried = LANGUAGES.filter(
  ({ name }) => process.env['PTC_TEST_LANGUAGES'] === 'all' || !COMPILED.has(name),
);

for (const [index, language] of tried.entries()) {
  const provider = index % 2 === 0 ? 'an Anthropic-shaped server' : 'an OpenAI-shaped server';
  const { name, programs } = language;
  describeWith(
    programs.map(([program]) => program).join(', '),
    programs.every(([program, ...args]) => hasTool(program, args.length > 0 ? args : ['--version'])),
    name,
    () => {
      test(`a bug is mended on a branch, red before and green after, by ${provider}`, async () => {
        const [model, source] = await Promise.all([
          startScriptedModel(turnsFor(language)),
          sourceRepository(language.files),
        ]);
        made.push(source, { remove: () => model.stop() });
        const args = ['run', '--repo', source.path, '--json', `Mend the ${name} project`];
        const env = index % 2 === 0 ? asAnthropic(model) : asOpenAi(model);
        const { stdout, stderr } = await cli.run(args, { env });
        const report = Report.parse(JSON.parse(stdout));
        expect({ ...report, stderr }).toMatchObject({ status: 'succeeded', problem: null });
        expect(report.files).toEqual([language.fix.path, language.test.path].sort());
        expect(report.proof).toMatchObject({ verdict: 'green' });
        expect(report.proof?.tests).toEqual([
          expect.objectContaining({
            file: language.test.path,
            name: expect.stringContaining(language.test.name),
            base: 'assertion',
            proves: true,
            first: true,
          }),
        ]);
        expect(await gitIn(source.path, 'show', `${report.branch?.name}:${language.fix.path}`)).toContain(
          language.fix.after,
        );
      });
    },
  );
}
