/*
 * A receiver as it is stored: one of the operator's by its number, from 1, so that events that wait follow it to
 * another address, and a run's callback by its address.
 */

/** Whom an event goes to. */
export const endpointsFor = (ofOperator: number, callbackUrl: string | null): readonly string[] => [
  ...Array.from({ length: ofOperator }, (_, index) => String(index + 1)),
  ...(callbackUrl === null ? [] : [callbackUrl]),
];

export interface Destination {
  readonly url: string;
  /** The operator named it, so it may lie in a private network and speak plain http. */
  readonly trusted: boolean;
}

/** Where a receiver is now; null for one that the operator does not name any more. */
export function destinationOf(endpoint: string, operatorUrls: readonly string[]): Destination | null {
  if (!isOfOperator(endpoint)) return { url: endpoint, trusted: false };
  const url = operatorUrls[Number(endpoint) - 1];
  return url === undefined ? null : { url, trusted: true };
}

/** For logs and lists: of a callback its origin alone, for its path may be a secret. */
export const shownEndpoint = (endpoint: string): string =>
  isOfOperator(endpoint) || !URL.canParse(endpoint) ? endpoint : new URL(endpoint).origin;

const isOfOperator = (endpoint: string): boolean => /^\d+$/.test(endpoint);
