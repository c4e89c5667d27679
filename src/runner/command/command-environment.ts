import { existsSync } from 'node:fs';
import { join } from 'node:path';

const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** What the environment of a command is made from; nothing of the runner's own environment is in it. */
export interface EnvironmentParts {
  readonly path: string;
  readonly home: string;
  readonly temporary: string;
  readonly cache: string;
  /** URL of the proxy to package registries; null without network. */
  readonly proxyUrl: string | null;
  readonly extra: Readonly<Record<string, string>>;
}

export function commandEnvironment(parts: EnvironmentParts): Record<string, string> {
  return {
    PATH: parts.path,
    HOME: parts.home,
    TMPDIR: parts.temporary,
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
    CI: '1',
    ...cacheVariables(parts.cache),
    ...gitVariables(),
    ...(parts.proxyUrl === null ? {} : proxyVariables(parts.proxyUrl)),
    ...parts.extra,
  };
}

function cacheVariables(cache: string): Record<string, string> {
  return {
    XDG_CACHE_HOME: cache,
    npm_config_cache: join(cache, 'npm'),
    PIP_CACHE_DIR: join(cache, 'pip'),
    YARN_CACHE_FOLDER: join(cache, 'yarn'),
    YARN_GLOBAL_FOLDER: join(cache, 'yarn-global'),
    PNPM_HOME: join(cache, 'pnpm'),
    COREPACK_HOME: join(cache, 'corepack'),
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  };
}

/** The tree may belong to the runner's user, and `.git` cannot be written. */
function gitVariables(): Record<string, string> {
  return {
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
}

function proxyVariables(proxyUrl: string): Record<string, string> {
  const local = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    https_proxy: proxyUrl,
    NO_PROXY: local,
    no_proxy: local,
    NODE_USE_ENV_PROXY: '1',
    YARN_HTTP_PROXY: proxyUrl,
    YARN_HTTPS_PROXY: proxyUrl,
    // Registries may stand behind a company's own certificate authority, which the machine knows.
    ...(existsSync(CA_BUNDLE)
      ? {
          NODE_EXTRA_CA_CERTS: CA_BUNDLE,
          SSL_CERT_FILE: CA_BUNDLE,
          PIP_CERT: CA_BUNDLE,
          REQUESTS_CA_BUNDLE: CA_BUNDLE,
        }
      : {}),
  };
}
