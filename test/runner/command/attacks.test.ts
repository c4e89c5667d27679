import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { type Attack, CAVEATS, type Scene } from './attacks/attack.ts';
import { CANARY, type Host, openHost } from './attacks/host.ts';
import { type Level, type LevelId, LEVELS } from './attacks/levels.ts';
import { asMarkdown, ATTACKS } from './attacks/table.ts';
import { type CommandBed, openCommandBed } from './command-bed.ts';

/** Caveats that tell what a level costs; no attack goes with them. */
const COSTS = ['Commands run one after another.'];

const isRoot = process.getuid?.() === 0;
const hasPerl = hasTool('perl');

/** The caveat of a cell; null when the attack is held there. */
function caveatAt({ open, onlyAsRoot }: Attack, level: LevelId): string | null {
  const caveat = open[level];
  return caveat === undefined || (onlyAsRoot === true && !isRoot) ? null : CAVEATS[caveat];
}

async function openScene({ id, make }: Level, host: Host): Promise<Scene> {
  const bed = await openCommandBed({ enclosure: make });
  await fs.writeFile(join(bed.root, 'job.json'), CANARY, { mode: 0o600 });
  await fs.mkdir(join(bed.root, 'inbox'), { mode: 0o700 });
  await fs.writeFile(join(bed.root, 'inbox', '1.json'), CANARY, { mode: 0o644 });
  return { bed, level: id, host };
}

function attacksAt(level: Level): void {
  let host: Host;
  let scene: Scene;
  let bed: CommandBed;
  beforeAll(async () => {
    host = await openHost();
    scene = await openScene(level, host);
    bed = scene.bed;
  });
  afterAll(async () => {
    await bed.close();
    await host.close();
  });

  for (const attack of ATTACKS) {
    const caveat = caveatAt(attack, level.id);
    if (caveat === null) {
      it(`hold: ${attack.name}`, async () => {
        expect(await attack.tryAt(scene)).toBe(false);
      });
      continue;
    }
    it(`do not promise, and say so: ${attack.name}`, async () => {
      expect(bed.commands.caveats.join('\n')).toContain(caveat);
      const isPossible = attack.onItself === null || (await attack.onItself(scene));
      expect(await attack.tryAt(scene)).toBe(isPossible);
    });
  }

  it('name nothing as not promised that is held', () => {
    const named = [...COSTS, ...ATTACKS.flatMap((attack) => caveatAt(attack, level.id) ?? [])];
    const idle = bed.commands.caveats.filter((caveat) => !named.some((each) => caveat.includes(each)));
    expect(idle).toEqual([]);
  });
}

for (const level of LEVELS) {
  describeWith(`${level.needs}, Perl`, level.isHere() && hasPerl, `commands under: ${level.title}`, () =>
    attacksAt(level),
  );
}

describe('the attacks', () => {
  it('are told to people as they are tested', async () => {
    const document = await fs.readFile(join(import.meta.dirname, '../../../docs/isolation.md'), 'utf8');
    // Prettier fills the cells up.
    const tables = document.replaceAll(/ {2,}\|/g, ' |').replaceAll(/-{4,}/g, '---');
    expect(tables).toContain(asMarkdown());
  });

  it('each have a name of their own', () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  });
});
