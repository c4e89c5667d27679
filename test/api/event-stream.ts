import { StreamMessage } from '../../src/protocol/stream-message.ts';

/** One event of a stream: its id, null without one, and the message in it. */
export interface StreamEvent {
  readonly id: string | null;
  readonly message: StreamMessage;
}

/** The events of a stream as they come, its heartbeats left out. */
export async function* readEvents(response: Response): AsyncGenerator<StreamEvent> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    throw new Error(`no stream: ${response.status} ${await response.text()}`);
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      if (lines.length === 0) continue;
      const field = (name: string): string | null =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      yield { id: field('id'), message: StreamMessage.parse(JSON.parse(field('data') ?? '')) };
    }
  }
}
