/** A command's output over a WebSocket: what is there, then what comes, closed when the command ends. */
import { createHash } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type Duplex } from 'node:stream';
import { type RunningCommand } from './command.ts';

const KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const BINARY = 0x82;
const CLOSE = Buffer.from([0x88, 2, 0x03, 0xe8]);

export function refuseStream(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

export function acceptStream(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key'] ?? ''}${KEY}`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => {});
  // Whatever the client says, its closing above all, it is done.
  socket.on('data', () => socket.end());
}

/** @param cutAfterBytes of output; then the connection breaks */
export function streamCommand(socket: Duplex, command: RunningCommand, cutAfterBytes: number): void {
  let sentBytes = 0;
  const stop = command.follow((frame) => {
    if (socket.destroyed) return;
    if (frame === null) {
      socket.end(CLOSE);
      return;
    }
    socket.write(binaryMessage(frame));
    sentBytes += frame.length;
    if (sentBytes >= cutAfterBytes) setImmediate(() => socket.destroy());
  });
  socket.on('close', stop);
}

function binaryMessage(content: Buffer): Buffer {
  if (content.length < 126) return Buffer.concat([Buffer.from([BINARY, content.length]), content]);
  const isShort = content.length < 65_536;
  const head = Buffer.alloc(isShort ? 4 : 10);
  head[0] = BINARY;
  head[1] = isShort ? 126 : 127;
  if (isShort) head.writeUInt16BE(content.length, 2);
  else head.writeBigUInt64BE(BigInt(content.length), 2);
  return Buffer.concat([head, content]);
}
