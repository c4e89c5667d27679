import * as fs from 'node:fs/promises';
import { type CommandEnd } from '../../protocol/proof.ts';
import { notStarted } from './command-errors.ts';
import { assertOwnPath, giveFolder } from './command-folders.ts';
import { runProcess } from './command-process.ts';
import { type Commands, type CommandSpec } from './command.ts';
import { type Enclosure, type EnclosureContext } from './enclosure.ts';
import { memoryLimitBytes } from './resource-limits.ts';

/** Commands that all run in one kind of enclosure. Closing removes the context's scratch folder. */
export function commandsIn(enclosure: Enclosure, context: EnclosureContext): Commands {
  const user = enclosure.level === 'none' ? null : context.user;
  const closing = new AbortController();
  const running = new Set<Promise<CommandEnd>>();
  return {
    level: enclosure.level,
    caveats: enclosure.caveats,
    async run(spec) {
      for (const path of [spec.tree, ...spec.writable]) assertOwnPath(path, context.root);
      const signal = AbortSignal.any([spec.signal, closing.signal]);
      const end = runEnclosed(enclosure, context, { ...spec, signal });
      running.add(end);
      try {
        return await end;
      } finally {
        running.delete(end);
      }
    },
    async prepareFolder(path) {
      await giveFolder(path, context.root, user === null ? null : { ...user, gid: context.keys(path) });
      context.gitGuard.look(path);
    },
    async close() {
      closing.abort();
      await Promise.allSettled(running);
      await enclosure.close();
      await fs.rm(context.scratch, { recursive: true, force: true });
    },
  };
}

/** Runs one command in an enclosure; see `Commands.run`. */
export async function runEnclosed(
  enclosure: Enclosure,
  { limits, pipes }: EnclosureContext,
  spec: CommandSpec,
): Promise<CommandEnd> {
  if (spec.signal.aborted) {
    return { exitCode: null, limit: 'cancelled', durationMs: 0, output: '', outputBytes: 0 };
  }
  const enclosed = await enclosure.enclose(spec).catch(failToStart);
  try {
    const end = await runProcess({
      ...enclosed,
      output: await pipes.take().catch(failToStart),
      timeoutMs: spec.timeoutMs,
      memoryBytes: memoryLimitBytes(limits),
      outputLimitBytes: limits.outputLimitBytes,
      signal: spec.signal,
    });
    const refused = enclosed.refusedHosts();
    if (refused.length === 0) return end;
    return { ...end, output: `${end.output}\n[not allowed to reach: ${refused.join(', ')}]\n` };
  } finally {
    await enclosed.release();
  }
}

function failToStart(error: unknown): never {
  throw notStarted(error instanceof Error ? error.message : String(error), { cause: error });
}
