import { unsafePath } from '../../domain/policy/paths.ts';
import { type Artifact } from '../../protocol/roma.ts';
import { type ChangedFile } from '../../protocol/runner-result.ts';
import { classify } from './classify.ts';

/**
 * The files of a change as artifacts, and in words which of them are none. Whoever gets them joins their paths to a
 * folder unchecked, so nothing that could lead out of it is among them.
 */
export function artifactsOf(files: readonly ChangedFile[]): {
  readonly artifacts: readonly Artifact[];
  readonly warnings: readonly string[];
} {
  const artifacts: Artifact[] = [];
  const warnings: string[] = [];
  for (const { path, content, mode, encoding } of files) {
    if (content === null) continue;
    const reason = unsafePath(path) ?? unfit({ path, content, mode, encoding });
    if (reason === null) {
      artifacts.push({ file_path: path, content, ...classify(path, content), description: null });
    } else {
      warnings.push(`The file ${JSON.stringify(path)} is no artifact: ${reason}.`);
    }
  }
  return { artifacts, warnings };
}

/** Half a character, which only a workspace of somebody else's hands in, is nothing that Python can write. */
function unfit({ path, content, mode, encoding }: ChangedFile): string | null {
  if (mode === '120000') return 'it is a symbolic link';
  if (path.trim() === '' || !path.isWellFormed()) return 'it has no name that can be written';
  return encoding === 'base64' || content?.isWellFormed() === false ? 'it is not text' : null;
}
