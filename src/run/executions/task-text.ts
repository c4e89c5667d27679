import { fitLine } from '../../domain/report/text.ts';
import { type Task } from '../../domain/run.ts';
import { type ScaffoldingSpec } from '../../protocol/roma.ts';

const MAX_TITLE = 200;

/** The scaffolding as a task for people and models: what is to be done, and below it each part that was given. */
export function taskOf(scaffolding: ScaffoldingSpec): Task {
  const { task_description: description, requirements, architecture, dependencies, context } = scaffolding;
  const files = Object.entries(scaffolding.file_structure ?? {});
  const [firstLine = ''] = description.trim().split('\n');
  const title = fitLine(firstLine, MAX_TITLE);
  const parts = [
    title === description.trim() ? '' : description.trim(),
    section('Requirements', requirements.map(listItem)),
    section('Architecture', architecture === null ? [] : [JSON.stringify(architecture, null, 2)]),
    section('Dependencies', dependencies.map(listItem)),
    section(
      'Files',
      files.map(([path, what]) => listItem(`${path}: ${what}`)),
    ),
    section('Context', context === null || context.trim() === '' ? [] : [context.trim()]),
  ];
  return { title, body: parts.filter((part) => part !== '').join('\n\n'), words: '' };
}

const section = (name: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${name}:\n${lines.join('\n')}`;

const listItem = (text: string): string => `- ${text.trim().replaceAll('\n', '\n  ')}`;
