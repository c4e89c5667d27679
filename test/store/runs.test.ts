import { expect, it } from 'vitest';
import { type RepositoryRun } from '../../src/domain/run.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { jobFor } from '../helpers/scripted-mailbox.ts';
import { onEveryDatabase } from './every-database.ts';
import {
  AWKWARD_TEXT,
  noteEvent,
  received,
  sampleArtifactRun,
  sampleCall,
  sampleOutcome,
  sampleResult,
  sampleRun,
} from './samples.ts';

onEveryDatabase('the run store', (database) => {
  const store = () => createRunStore(database());
  const stored = async (change?: Parameters<typeof sampleRun>[0]) => {
    const run = sampleRun(change);
    expect(await store().create(run)).toBe('created');
    return run;
  };

  it('gives a created run back as it was, queued', async () => {
    const run = await stored();
    expect(await store().get(run.id)).toEqual({
      run,
      phase: 'queued',
      cancelRequestedBy: null,
      outcome: null,
      warnings: [],
      commentId: null,
      startedAt: null,
      finishedAt: null,
    });
  });

  it('knows nothing of a run that was never created', async () => {
    expect(await store().get('nobody')).toBeNull();
    expect(await store().result('nobody')).toBeNull();
    expect(await store().position('nobody')).toEqual({ seq: 0, offset: 0 });
    expect(await store().ofSubject(1, { number: 1 })).toBeNull();
  });

  it('knows nothing of an id that no text of a database can be', async () => {
    expect(await store().get('nul \0 in it')).toBeNull();
    expect(await store().list(1, { before: 'nul \0 in it', status: null })).toEqual([]);
  });

  it('lists runs page by page, also those of one moment, and by how they stand', async () => {
    const ids: string[] = [];
    for (const createdAt of ['2020-01-01', '2020-01-02', '2020-01-02', '2020-01-03', '2020-01-04'])
      ids.push((await stored({ createdAt: `${createdAt}T00:00:00.000Z` })).id);
    const [failed = '', running = '', , cancelled = ''] = ids;
    const problem = {
      code: 'x',
      message: `${AWKWARD_TEXT} "status":"cancelled"`,
      remedy: '',
      retryable: false,
    };
    await store().enterPhase(running, 'running');
    await store().finish(failed, { ...sampleOutcome, problem });
    await store().finish(cancelled, { ...sampleOutcome, status: 'cancelled' });

    const seen: string[] = [];
    const newest = await store().list(1000);
    let before = newest[newest.findIndex(({ run }) => run.id === ids.at(-1)) - 1]?.run.id ?? null;
    for (let page = 0; page < 3; page += 1) {
      seen.push(...(await store().list(2, { before, status: null })).map(({ run }) => run.id));
      before = seen.at(-1) ?? null;
    }
    expect(seen.slice(0, 5).toSorted()).toEqual(ids.toSorted());
    expect([seen[0], seen[1], seen[4]]).toEqual([ids[4], ids[3], ids[0]]);

    const standing = async (status: 'queued' | 'running' | 'failed' | 'cancelled') =>
      (await store().list(1000, { before: null, status })).map(({ run }) => run.id);
    const ours = async (status: Parameters<typeof standing>[0]) =>
      (await standing(status)).filter((id) => ids.includes(id));
    expect(await ours('failed')).toEqual([failed]);
    expect(await ours('cancelled')).toEqual([cancelled]);
    expect(await ours('running')).toEqual([running]);
    expect(await ours('queued')).toHaveLength(2);
  });

  it('creates a run once, however often and at once it is asked to', async () => {
    const run = sampleRun();
    const answers = await Promise.all(Array.from({ length: 5 }, () => store().create(run)));
    expect(answers.sort()).toEqual(['created', 'exists', 'exists', 'exists', 'exists']);
  });

  it('allows one active run a subject, and the next when it has finished', async () => {
    const first = await stored();
    const second = sampleRun({ repository: first.repository, subject: first.subject });
    expect(await store().create(second)).toBe('subject-busy');
    await store().finish(first.id, sampleOutcome);
    expect(await store().create(second)).toBe('created');
    expect((await store().ofSubject(first.repository.id, first.subject))?.run.id).toBe(second.id);
  });

  it('lets one of several runs of a subject in that come at once', async () => {
    const first = sampleRun();
    const same = { repository: first.repository, subject: first.subject };
    const answers = await Promise.all(
      [first, sampleRun(same), sampleRun(same)].map((run) => store().create(run)),
    );
    expect(answers.sort()).toEqual(['created', 'subject-busy', 'subject-busy']);
  });

  it('finds the active run of a subject before a finished one that is newer', async () => {
    const active = sampleRun({ createdAt: '2026-01-01T00:00:00.000Z' });
    const newer = sampleRun({
      repository: active.repository,
      subject: active.subject,
      createdAt: '2026-01-02T00:00:00.000Z',
    });
    await store().create(newer);
    await store().finish(newer.id, sampleOutcome);
    await store().create(active);
    expect((await store().ofSubject(active.repository.id, active.subject))?.run.id).toBe(active.id);
  });

  it('lets any number of runs without a subject be active in one repository', async () => {
    const first = sampleRun();
    const byApi = (): RepositoryRun => ({
      ...sampleRun({ repository: first.repository }),
      subject: null,
      requester: null,
    });
    const answers = await Promise.all([byApi(), byApi()].map((run) => store().create(run)));
    expect(answers).toEqual(['created', 'created']);
  });

  it('keeps a run without a repository as it was', async () => {
    const run = sampleArtifactRun();
    expect(await store().create(run)).toBe('created');
    expect((await store().get(run.id))?.run).toEqual(run);
  });

  it('reads a run that was stored before runs could come through the API', async () => {
    const { plan: _plan, options: _options, execution: _execution, ...old } = await stored();
    await database()
      .kysely.updateTable('runs')
      .set({ run: JSON.stringify(old) })
      .where('id', '=', old.id)
      .execute();
    const run = (await store().get(old.id))?.run;
    expect(run).toMatchObject({ ...old, plan: null, execution: null, options: { planned: true } });
  });

  it('says how far runs have come, of those it knows', async () => {
    const { id } = await stored();
    const other = await stored();
    await store().appendEvents(id, received(noteEvent(1), noteEvent(2)));
    await store().enterPhase(id, 'running');
    await store().finish(other.id, sampleOutcome);
    const heads = await store().heads([id, other.id, 'nobody']);
    expect(heads).toHaveLength(2);
    expect(heads).toContainEqual({ runId: id, seq: 2, phase: 'running', isFinished: false });
    expect(heads).toContainEqual({ runId: other.id, seq: 0, phase: 'finished', isFinished: true });
    expect(await store().heads([])).toEqual([]);
  });

  it('names the runs that nothing was done for yet', async () => {
    const [waiting, begun, ended] = [await stored(), await stored(), await stored()];
    await store().enterPhase(begun.id, 'acknowledging');
    await store().finish(ended.id, sampleOutcome);
    const queued = await store().queued();
    expect(queued).toContain(waiting.id);
    expect(queued).not.toContain(begun.id);
    expect(queued).not.toContain(ended.id);
  });

  it('keeps each warning once, in the order they came, those at once included', async () => {
    const { id } = await stored();
    await store().addWarning(id, 'one');
    await Promise.all(['two', 'two', 'one'].map((words) => store().addWarning(id, words)));
    await store().addWarning('nobody', 'lost');
    expect((await store().get(id))?.warnings).toEqual(['one', 'two']);
  });

  it('lists runs, the newest first', async () => {
    const runs = [
      await stored({ createdAt: '2100-01-01T00:00:00.000Z' }),
      await stored({ createdAt: '2100-01-02T00:00:00.000Z' }),
    ];
    const listed = await store().list(2);
    expect(listed.map(({ run }) => run.id)).toEqual(runs.map(({ id }) => id).reverse());
  });

  it('keeps the first start, the first to cancel and the first outcome', async () => {
    const { id } = await stored();
    await store().enterPhase(id, 'provisioning');
    const started = (await store().get(id))?.startedAt;
    await store().enterPhase(id, 'running');
    await store().setCommentId(id, 9_000_000_000_000);
    await store().requestCancel(id, 'mona');
    await store().requestCancel(id, 'hubot');
    await store().finish(id, { ...sampleOutcome, status: 'cancelled' });
    const finished = await store().get(id);
    await store().finish(id, sampleOutcome);
    await store().enterPhase(id, 'publishing');
    expect(finished).toMatchObject({
      phase: 'finished',
      startedAt: started,
      commentId: 9_000_000_000_000,
      cancelRequestedBy: 'mona',
      outcome: { status: 'cancelled' },
    });
    expect(finished?.finishedAt).toEqual(expect.any(String));
    expect(await store().get(id)).toEqual(finished);
  });

  it('appends events that are not stored yet and the position behind them', async () => {
    const { id } = await stored();
    await store().appendEvents(id, received(noteEvent(1), noteEvent(2)));
    await store().appendEvents(id, received(noteEvent(2, 'told otherwise'), noteEvent(3)));
    await store().appendEvents(id, received(noteEvent(1)));
    await store().appendEvents(id, []);
    expect(await store().events(id, 0)).toEqual([noteEvent(1), noteEvent(2), noteEvent(3)]);
    expect(await store().events(id, 2)).toEqual([noteEvent(3)]);
    expect(await store().position(id)).toEqual({ seq: 3, offset: 300 });
  });

  it('appends more events at once than one statement can carry', async () => {
    const { id } = await stored();
    const many = Array.from({ length: 25_000 }, (_, index) => noteEvent(index + 1));
    await store().appendEvents(id, received(...many));
    expect(await store().events(id, 24_998)).toEqual([noteEvent(24_999), noteEvent(25_000)]);
  });

  it('stores none of the events when one cannot be stored', async () => {
    const { id } = await stored();
    const broken = received(noteEvent(1), noteEvent(2 ** 40));
    await expect(store().appendEvents(id, broken)).rejects.toThrow();
    expect(await store().events(id, 0)).toEqual([]);
    expect(await store().position(id)).toEqual({ seq: 0, offset: 0 });
  });

  it('keeps a result, the last one when there are several', async () => {
    const { id } = await stored();
    await store().saveResult(id, sampleResult(id));
    const large = sampleResult(id, `+${'x'.repeat(5_000_000)}`);
    await store().saveResult(id, large);
    expect(await store().result(id)).toEqual(large);
  });

  it('keeps the job of a run, the last one when there are several', async () => {
    const { id } = await stored();
    expect(await store().job(id)).toBeNull();
    const job = { ...jobFor({ cloneUrl: 'file:///x', baseSha: '0'.repeat(40) }), runId: id };
    await store().saveJob(id, { ...job, mode: 'atomic' });
    await store().saveJob(id, job);
    expect(await store().job(id)).toEqual(job);
  });

  it('keeps the first answer to a request and counts it once', async () => {
    const { id } = await stored();
    const call = sampleCall('main/1');
    await store().saveModelCall(id, call);
    await store().saveModelCall(id, { ...call, costUsd: 99 });
    await store().saveModelCall(id, sampleCall('main/2', { costUsd: 0.5 }));
    expect(await store().modelCalls(id)).toEqual([call, sampleCall('main/2', { costUsd: 0.5 })]);
    expect(await store().spending(id)).toEqual({
      costUsd: 0.75,
      requests: 2,
      inputTokens: 2220,
      outputTokens: 10,
      models: [
        {
          name: 'anthropic:sample-model',
          costUsd: 0.75,
          requests: 2,
          inputTokens: 2220,
          outputTokens: 10,
        },
      ],
      fallOvers: 0,
      escalations: 0,
    });
  });

  it('keeps the refusals before an answer, and how the model came to be asked', async () => {
    const { id } = await stored();
    const { reply } = sampleCall('main/1');
    const refused = sampleCall('main/1', { reply: { ...reply, stopReason: 'refusal' } });
    const answered = sampleCall('main/1', {
      reply: { ...reply, provider: 'openai' },
      passedOver: [{ model: 'anthropic:sample-model', code: 'model-refused' }],
      escalated: true,
    });
    for (const call of [refused, answered, refused, answered]) await store().saveModelCall(id, call);
    expect(await store().modelCalls(id)).toEqual([refused, answered]);
    expect(await store().spending(id)).toMatchObject({
      costUsd: 0.5,
      requests: 2,
      models: [
        { name: 'anthropic:sample-model', requests: 1 },
        { name: 'openai:sample-model', requests: 1 },
      ],
      fallOvers: 1,
      escalations: 1,
    });
  });

  it('has spent nothing before the first call', async () => {
    const { id } = await stored();
    expect(await store().spending(id)).toEqual({
      costUsd: 0,
      requests: 0,
      inputTokens: 0,
      outputTokens: 0,
      models: [],
      fallOvers: 0,
      escalations: 0,
    });
  });

  it('takes untrusted text as it is, U+0000 and lone surrogates too', async () => {
    const run = await stored({ task: { title: AWKWARD_TEXT, body: AWKWARD_TEXT, words: AWKWARD_TEXT } });
    const { id } = run;
    const call = sampleCall(AWKWARD_TEXT);
    const spoken = { ...call, reply: { ...call.reply, model: AWKWARD_TEXT } };
    const outcome = {
      ...sampleOutcome,
      problem: { code: 'x', message: AWKWARD_TEXT, remedy: '', retryable: false },
    };
    await store().appendEvents(id, received(noteEvent(1, AWKWARD_TEXT)));
    await store().saveResult(id, sampleResult(id, AWKWARD_TEXT));
    await store().saveModelCall(id, spoken);
    await store().requestCancel(id, AWKWARD_TEXT);
    await store().finish(id, outcome);
    expect(await store().events(id, 0)).toEqual([noteEvent(1, AWKWARD_TEXT)]);
    expect((await store().result(id))?.diff).toBe(AWKWARD_TEXT);
    expect(await store().modelCalls(id)).toEqual([spoken]);
    expect(await store().get(id)).toMatchObject({ run, outcome });
  });

  it('keeps two request ids apart that differ only in a lone surrogate', async () => {
    const { id } = await stored();
    await store().saveModelCall(id, sampleCall('\uD800'));
    await store().saveModelCall(id, sampleCall('\uD801'));
    expect((await store().modelCalls(id)).map(({ requestId }) => requestId)).toEqual(['\uD800', '\uD801']);
  });

  it('takes a request id of any length', async () => {
    const { id } = await stored();
    const long = 'r'.repeat(900_000);
    await store().saveModelCall(id, sampleCall(long));
    expect((await store().modelCalls(id))[0]?.requestId).toBe(long);
  });
});
