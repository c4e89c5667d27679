import { type Scope } from '../../domain/api-key.ts';

const SERVICE = new Set(['/execute', '/generate', '/stats']);
const OPEN = new Set(['/health', '/openapi.json']);

/**
 * What a key must be good for to be answered at this path; null where everybody is. A path of `/api/v1` that is
 * not named here is for administrators, so that a new route is never open by oversight.
 */
export function neededScope(path: string): Scope | null {
  if (OPEN.has(path)) return null;
  if (SERVICE.has(path)) return 'execute';
  if (!/^\/api(\/|$)/.test(path)) return 'runs';
  return /^\/api\/v1\/runs(\/|$)/.test(path) ? 'runs' : 'admin';
}
