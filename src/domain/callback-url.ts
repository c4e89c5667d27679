import { isPublicAddress } from './public-address.ts';

const MAX_LENGTH = 2048;

export interface CallbackRules {
  /** The operator lets callbacks into private networks, plain http included. */
  readonly allowPrivate: boolean;
}

/** What is wrong with the address of a callback as it is written, as the end of a sentence; null when it may be tried. */
export function faultOfCallbackUrl(url: string, { allowPrivate }: CallbackRules): string | null {
  if (url.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!URL.canParse(url)) return 'is no URL';
  const { protocol, username, password, hostname } = new URL(url);
  if (protocol !== 'https:' && !(allowPrivate && protocol === 'http:')) return 'is not https';
  if (username !== '' || password !== '') return 'carries a user name or password';
  return hostname === '' ? 'has no host' : null;
}

/**
 * What is wrong with where it leads; every address counts, for which of them would be used is not ours to guess.
 * Plain http never leaves private networks.
 */
export function faultOfCallbackAddresses(
  url: URL,
  addresses: readonly string[],
  { allowPrivate }: CallbackRules,
): string | null {
  if (addresses.length === 0) return 'has no address';
  const published = addresses.filter(isPublicAddress);
  if (!allowPrivate && published.length < addresses.length) return 'leads to an address that is not public';
  return url.protocol === 'http:' && published.length > 0 ? 'is not https' : null;
}
