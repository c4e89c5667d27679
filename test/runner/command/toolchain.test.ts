import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findToolchain } from '../../../src/runner/command/toolchain.ts';

/** A home with rustup as its installer leaves it, passable for others or not. */
async function makeHome(mode: number, cargo = '.cargo', rustup = '.rustup'): Promise<string> {
  const home = await fs.mkdtemp(join(tmpdir(), 'ptc-toolchain-'));
  onTestFinished(() => fs.rm(home, { recursive: true, force: true }));
  await fs.mkdir(join(home, cargo, 'bin'), { recursive: true });
  await fs.writeFile(join(home, cargo, 'bin', 'rustup'), '');
  const toolchain = join(home, rustup, 'toolchains', 'stable-x');
  await fs.mkdir(join(toolchain, 'bin'), { recursive: true });
  await fs.writeFile(join(toolchain, 'bin', 'cargo'), '');
  await fs.writeFile(join(home, rustup, 'settings.toml'), 'version = "12"\ndefault_toolchain = "stable-x"\n');
  await fs.chmod(home, mode);
  return home;
}

describe("rustup's Rust", () => {
  it('is not looked for in folders of the PATH that cannot be looked at', async () => {
    const folder = join(await makeHome(0o755), 'bin');
    await fs.symlink(folder, folder);
    expect(findToolchain(`/usr/bin:${folder}`, null).folders).toEqual([]);
  });

  it.each([
    ['.cargo', '.rustup'],
    ['cargo', 'rustup'],
  ])('is the default toolchain itself, beside %s', async (cargo, rustup) => {
    const home = await makeHome(0o755, cargo, rustup);
    const { path, folders } = findToolchain(`/usr/bin:${join(home, cargo, 'bin')}`, null);
    const toolchain = join(home, rustup, 'toolchains', 'stable-x');
    expect(path).toContain(join(toolchain, 'bin'));
    expect(path).not.toContain(join(home, cargo, 'bin'));
    expect(folders).toEqual([toolchain]);
  });

  it('in a home that is closed to others is left out when commands run as another user', async () => {
    const home = await makeHome(0o700);
    const { folders } = findToolchain(join(home, '.cargo', 'bin'), null);
    expect(folders).toHaveLength(process.getuid?.() === 0 ? 0 : 1);
  });

  it('without a default is left out', async () => {
    const home = await makeHome(0o755);
    await fs.writeFile(join(home, '.rustup', 'settings.toml'), '');
    expect(findToolchain(join(home, '.cargo', 'bin'), null).folders).toEqual([]);
  });
});

it('programs elsewhere in /usr are found without being shown again', () => {
  const { path, folders } = findToolchain('/usr/sbin:/usr/lib/node_modules/npm/bin:/root/bin', null);
  expect(path).toEqual(['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin']);
  expect(folders).toEqual([]);
});
