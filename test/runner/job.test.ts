import { afterEach, describe, expect, test } from 'vitest';
import { runnerBed } from '../helpers/runner-bed.ts';
import { calls, inOrder, type ScriptedMailbox, toldModel } from '../helpers/scripted-mailbox.ts';
import { SHOP, SHOP_FIX, SHOP_TEST } from '../helpers/shop.ts';

const bed = runnerBed();
afterEach(() => bed.clear());

const FINISH = ['finish', { title: 'Total an empty cart', body: 'The sum starts at 0.' }] as const;
const TESTED = { checks: { test: 'node --test' } };
const patch = (diff: string) => ['apply_patch', { diff }] as const;

/** A repository with nothing to check, where the change itself is what matters. */
const PLAIN = { 'src/total.js': SHOP['src/total.js'] };

/** What the model was told in its requests, in order. */
const told = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'model.request' ? [toldModel(event)] : []));
const verdicts = (mailbox: ScriptedMailbox): readonly string[] =>
  mailbox.events().flatMap((event) => (event.type === 'attempt' ? [event.verdict] : []));
const notes = (mailbox: ScriptedMailbox): string =>
  mailbox
    .events()
    .flatMap((event) => (event.type === 'note' ? [event.text] : []))
    .join('\n');

test('a fix with a test that proves it comes back as files, diff, summary and a green proof', async () => {
  const mailbox = await bed.run(SHOP, inOrder(calls(patch(SHOP_FIX + SHOP_TEST), FINISH)), TESTED);
  const result = mailbox.result();
  expect(result).toMatchObject({
    status: 'done',
    problem: null,
    summary: FINISH[1],
    files: [
      { path: 'src/total.js', mode: '100644', encoding: 'utf-8' },
      { path: 'test/empty.test.js', mode: '100644', encoding: 'utf-8' },
    ],
    proof: {
      verdict: 'green',
      tests: [{ name: 'an empty cart costs nothing', base: 'assertion', proves: true }],
    },
  });
  expect(result.diff).toContain('+  items.map((item) => item.price).reduce((sum, price) => sum + price, 0);');
  expect(mailbox.events().at(-1)?.type).toBe('runner.finished');
});

test('events count up without gaps and name the phases in order', async () => {
  const mailbox = await bed.run(SHOP, inOrder(calls(patch(SHOP_FIX + SHOP_TEST), FINISH)), TESTED);
  const events = mailbox.events();
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []))).toEqual([
    'cloning',
    'installing',
    'working',
    'proving',
    'finishing',
  ]);
});

test('a change that breaks a test goes back with its failure and is accepted once repaired', async () => {
  const broken = SHOP_FIX.replace('price, 0)', 'price, 1)');
  const repair = SHOP_FIX.replace('price);', 'price, 1);');
  const mailbox = await bed.run(
    SHOP,
    inOrder(calls(patch(broken + SHOP_TEST), FINISH), calls(patch(repair), FINISH)),
    TESTED,
  );
  expect(verdicts(mailbox)).toEqual(['red', 'green']);
  expect(told(mailbox)[1]).toMatch(/not accepted[^]*two items[^]*call finish again/);
  expect(mailbox.result().status).toBe('done');
});

test('a change that stays red uses up its attempts and ends as checks-red with its patch and proof', async () => {
  const broken = SHOP_FIX.replace('price, 0)', 'price, 1)');
  const mailbox = await bed.run(SHOP, inOrder(calls(patch(broken), FINISH), calls(FINISH)), {
    ...TESTED,
    limits: { attempts: 2 },
  });
  const result = mailbox.result();
  expect(verdicts(mailbox)).toEqual(['red', 'red']);
  expect(result).toMatchObject({
    status: 'failed',
    problem: { code: 'checks-red' },
    proof: { verdict: 'red' },
  });
  expect(result.files.map((file) => file.path)).toEqual(['src/total.js']);
});

test('a change that no test proves goes back once, and is accepted when a test then proves it', async () => {
  const mailbox = await bed.run(
    SHOP,
    inOrder(calls(patch(SHOP_FIX), FINISH), calls(patch(SHOP_TEST), FINISH)),
    TESTED,
  );
  expect(verdicts(mailbox)).toEqual(['unproven', 'green']);
  expect(told(mailbox)[1]).toContain('fails without your change and passes with it');
});

test('a change that no test proves is accepted as unproven when asking did not help', async () => {
  const mailbox = await bed.run(SHOP, inOrder(calls(patch(SHOP_FIX), FINISH), calls(FINISH)), TESTED);
  expect(verdicts(mailbox)).toEqual(['unproven', 'unproven']);
  expect(mailbox.result()).toMatchObject({ status: 'done', proof: { verdict: 'unproven' } });
});

test('a repository without tests ends with a change and the verdict none', async () => {
  const mailbox = await bed.run(
    { 'a.txt': 'old\n' },
    inOrder(calls(patch('--- a/a.txt\n+++ b/a.txt\n@@\n-old\n+new\n'), FINISH)),
  );
  expect(mailbox.result()).toMatchObject({
    status: 'done',
    files: [{ content: 'new\n' }],
    proof: { verdict: 'none' },
  });
});

test('a test that is red at the base is not held against the change', async () => {
  const red =
    "import { test } from 'node:test';\ntest('was broken before', () => {\n  throw new Error('no');\n});\n";
  const mailbox = await bed.run(
    { ...SHOP, 'test/red.test.js': red },
    inOrder(calls(patch(SHOP_FIX + SHOP_TEST), FINISH)),
    TESTED,
  );
  const { proof } = mailbox.result();
  expect(proof).toMatchObject({ verdict: 'green', newFailures: [] });
  expect(proof?.knownFailures.join()).toContain('was broken before');
});

