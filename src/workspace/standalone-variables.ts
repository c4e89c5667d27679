/**
 * Variables as a runner that stands alone reads them: as `env -0` prints them. A value cannot hold U+0000, so it
 * is shown as U+FFFD.
 */
export const encodeVariables = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value.replaceAll('\0', '\uFFFD')}\0`)
    .join('');
