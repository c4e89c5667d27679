import * as z from 'zod';
import { type InboxMessage } from '../protocol/inbox-message.ts';
import { type Workspace } from '../run/ports.ts';
import { mailboxInvalid, parseJson } from './event-lines.ts';

const INDEX_FILE = 'inbox-index.json';
const MAX_INDEX_BYTES = 4 * 1024 * 1024;
/** Keys in the order of their first use; a key's number is its place. */
const Index = z.array(z.string());

/** Which file of the inbox a message goes to. Not for concurrent use. */
interface InboxNames {
  nameOf(key: string, type: InboxMessage['type']): Promise<string>;
}

/**
 * Numbers keys in the order of their first use and remembers them in the workspace, since the runner deletes
 * what it has read: after a crash of the app the same key still means the same file, and new ones come later.
 */
export function openInboxNames(workspace: Workspace): InboxNames {
  let known: string[] | null = null;
  return {
    async nameOf(key, type) {
      known ??= await readIndex(workspace);
      if (!known.includes(key)) {
        const grown = [...known, key];
        await workspace.write(INDEX_FILE, JSON.stringify(grown));
        known = grown;
      }
      return `inbox/${String(known.indexOf(key) + 1).padStart(6, '0')}-${type}.json`;
    },
  };
}

async function readIndex(workspace: Workspace): Promise<string[]> {
  const bytes = await workspace.read(INDEX_FILE, MAX_INDEX_BYTES);
  if (!bytes) return [];
  const parsed = Index.safeParse(parseJson(bytes, 'the index of the inbox'));
  if (!parsed.success) throw mailboxInvalid('The index of the inbox has been tampered with.');
  return parsed.data;
}
