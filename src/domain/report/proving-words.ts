/** Whether a test proves the change, and whether it was there before it, in words. */
export function provesInWords({
  proves,
  first,
}: {
  readonly proves: boolean;
  readonly first: boolean;
}): string {
  if (!proves) return 'no';
  return first ? 'yes, and was seen to fail first' : 'yes';
}
