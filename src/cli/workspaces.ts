import path from 'node:path';
import { readCaller } from '../config.ts';
import { type Log, type WorkspaceProvider } from '../run/ports.ts';
import { RUNNER_FILE } from '../run-settings.ts';
import { createLocalWorkspaces } from '../workspace/local.ts';
import { type Terminal } from './terminal.ts';

/** For what is not worth a log of its own. */
export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Workspaces of runs from a terminal. Not in the folder a server keeps its own in: what it does not know there
 * it removes.
 */
export const localWorkspaces = (folder: string, terminal: Terminal, log: Log): WorkspaceProvider =>
  createLocalWorkspaces({
    folder: path.join(folder, 'terminal-workspaces'),
    runnerFile: RUNNER_FILE,
    searchPath: [path.dirname(process.execPath), ...absolute(readCaller(terminal.env).searchPath)].join(':'),
    log,
  });

const absolute = (searchPath: string): readonly string[] =>
  searchPath.split(':').filter((folder) => path.isAbsolute(folder));