test('a test that hangs is ended at its limit and the change stays unproven', async () => {
  const hanging =
    "import { test } from 'node:test';\ntest('hangs', async () => {\n  await new Promise((r) => setTimeout(r, 600_000));\n});\n";
  const mailbox = await bed.run(
    { ...SHOP, 'test/hanging.test.js': hanging },
    inOrder(calls(patch(SHOP_FIX + SHOP_TEST), FINISH)),
    { ...TESTED, limits: { checkTimeoutMs: 1500, attempts: 1 } },
  );
  const { proof } = mailbox.result();
  expect(proof?.checks[0]?.base?.end.limit).toBe('timeout');
  expect(proof?.verdict).not.toBe('green');
});

test('a set-up that fails at the base ends the job although the model has not answered yet', async () => {
  const mailbox = await bed.run(SHOP, () => undefined, {
    checks: { setup: ['echo no such package; exit 3'] },
  });
  expect(mailbox.result()).toMatchObject({ status: 'failed', problem: { code: 'setup-failed' } });
  expect(mailbox.result().problem?.message).toContain('no such package');
});

describe('what belongs to the change', () => {
  test('tracked files that a command changed do; new files that it made do not, and are listed', async () => {
    const mailbox = await bed.run(
      PLAIN,
      inOrder(
        calls(['run_command', { command: 'echo "// formatted" >> src/total.js; echo x > report.out' }]),
        calls(FINISH),
      ),
    );
    const result = mailbox.result();
    expect(result.files.map((file) => file.path)).toEqual(['src/total.js']);
    expect(result.files[0]?.content).toContain('// formatted');
    expect(notes(mailbox)).toContain('report.out');
  });

  test('nothing that the set-up made does: its changes are put back, its new files are not even listed', async () => {
    const mailbox = await bed.run(
      { ...PLAIN, 'lock.txt': 'locked\n' },
      inOrder(calls(['run_command', { command: 'cat deps/a' }]), calls(patch(SHOP_FIX), FINISH)),
      { checks: { setup: ['mkdir -p deps; echo dep-content > deps/a; echo unlocked > lock.txt'] } },
    );
    expect(told(mailbox)[1]).toContain('dep-content');
    expect(mailbox.result().files.map((file) => file.path)).toEqual(['src/total.js']);
    expect(notes(mailbox)).toContain('lock.txt');
    expect(notes(mailbox)).not.toContain('deps');
  });

  test('a deleted, a renamed and an executable file do, with their modes', async () => {
    const diff = `--- a/gone.txt
+++ /dev/null
@@
-gone
diff --git a/old.sh b/new.sh
rename from old.sh
rename to new.sh
`;
    const mailbox = await bed.run(
      { 'old.sh': 'echo hi\n', 'gone.txt': 'gone\n' },
      inOrder(calls(patch(diff), ['run_command', { command: 'chmod +x new.sh' }], FINISH)),
    );
    expect(mailbox.result().files).toEqual([
      { path: 'gone.txt', mode: '100644', content: null, encoding: 'utf-8' },
      { path: 'new.sh', mode: '100755', content: 'echo hi\n', encoding: 'utf-8' },
      { path: 'old.sh', mode: '100644', content: null, encoding: 'utf-8' },
    ]);
    expect(mailbox.result().diff).toContain('rename from old.sh');
  });

  test('a file that the repository ignores does not, and the model is told so', async () => {
    const ignored = '--- /dev/null\n+++ b/out/x.txt\n@@\n+x\n';
    const mailbox = await bed.run(
      { ...PLAIN, '.gitignore': 'out/\n' },
      inOrder(calls(patch(SHOP_FIX + ignored)), calls(FINISH)),
    );
    expect(told(mailbox)[1]).toContain('out/x.txt is ignored');
    expect(mailbox.result().files.map((file) => file.path)).toEqual(['src/total.js']);
  });
});

describe('tests that come first', () => {
  const run = (first: string, second: string) =>
    bed.run(SHOP, inOrder(calls(patch(first)), calls(patch(second), FINISH)), TESTED);

  test('are run before the change, and the proof says that they were seen to fail', async () => {
    const mailbox = await run(SHOP_TEST, SHOP_FIX);
    expect(told(mailbox)[1]).toContain('these fail, as a test of it must:\n- test/empty.test.js > an empty');
    expect(mailbox.result().proof?.tests).toMatchObject([{ proves: true, first: true }]);
  });

  test('that pass already are named as proving nothing', async () => {
    const mailbox = await run(SHOP_TEST.replace('total([]), 0', 'total([{ price: 0 }]), 0'), SHOP_FIX);
    expect(told(mailbox)[1]).toContain('These pass already, so they prove nothing');
  });

  test('written together with the change are not said to be first', async () => {
    const mailbox = await bed.run(SHOP, inOrder(calls(patch(SHOP_FIX + SHOP_TEST), FINISH)), TESTED);
    expect(mailbox.result().proof?.tests).toMatchObject([{ proves: true, first: false }]);
  });

  test('are asked for once when the change comes without any', async () => {
    const mailbox = await run(SHOP_FIX, SHOP_TEST);
    expect(told(mailbox)[1]).toContain('No test shows this change yet.');
  });
});
