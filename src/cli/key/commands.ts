import { type Command, InvalidArgumentError } from 'commander';
import { Scope } from '../../domain/api-key.ts';
import { type CreateOptions, type KeyOptions } from '../key.ts';
import { type Terminal } from '../terminal.ts';

const HELP = `
The server must be running. On its own machine it is found by its data folder (--data-dir, PTC_DATA_DIR), as the
user it runs as; elsewhere by --server, with an admin key in PTC_API_KEY. docs/api-keys.md has the rest.`;

/**
 * `ptc key`: who may use a server's run pages and API. The commands are loaded when they are called.
 * @param end ends the program with this exit code
 */
export function addKey(program: Command, terminal: Terminal, end: (code: number) => Promise<void>): void {
  const key = program
    .command('key')
    .description('make, list and revoke the API keys of a running server')
    .addHelpText('after', HELP);
  const command = (usage: string, description: string): Command =>
    key
      .command(usage)
      .description(description)
      .option('--server <url>', 'a server that is not on this machine')
      .option('--data-dir <folder>', 'data folder of the server on this machine')
      .option('--json', 'one JSON object on standard output, and nothing else there');
  command('create <name>', 'make a key and print it, this once')
    .requiredOption('--scope <scope>', 'execute, runs or admin; may be repeated', scopes)
    .action(async (name: string, options: CreateOptions) => {
      const { create } = await import('../key.ts');
      await end(await create(name, options, terminal));
    });
  command('list', 'show the keys there are, without the keys themselves').action(
    async (options: KeyOptions) => {
      const { list } = await import('../key.ts');
      await end(await list(options, terminal));
    },
  );
  command('revoke <id>', 'make a key worthless; its id is what it begins with').action(
    async (id: string, options: KeyOptions) => {
      const { revoke } = await import('../key.ts');
      await end(await revoke(id, options, terminal));
    },
  );
}

function scopes(text: string, before: readonly Scope[] = []): readonly Scope[] {
  const scope = Scope.safeParse(text);
  if (scope.success) return [...before, scope.data];
  throw new InvalidArgumentError('One of execute, runs, admin is wanted.');
}
