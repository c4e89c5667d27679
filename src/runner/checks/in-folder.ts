import { shellWord } from './shell-words.ts';

/** A command typed in a folder of the tree, as it is typed in the tree's root. */
export function inFolder(folder: string, command: string): string {
  return folder === ''
    ? command
    : `cd ${shellWord(folder.startsWith('-') ? `./${folder}` : folder)} && ${command}`;
}
