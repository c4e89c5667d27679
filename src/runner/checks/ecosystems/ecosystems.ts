import { type Ecosystem } from './ecosystem.ts';
import { npm } from './npm.ts';
import { python } from './python.ts';

export const ECOSYSTEMS: readonly Ecosystem[] = [npm, python];
