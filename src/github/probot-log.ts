import { type Logger, pino } from 'pino';
import { type Log } from '../run/ports.ts';

const WARN = 40;
const ERROR = 50;
const MAX_MESSAGE_CHARS = 300;

/**
 * A logger for Probot that hands on to ours what kind of thing happened and no more. Probot logs whole objects:
 * with a bad signature the payload a stranger sent, with a failed request its headers.
 */
export function probotLog(log: Log): Logger {
  return pino(
    {
      level: 'warn',
      hooks: {
        logMethod([first, second], _method, level) {
          if (isRepetition(first)) return;
          const { fields, message } = describe(first, second);
          if (level >= ERROR) log.error(fields, message);
          else if (level >= WARN) log.warn(fields, message);
        },
      },
    },
    { write: () => undefined },
  );
}

function describe(first: unknown, second: unknown): { fields: Record<string, unknown>; message: string } {
  const error = errorIn(first);
  const said = [first, second].filter((value) => typeof value === 'string');
  const reasons = [error, error?.cause].flatMap((value) => (value instanceof Error ? [value.message] : []));
  return {
    fields: { from: 'probot', ...(error ? { error: error.name, status: statusIn(error) } : {}) },
    message: [...said, ...reasons].join(': ').slice(0, MAX_MESSAGE_CHARS),
  };
}

/** Probot logs each error of a delivery by itself, then all of them together. */
const isRepetition = (value: unknown): boolean => value instanceof AggregateError && 'event' in value;

function errorIn(value: unknown): Error | undefined {
  if (value instanceof Error) return value;
  const isHolder = typeof value === 'object' && value !== null && 'err' in value;
  return isHolder && value.err instanceof Error ? value.err : undefined;
}

const statusIn = (error: Error): number | undefined =>
  'status' in error && typeof error.status === 'number' ? error.status : undefined;
