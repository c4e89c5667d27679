import { PtcError } from '../../domain/errors.ts';

/** The repository to work on, and the forge it is on. */
export interface TargetRepository {
  /** Without anybody's name or password. */
  readonly cloneUrl: string;
  readonly owner: string;
  readonly name: string;
  /** Of the forge's REST API. */
  readonly apiUrl: string;
  /** The password that stood in the URL; null without one. */
  readonly token: string | null;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads a clone URL. One for SSH becomes the same repository's over HTTPS: a workspace holds a token, no key.
 * Throws PtcError `target-invalid`, without the URL, in which a password may stand.
 */
export function parseTarget(text: string): TargetRepository {
  const [, sshHost, sshPath] = /^(?:ssh:\/\/)?git@([\w.-]+)[:/]([^:]+)$/.exec(text) ?? [];
  const url = URL.parse(sshHost === undefined ? text : `https://${sshHost}/${sshPath}`);
  if (url === null) throw invalid('is no URL');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname)))
    throw invalid('has to be an https URL: a token must not travel in the clear');
  const [, owner, name] = /^\/(?:.*\/)?([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url.pathname) ?? [];
  if (owner === undefined || name === undefined) throw invalid('does not end in owner/name');
  const token = decodeURIComponent(url.password || url.username) || null;
  url.username = '';
  url.password = '';
  return { cloneUrl: url.href, owner, name, apiUrl: apiUrlOf(url), token };
}

const apiUrlOf = ({ host, origin }: URL): string =>
  host === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`;

const invalid = (what: string): PtcError =>
  new PtcError({
    code: 'target-invalid',
    message: what,
    remedy: 'Set TARGET_REPO to https://github.com/owner/name.',
    retryable: false,
  });
