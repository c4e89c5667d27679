import { type Command, InvalidArgumentError } from 'commander';
import { type BuildOptions, type CreateOptions } from '../template.ts';
import { type Terminal } from '../terminal.ts';

const HELP = `
DAYTONA_API_KEY, DAYTONA_API_URL and DAYTONA_TARGET say which account and region, as for the server. A snapshot is
named after its content, so it never changes: a new version of PTC Bot has a new one.`;

/**
 * `ptc template`: what Daytona's workspaces are made from. The commands are loaded when they are called.
 * @param end ends the program with this exit code
 */
export function addTemplate(
  program: Command,
  terminal: Terminal,
  end: (code: number) => Promise<void>,
): void {
  const template = program
    .command('template')
    .description('make and look at the snapshot that Daytona’s workspaces start from')
    .addHelpText('after', HELP);
  template
    .command('build')
    .description('write the folder an image can be built from')
    .option('--out <folder>', 'where to (default: dist/template of PTC Bot)')
    .action(async (options: BuildOptions) => {
      const { build } = await import('../template.ts');
      await end(await build(options, terminal));
    });
  template
    .command('create')
    .description('make this version’s snapshot at Daytona, unless it is there')
    .option('--out <folder>', 'where the folder with the image’s files goes')
    .option('--image <reference>', 'take this image of a registry, built from that folder before')
    .option('--cpu <n>', 'processors of a workspace', count)
    .option('--memory <GiB>', 'its memory', count)
    .option('--disk <GiB>', 'its disk', count)
    .action(async (options: CreateOptions) => {
      const { create } = await import('../template.ts');
      await end(await create(options, terminal));
    });
  template
    .command('verify')
    .description(
      'look whether a snapshot is active and fits this version, by a workspace started for a moment',
    )
    .argument('[snapshot]', 'its name (default: PTC_DAYTONA_SNAPSHOT, else this version’s own)')
    .action(async (name: string | undefined) => {
      const { verify } = await import('../template.ts');
      await end(await verify(name, terminal));
    });
}

function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number above 0 is wanted.');
}
