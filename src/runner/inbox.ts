import * as fs from 'node:fs';
import { join } from 'node:path';
import { type Problem } from '../domain/errors.ts';
import { type ModelReply } from '../protocol/conversation.ts';
import { InboxMessage } from '../protocol/inbox-message.ts';
import { abortable } from './abortable.ts';

const FILE_NAME = /^\d{6,}-[\w.-]+\.json$/;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** For file systems that tell nothing of changes. */
const POLL_MS = 200;

export interface PersonMessage {
  readonly from: string;
  readonly text: string;
}

export type ModelAnswer =
  | { readonly reply: ModelReply; readonly problem: null }
  | { readonly reply: null; readonly problem: Problem };

/** What the app says to this job. Each file is deleted once read, so that nothing secret stays behind. */
export interface Inbox {
  cloneToken(signal: AbortSignal): Promise<string>;
  /** The answer to a request that is made while or after this is called. */
  answerTo(requestId: string, signal: AbortSignal): Promise<ModelAnswer>;
  /** A reader of what people say: each call gives what came since its last one, the first one all. */
  readMessages(): () => readonly PersonMessage[];
  close(): void;
}

/**
 * @param onCancel called with the reason when the run is to end
 * @param onUnreadable called with the name of a file that is no message; it is skipped
 * @param onFailure called with the error when the folder cannot be read later on
 */
export function openInbox(
  folder: string,
  onCancel: (reason: string) => void,
  onUnreadable: (fileName: string) => void,
  onFailure: (error: unknown) => void,
): Inbox {
  fs.mkdirSync(folder, { recursive: true });
  const token = Promise.withResolvers<string>();
  const waiting = new Map<string, (answer: ModelAnswer) => void>();
  const seen = new Set<string>();
  const messages: PersonMessage[] = [];

  const accept = (message: InboxMessage): void => {
    switch (message.type) {
      case 'clone-token':
        token.resolve(message.token);
        return;
      case 'model.reply':
        waiting.get(message.requestId)?.({ reply: message.reply, problem: null });
        return;
      case 'model.error':
        waiting.get(message.requestId)?.({ reply: null, problem: message.problem });
        return;
      case 'message': {
        const { from, text } = message;
        const key = JSON.stringify([from, text]);
        if (!seen.has(key)) messages.push({ from, text });
        seen.add(key);
        return;
      }
      case 'cancel':
        onCancel(message.reason);
    }
  };

  const readAll = (): void => {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && FILE_NAME.test(entry.name));
    for (const name of files.map((entry) => entry.name).sort()) {
      const parsed = takeFile(join(folder, name));
      if (parsed === null) onUnreadable(name);
      else accept(parsed);
    }
  };

  const stopWatching = watch(folder, () => {
    try {
      readAll();
    } catch (error) {
      onFailure(error);
    }
  });
  readAll();
  return {
    cloneToken: (signal) => abortable(token.promise, signal),
    answerTo(requestId, signal) {
      const answer = Promise.withResolvers<ModelAnswer>();
      waiting.set(requestId, answer.resolve);
      return abortable(answer.promise, signal).finally(() => waiting.delete(requestId));
    },
    readMessages() {
      let read = 0;
      return () => {
        const unread = messages.slice(read);
        read = messages.length;
        return unread;
      };
    },
    close: stopWatching,
  };
}

/** The message in the file, null when it is none. Deletes the file before anything is made of it. */
function takeFile(path: string): InboxMessage | null {
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    const small = fs.fstatSync(file).size <= MAX_MESSAGE_BYTES;
    const text = small ? fs.readFileSync(file, 'utf8') : '';
    fs.unlinkSync(path);
    return InboxMessage.safeParse(parseJson(text)).data ?? null;
  } finally {
    fs.closeSync(file);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Calls `look` at once when the folder changes, and now and then anyway. Returns how to stop. */
function watch(folder: string, look: () => void): () => void {
  const timer = setInterval(look, POLL_MS);
  const watcher = startWatcher(folder, look);
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

/** Null when the machine has no watch left to give: then the timer alone must do. */
function startWatcher(folder: string, look: () => void): fs.FSWatcher | null {
  try {
    return fs.watch(folder, look).on('error', () => {});
  } catch {
    return null;
  }
}
