import { html } from 'hono/html';
import { countsInWords } from '../../domain/report/check-counts.ts';
import { coverageInWords } from '../../domain/report/coverage-words.ts';
import { provesInWords } from '../../domain/report/proving-words.ts';
import { type CheckRun, type Proof, type TestProof } from '../../protocol/proof.ts';
import { commandOutput } from './command-output.ts';
import { counted, NOTHING, type Html } from './format.ts';
import { visible } from './plain-text.ts';

const VERDICTS = {
  green: ['ok', 'Proven: seen to fail before the change and to pass after it'],
  unproven: ['warn', 'Not proven: the checks pass, nothing was seen to fail before the change'],
  red: ['bad', 'Red: a check fails after the change'],
  none: ['', 'Nothing to check with'],
} as const;

const BASE_WORDS = {
  assertion: ['ok', 'failed'],
  'missing-subject': ['ok', 'what it tests did not exist'],
  'load-error': ['warn', 'did not load'],
  passed: ['', 'passed'],
  'not-run': ['', 'not run'],
} as const;

/** What was run before and after the change, and what it shows. */
export function proofSection(proof: Proof | null): Html {
  if (proof === null) {
    return html`<section id="proof">
      <h2>Proof</h2>
      <p class="soft">There is none (yet).</p>
    </section>`;
  }
  const [tone, words] = VERDICTS[proof.verdict];
  return html`<section id="proof">
    <h2>Proof</h2>
    <p><span class="chip verdict ${tone}">${words}</span></p>
    ${list('Why', proof.reasons)} ${checks(proof)} ${tests(proof.tests)} ${coverage(proof)} ${setup(proof)}
    ${list('Fail since the change', proof.newFailures)}
    ${list('Failed before the change already', proof.knownFailures)}
    ${list('Tests deleted', proof.deletedTests)} ${list('Tests newly skipped', proof.skippedTests)}
    ${list('Changed files that configure the checks', proof.checkConfiguration)}
    <p class="soft">Reported by the workspace; isolation of the commands: ${proof.isolation}.</p>
  </section>`;
}

function checks(proof: Proof): Html | typeof NOTHING {
  if (proof.checks.length === 0) return NOTHING;
  const row = ({ name, kind, command, base, head }: Proof['checks'][number]) =>
    html`<tr>
      <td>
        ${visible(name)}
        <div class="soft">${kind}</div>
      </td>
      <td>${checkRun(kind, command, base)}</td>
      <td>${checkRun(kind, command, head)}</td>
    </tr>`;
  return html`<h3>Checks</h3>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>check</th>
            <th>before</th>
            <th>after</th>
          </tr>
        </thead>
        <tbody>
          ${proof.checks.map(row)}
        </tbody>
      </table>
    </div>`;
}

function checkRun(kind: string, command: string, run: CheckRun | null): Html {
  if (run === null) return html`<span class="soft">not run</span>`;
  const counts = countsInWords(kind, run.counts).join(', ');
  const words = `${run.passed ? 'green' : 'red'}${counts === '' ? '' : `: ${counts}`}`;
  return html`<div class="${run.passed ? 'ok' : 'bad'}">${words}</div>
    ${commandOutput(command, run.end)}`;
}

function tests(rows: readonly TestProof[]): Html | typeof NOTHING {
  if (rows.length === 0) return NOTHING;
  const row = (test: TestProof) => {
    const [tone, words] = BASE_WORDS[test.base];
    const headTone = test.head === 'passed' ? 'ok' : test.head === 'failed' ? 'bad' : 'warn';
    return html`<tr>
      <td>
        ${visible(test.name)}
        <div class="soft">${visible(test.file)}</div>
      </td>
      <td class="${tone}">${words}</td>
      <td class="${headTone}">${test.head}</td>
      <td class="${test.proves ? 'ok' : ''}">${provesInWords(test)}</td>
    </tr>`;
  };
  return html`<h3>New and changed tests</h3>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>test</th>
            <th>before</th>
            <th>after</th>
            <th>proves it</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(row)}
        </tbody>
      </table>
    </div>`;
}

function coverage(proof: Proof): Html | typeof NOTHING {
  const words = coverageInWords(proof.coverage);
  return words === '' ? NOTHING : html`<p>${visible(words)}</p>`;
}

function setup(proof: Proof): Html | typeof NOTHING {
  if (proof.setup.length === 0) return NOTHING;
  return html`<h3>Installation</h3>
    ${proof.setup.map(
      ({ command, tree, end }) =>
        html`<div>
          ${commandOutput(command, end)}
          <div class="soft">on the ${visible(tree)} tree</div>
        </div>`,
    )}`;
}

function list(title: string, items: readonly string[]): Html | typeof NOTHING {
  if (items.length === 0) return NOTHING;
  return html`<details open>
    <summary>
      <strong>${title}</strong> <span class="soft">${counted(items.length, 'entry', 'entries')}</span>
    </summary>
    <ul>
      ${items.map((item) => html`<li>${visible(item)}</li>`)}
    </ul>
  </details>`;
}
