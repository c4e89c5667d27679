/**
 * Shapes of credentials that must not be published. Each is specific enough that an ordinary file does not
 * match; the names are shown, the matches never.
 */
const SHAPES: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]{40,}/g },
  { name: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})/g },
  { name: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  { name: 'an Anthropic key', pattern: /\bsk-ant-[A-Za-z0-9_-]{20,}/g },
  { name: 'an OpenAI or OpenRouter key', pattern: /\bsk-(?:proj-|or-|svcacct-)?[A-Za-z0-9_-]{32,}/g },
  { name: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{20,}/g },
  { name: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/g },
  { name: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: 'a Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{20,}/g },
];

/** Names of the kinds of credentials in `text` that `before` did not contain already. */
export function newSecrets(text: string, before: string | null): readonly string[] {
  return SHAPES.filter(({ pattern }) =>
    [...text.matchAll(pattern)].some(([found]) => before === null || !before.includes(found)),
  ).map(({ name }) => name);
}
