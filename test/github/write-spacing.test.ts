import { expect, test } from 'vitest';
import { openForgeBed } from './forge-bed.ts';

test('with write spacing, writes of one installation keep a second between them and reads do not wait', async () => {
  const bed = await openForgeBed({ writeSpacing: true });
  try {
    const { place, repo } = await bed.repository();
    await bed.github.as('acme', 'POST', `/repos/${repo.fullName}/issues`, { title: 'x' });
    const done: string[] = [];
    const write = async (name: string) => {
      await bed.forge.react(place, { issue: 1 });
      done.push(name);
    };
    const writes = write('first').then(() => write('second'));
    await bed.forge.branchHead(place, 'main');
    await bed.forge.branchHead(place, 'main');
    done.push('reads');
    await writes;
    expect(done.indexOf('reads')).toBeLessThan(done.indexOf('second'));
    const times = bed.github.requests
      .filter(({ operationId }) => operationId === 'reactions/create-for-issue')
      .map(({ atMs }) => atMs);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
    expect(bed.github.violations).toEqual([]);
  } finally {
    await bed.close();
  }
});
