import { type InboxMessage } from '../protocol/inbox-message.ts';

/** Which file of the inbox a message goes to. */
export interface InboxNames {
  nameOf(key: string, type: InboxMessage['type']): string;
}

/**
 * A key keeps its file, and what comes later sorts behind what came before, also what an app said that has crashed
 * since: the number is the time. After a crash a key gets another file, for its old one may be read already; a
 * runner knows what it was told before. So nothing has to be remembered in the workspace.
 */
export function createInboxNames(): InboxNames {
  const names = new Map<string, string>();
  let last = 0;
  return {
    nameOf(key, type) {
      const known = names.get(key);
      if (known !== undefined) return known;
      last = Math.max(last + 1, Date.now());
      const name = `inbox/${last}-${type}.json`;
      names.set(key, name);
      return name;
    },
  };
}
