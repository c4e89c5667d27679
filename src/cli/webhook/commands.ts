import { type Command } from 'commander';
import { type Terminal } from '../terminal.ts';
import { type WebhookOptions } from '../webhook.ts';

const HELP = `
A webhook is given up after a day of attempts, or at once when its receiver answers 410. The server must be
running. On its own machine it is found by its data folder (--data-dir, PTC_DATA_DIR), as the user it runs as;
elsewhere by --server, with an admin key in PTC_API_KEY. docs/webhooks.md has the rest.`;

/**
 * `ptc webhook`: what receivers never took. The commands are loaded when they are called.
 * @param end ends the program with this exit code
 */
export function addWebhook(program: Command, terminal: Terminal, end: (code: number) => Promise<void>): void {
  const webhook = program
    .command('webhook')
    .description('list the webhooks that a running server has given up, and send them again')
    .addHelpText('after', HELP);
  const command = (usage: string, description: string): Command =>
    webhook
      .command(usage)
      .description(description)
      .option('--server <url>', 'a server that is not on this machine')
      .option('--data-dir <folder>', 'data folder of the server on this machine')
      .option('--json', 'one JSON object on standard output, and nothing else there');
  command('list', 'show what was given up, the latest first').action(async (options: WebhookOptions) => {
    const { list } = await import('../webhook.ts');
    await end(await list(options, terminal));
  });
  command('resend [id]', 'send it again, with all its attempts; without an id, all that are listed').action(
    async (id: string | undefined, options: WebhookOptions) => {
      const { resend } = await import('../webhook.ts');
      await end(await resend(id, options, terminal));
    },
  );
}
