// Starts the runner in a workspace, once, and says how long its events are: whoever follows this program's output
// knows when to read. Ends with the runner. Needs Node and nothing beside it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const [root, runnerFile, inputFile] = process.argv.slice(2);
const inRoot = (name) => path.join(root, name);
const events = inRoot('events.ndjson');

const input = takeInput();
claim();
const log = fs.openSync(inRoot('runner.log'), 'a', 0o600);
const runner = spawn(process.execPath, [runnerFile, root], {
  cwd: root,
  // Nothing of the workspace's own environment: whatever an operator puts into it is not the runner's business.
  env: { PATH: process.env.PATH, HOME: inRoot('home'), TMPDIR: inRoot('tmp'), LANG: 'C.UTF-8' },
  stdio: [input === null ? 'ignore' : 'pipe', log, log],
});
// The runner may be gone before it has read.
runner.stdin?.on('error', () => {}).end(input);
/** Least time between two lines: whoever follows late is told all of them. */
const PAUSE_MS = 20;
let told = -1;
let changes = 0;
let pause = null;
tell();
const watcher = fs.watch(root, (_event, name) => {
  if (name === null || name === 'events.ndjson') tell();
});
watcher.on('error', () => {});
// Some file systems say nothing of changes.
const timer = setInterval(tell, 250);

runner.on('error', () => end(127));
runner.on('exit', (code) => end(code ?? 137));

/** What the runner is to read, which may be secret: it lies there no longer than this, whoever claims the start then. */
function takeInput() {
  if (inputFile === undefined) return null;
  try {
    return fs.readFileSync(inputFile);
  } catch {
    // A launcher started by the same command has taken it, and goes on.
    return process.exit(0);
  } finally {
    fs.rmSync(inputFile, { force: true });
  }
}

/** Written whole under another name first: a claim is there with its process or not at all. */
function claim() {
  const draft = inRoot(`.claim-${process.pid}`);
  fs.writeFileSync(draft, String(process.pid), { mode: 0o600 });
  try {
    fs.linkSync(draft, inRoot('runner-claim'));
  } catch {
    process.exit(0);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function tell() {
  if (pause !== null) return;
  const size = fs.statSync(events, { throwIfNoEntry: false })?.size ?? 0;
  if (size === told) return;
  told = size;
  changes += 1;
  process.stdout.write(`${changes} ${size}\n`);
  pause = setTimeout(() => {
    pause = null;
    tell();
  }, PAUSE_MS);
}

function end(code) {
  clearInterval(timer);
  watcher.close();
  fs.writeFileSync(inRoot('runner-exit'), String(code), { mode: 0o600 });
  clearTimeout(pause);
  pause = null;
  tell();
  clearTimeout(pause);
}
