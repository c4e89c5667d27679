export { applyChanges, applyEdits } from './apply-edits.ts';
export { combineEdits } from './combine-edits.ts';
export { explainToModel, explainToPerson } from './explain.ts';
export { parseAnswer, type ParseOptions } from './parse-answer.ts';
export { renderDiff } from './render-diff.ts';
export { unsafePath } from '../domain/policy/paths.ts';
export type {
  EditAction,
  FileChange,
  FileEdit,
  FileMode,
  Hunk,
  HunkLine,
  Level,
  ParsedAnswer,
  Patch,
  PatchOutcome,
  Placement,
  Refusal,
  RefusalCode,
  Tree,
  TreeFile,
} from './types.ts';
