import { type Spending } from '../run.ts';
import { cell, codeSpan, usd } from './text.ts';

/** What a run's models have cost in one line: `anthropic:a, openai:b · $0.31, 12 model requests, 1 fall-over`. */
export function billLine({ models, costUsd, requests, fallOvers, escalations }: Spending): string {
  const names = models.length === 0 ? 'no model' : models.map(({ name }) => name).join(', ');
  const moves = [
    fallOvers === 0 ? '' : counted(fallOvers, 'fall-over'),
    escalations === 0 ? '' : counted(escalations, 'escalation'),
  ];
  const facts = [usd(costUsd), counted(requests, 'model request'), ...moves].filter((part) => part !== '');
  return `${names} · ${facts.join(', ')}`;
}

/** Each model's part as a Markdown table; nothing when one model answered all. */
export function billTable({ models }: Spending): string {
  if (models.length < 2) return '';
  const rows = models.map(
    ({ name, requests, inputTokens, outputTokens, costUsd }) =>
      `| ${cell(codeSpan(name))} | ${requests} | ${tokens(inputTokens)} | ${tokens(outputTokens)} | ${usd(costUsd)} |`,
  );
  return [
    '| model | requests | tokens in | tokens out | cost |',
    '| --- | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

const counted = (amount: number, one: string): string => `${amount} ${one}${amount === 1 ? '' : 's'}`;

const tokens = (amount: number): string => amount.toLocaleString('en-US');
