import { type Attack } from './attack.ts';
import { FILES } from './files.ts';
import { KERNEL } from './kernel.ts';
import { LEVELS } from './levels.ts';
import { NETWORK } from './network.ts';
import { RESOURCES } from './resources.ts';
import { SECRETS } from './secrets.ts';

export const ATTACKS: readonly Attack[] = [...SECRETS, ...FILES, ...KERNEL, ...RESOURCES, ...NETWORK];

const GROUPS: readonly (readonly [title: string, rows: readonly Attack[]])[] = [
  ['What the runner knows', SECRETS],
  ['Files', FILES],
  ['The system', KERNEL],
  ['Resources', RESOURCES],
  ['Network', NETWORK],
];

/** The tables as they stand in docs/isolation.md. */
export function asMarkdown(): string {
  return GROUPS.map(([title, rows]) => `### ${title}\n\n${tableOf(rows)}\n`).join('\n');
}

function tableOf(rows: readonly Attack[]): string {
  const header = ['A command tries to …', ...LEVELS.map(({ title }) => title), 'Why'];
  const cells = rows.map(({ name, why, open }) => [
    name,
    ...LEVELS.map(({ id }) => (open[id] === undefined ? '✓' : '—')),
    why,
  ]);
  return [header, header.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
