/** Where commands in a network of their own find the relay. */
export const RELAY_PORT = 3128;

/** Where the proxy's socket appears to them. */
export const RELAY_SOCKET = '/run/egress.sock';

/**
 * For `node --eval`, inside the command's own network: listens on its loopback, hands every connection to the
 * proxy's socket, and starts the command when it listens. It ends as the command ends.
 * Kept as text, because a bundler may rewrite a function so that it no longer stands alone.
 */
const RELAY_SOURCE = `
const net = require('node:net');
const { constants } = require('node:os');
const { spawn } = require('node:child_process');
const [socketPath, port, command] = process.argv.slice(1);
const server = net.createServer({ allowHalfOpen: true }, (client) => {
  const proxy = net.connect({ path: socketPath, allowHalfOpen: true });
  client.on('error', () => proxy.destroy());
  proxy.on('error', () => client.destroy());
  client.pipe(proxy);
  proxy.pipe(client);
});
server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn('/bin/bash', ['-c', command], { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(126);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
});
`;

/** Arguments that run a shell command behind the relay. */
export function behindRelay(nodePath: string, command: string): readonly string[] {
  return [nodePath, '--eval', RELAY_SOURCE, RELAY_SOCKET, String(RELAY_PORT), command];
}
