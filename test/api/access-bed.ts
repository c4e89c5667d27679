import { type Access } from '../../src/api/access/guards.ts';
import { createKeyring, type KeyTable } from '../../src/api/access/keyring.ts';
import { type Log } from '../../src/run/ports.ts';
import { memoryKeyTable } from '../helpers/memory-key-table.ts';

export const SERVER_TOKEN = 'ptc_server_of-this-test';
const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The access to a listener on loopback without keys, as far as a test does not say otherwise. */
export const accessOf = (
  different: Partial<Access> & { readonly table?: KeyTable; readonly log?: Log } = {},
): Access => {
  const { table = memoryKeyTable(), log = quiet, ...rest } = different;
  return {
    keyring: createKeyring({ table, serverToken: SERVER_TOKEN, log }),
    isLoopback: true,
    corsOrigins: [],
    ...rest,
  };
};
