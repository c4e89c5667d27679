/** What the launcher has told of the events’ length, and what of it a reader knows. */
export interface ToldSize {
  /** Takes one of the launcher’s lines, “change size”; those told before, as by a stream opened again, are skipped. */
  hear(line: string): void;
  /** How many changes have been told of. */
  changes(): number;
  /** To be called before a read: what is told of afterwards is new to the reader. */
  beforeRead(): void;
  /** The reader has come so far; true when that is further than was told. */
  sawBytes(bytes: number): boolean;
  /** True when a read may give more. Shorter counts too: a runner whose disk was full takes half a line back. */
  isNews(): boolean;
}

export function createToldSize(): ToldSize {
  let told = { change: 0, sizeBytes: 0 };
  let readBytes = 0;
  let readChange = 0;
  return {
    hear(line) {
      const [change = Number.NaN, sizeBytes = Number.NaN] = line.split(' ').map(Number);
      if (change > told.change && Number.isSafeInteger(sizeBytes)) told = { change, sizeBytes };
    },
    changes: () => told.change,
    beforeRead: () => {
      readChange = told.change;
    },
    sawBytes: (bytes) => {
      readBytes = bytes;
      return bytes > told.sizeBytes;
    },
    isNews: () => told.change > readChange && told.sizeBytes !== readBytes,
  };
}
