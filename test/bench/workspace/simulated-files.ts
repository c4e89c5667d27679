/** Files in memory. */
import { EventEmitter, once } from 'node:events';

export interface SimulatedFiles {
  read(name: string): Buffer | null;
  /** Throws when it is absent. */
  text(name: string): string;
  write(name: string, content: Uint8Array | string): void;
  append(name: string, text: string): void;
  /** False when there is nothing to move. */
  move(from: string, to: string): boolean;
  /** Reads and removes. */
  take(name: string): string;
  /** In order. */
  names(prefix: string): readonly string[];
  /** Resolves at the next change of any file, and when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
  onChange(listener: () => void): void;
}

export function createFiles(): SimulatedFiles {
  const files = new Map<string, Buffer>();
  const changes = new EventEmitter();
  const read = (name: string): Buffer | null => files.get(name) ?? null;
  const text = (name: string): string => {
    const content = files.get(name);
    if (content === undefined) throw new Error(`no file ${name}`);
    return content.toString('utf8');
  };
  const write = (name: string, content: Uint8Array | string): void => {
    files.set(name, Buffer.from(content));
    changes.emit('change');
  };
  return {
    read,
    text,
    write,
    append: (name, more) =>
      write(name, Buffer.concat([files.get(name) ?? Buffer.alloc(0), Buffer.from(more)])),
    move: (from, to) => {
      const content = files.get(from);
      if (content === undefined) return false;
      files.delete(from);
      write(to, content);
      return true;
    },
    take: (name) => {
      const content = text(name);
      files.delete(name);
      return content;
    },
    names: (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)).toSorted(),
    changed: async (signal) => {
      await once(changes, 'change', { signal }).catch(() => {});
    },
    onChange: (listener) => {
      changes.on('change', listener);
    },
  };
}
