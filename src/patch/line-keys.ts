import { canonical } from './characters.ts';

/** How two lines are compared, from byte for byte to "the same words". Each kind finds all the ones before do. */
export type KeyKind = 'exact' | 'trailing-space' | 'characters' | 'indent' | 'inner-space';

/** Lines are the same at a kind when their keys are. */
export function lineKey(kind: KeyKind, line: string): string {
  switch (kind) {
    case 'exact':
      return line;
    case 'trailing-space':
      return withoutMark(line).trimEnd();
    case 'characters':
      return canonical(line.trimEnd()).trimEnd();
    case 'indent':
      return canonical(line).trim();
    case 'inner-space':
      return canonical(line).trim().replace(/\s+/g, ' ');
  }
}

function withoutMark(line: string): string {
  return line.startsWith('\uFEFF') ? line.slice(1) : line;
}
