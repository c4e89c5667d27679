import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventLine } from '../../src/protocol/runner-event.ts';
import { openEventLog } from '../../src/runner/events.ts';
import { workspaceFolder, type WorkspaceFolder } from '../../src/runner/workspace-folder.ts';

let folder: WorkspaceFolder;
beforeEach(async () => {
  folder = workspaceFolder(await mkdtemp(join(tmpdir(), 'ptc-events-')));
});
afterEach(() => rm(folder.root, { recursive: true, force: true }));

const lines = (): readonly string[] => readFileSync(folder.events, 'utf8').split('\n').slice(0, -1);

test('events are numbered from 1 and stand one a line', () => {
  const log = openEventLog(folder, 1);
  log.emit({ type: 'note', text: 'a\nb' });
  log.emit({ type: 'runner.finished' });
  expect(lines().map((line) => EventLine.parse(JSON.parse(line)))).toMatchObject([
    { seq: 1, type: 'note', text: 'a\nb' },
    { seq: 2, type: 'runner.finished' },
  ]);
});

test('an event too large for a line is a blob that the line names', () => {
  const log = openEventLog(folder, 1);
  log.emit({ type: 'note', text: 'ä'.repeat(600_000) });
  log.emit({ type: 'note', text: 'small' });
  const [first = '', second = ''] = lines();
  const parsed = EventLine.parse(JSON.parse(first));
  expect('blob' in parsed && readdirSync(folder.blobs)).toEqual(['blob' in parsed ? parsed.blob : '']);
  const blob: unknown = JSON.parse(
    readFileSync(join(folder.blobs, 'blob' in parsed ? parsed.blob : ''), 'utf8'),
  );
  expect(blob).toMatchObject({ seq: 1, type: 'note' });
  expect(JSON.parse(second)).toMatchObject({ seq: 2 });
});

test('a second log in the same folder is refused as already-started', () => {
  openEventLog(folder, 1).emit({ type: 'note', text: 'first' });
  expect(() => openEventLog(folder, 1)).toThrow(expect.objectContaining({ code: 'already-started' }));
  expect(lines()).toHaveLength(1);
});
