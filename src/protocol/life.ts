/**
 * A run that loses its workspace goes on in another: its next life. Conversations do not outlive theirs, so their
 * ids carry its number from the second one on.
 */
export const inLife = (conversation: string, life: number): string =>
  life === 0 ? conversation : `${conversation}${suffix(life)}`;

/** @param life how many workspaces were lost before it */
export const isOfLife = (conversationId: string, life: number): boolean =>
  life === 0 ? !/-life-\d+$/.test(conversationId) : conversationId.endsWith(suffix(life));

const suffix = (life: number): string => `-life-${life + 1}`;
