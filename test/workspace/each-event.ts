import { type FollowPosition, type Mailbox, type ReceivedEvent } from '../../src/run/ports.ts';

/** Events one by one, however they came together. */
export async function* eachEvent(
  mailbox: Mailbox,
  from: FollowPosition,
  signal: AbortSignal,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  for await (const received of mailbox.follow(from, signal)) yield* received;
}
