import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FILES = new Set(['ld.so.cache', 'localtime', 'mime.types']);
/** What Debian's Maven reads to start; its settings beside these may hold passwords. */
const MAVEN_FILES = ['m2.conf', 'logging/simplelogger.properties'];
const FOLDERS = /^(alternatives|ssl|pki|crypto-policies|java-.*)$/;

/** What stands for /etc: a folder of copies, in which these folders of the machine's own /etc are shown. */
export interface SystemFiles {
  readonly folder: string;
  readonly shown: readonly string[];
}

export interface InnerUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * Makes an /etc with only what programs need to start and to trust certificates: one user, no host names, no
 * configuration that may hold tokens. Copies, because each mount would cost each command time.
 */
export async function writeSystemFiles(folder: string, { uid, gid, home }: InnerUser): Promise<SystemFiles> {
  await fs.mkdir(folder, { recursive: true, mode: 0o755 });
  const texts = {
    passwd: `command:x:${uid}:${gid}::${home}:/bin/bash\nroot:x:0:0::/:/usr/sbin/nologin\n`,
    group: `command:x:${gid}:\nroot:x:0:\n`,
    hosts: '127.0.0.1 localhost workspace\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
  for (const [name, text] of Object.entries(texts)) {
    await fs.writeFile(join(folder, name), text);
  }
  const present: readonly string[] = await fs.readdir('/etc').catch(() => []);
  for (const name of present.filter((name) => FILES.has(name))) {
    await fs.copyFile(join('/etc', name), join(folder, name));
  }
  for (const name of present.includes('maven') ? MAVEN_FILES : []) {
    await fs.mkdir(dirname(join(folder, 'maven', name)), { recursive: true });
    await fs.copyFile(join('/etc/maven', name), join(folder, 'maven', name)).catch(() => undefined);
  }
  const shown = present.filter((name) => FOLDERS.test(name));
  for (const name of shown) {
    await fs.mkdir(join(folder, name), { recursive: true });
  }
  return { folder, shown: shown.map((name) => join('/etc', name)) };
}
