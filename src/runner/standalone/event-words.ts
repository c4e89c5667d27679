import { stripVTControlCharacters } from 'node:util';
import { type CommandEnd } from '../../protocol/proof.ts';
import { type EventBody } from '../events.ts';

const MAX_LINE_CHARS = 500;

/** What whoever asked for the run is told on the way; the rest is for those who look at the log. */
const MILESTONES = ['phase', 'plan', 'attempt', 'subtask.state'] as const;
/** What only machines want to know. */
const SILENT = ['subtask.worked', 'runner.finished'] as const;
type Milestone = Extract<EventBody, { type: (typeof MILESTONES)[number] }>;
type Silent = Extract<EventBody, { type: (typeof SILENT)[number] }>;

export const isMilestone = (event: EventBody): event is Milestone =>
  MILESTONES.some((type) => type === event.type);

const isSilent = (event: EventBody): event is Silent => SILENT.some((type) => type === event.type);

/** The event in one line for people; null for those that say nothing to them. */
export function lineOf(event: EventBody): string | null {
  if (isSilent(event)) return null;
  const words = isMilestone(event) ? milestoneWords(event) : detailWords(event);
  const line = plainLine(event.subtask === undefined ? words : `subtask ${event.subtask}: ${words}`);
  return line.slice(0, MAX_LINE_CHARS);
}

function milestoneWords(event: Milestone): string {
  switch (event.type) {
    case 'phase':
      return event.phase;
    case 'plan':
      return `plan of ${event.plan.subtasks.length} subtasks`;
    case 'attempt':
      return `attempt ${event.attempt}: ${event.verdict}`;
    case 'subtask.state':
      return event.detail === '' ? event.state : `${event.state}: ${event.detail}`;
  }
}

function detailWords(event: Exclude<EventBody, Milestone | Silent>): string {
  switch (event.type) {
    case 'runner.started':
      return `commands are kept apart by: ${event.isolation}`;
    case 'checks.found':
      return `checks: ${event.checks.map(({ command }) => command).join('; ') || 'none'}`;
    case 'command':
      return `$ ${event.command} → ${ending(event.end)}`;
    case 'model.request':
      return `asks a model (${event.requestId})`;
    case 'tool':
      return `${event.name} ${event.summary}${event.ok ? '' : ' failed'}`;
    case 'patch':
      return `patch ${event.applied ? 'applied' : 'refused'}: ${event.detail}`;
    case 'validation':
      return `${event.stage} stage ${event.state}${event.detail === '' ? '' : `: ${event.detail}`}`;
    case 'note':
      return event.text;
  }
}

const ending = ({ limit, exitCode, durationMs }: CommandEnd): string =>
  `${limit ?? `exit ${exitCode}`} in ${(durationMs / 1000).toFixed(1)} s`;

/** It moves no cursor, and nothing in it passes for a line of its own. */
export const plainLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    // oxlint-disable-next-line no-control-regex -- these are the characters to be taken out
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .trim();
