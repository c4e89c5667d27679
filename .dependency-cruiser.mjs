// The import rules of the design. `from` may import only itself and what is listed; each rule says why.
const only = (folder, allowed, comment) => ({
  name: `${folder}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`^src/${folder}/`, ...allowed.map((path) => `^src/${path}`)] },
});
const PORTS = 'run/(executions/)?ports[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no reading order.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-without-tests',
      severity: 'error',
      comment: 'Production code never needs the test bed.',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'main-is-the-end',
      severity: 'error',
      comment: 'Nobody imports the program itself.',
      from: { path: '^src/' },
      to: { path: '^src/main[.]ts$' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'Decisions are pure: zod alone.',
      from: { path: '^src/domain/' },
      to: { pathNot: ['^src/domain/', '^node_modules/zod/'] },
    },
    {
      name: 'patch-is-pure',
      severity: 'error',
      comment: 'The diff engine does no I/O.',
      from: { path: '^src/patch/' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
    only('protocol', ['domain/'], 'Wire types know only the domain.'),
    only('patch', ['domain/'], 'The diff engine stands on its own.'),
    only('model', ['protocol/', 'domain/'], 'Providers are reached through wire types.'),
    only(
      'asking',
      ['protocol/', 'domain/'],
      'How models are asked hangs neither on who asks nor on providers.',
    ),
    only(
      'runner',
      ['protocol/', 'domain/', 'patch/', 'model/', 'asking/'],
      'The data plane never sees the control plane.',
    ),
    {
      name: 'runner-without-providers',
      comment:
        'Only standing alone does the runner hold keys and ask; launched by the app it loads none of that.',
      severity: 'error',
      from: { path: '^src/runner/', pathNot: '^src/runner/standalone/' },
      to: { path: ['^src/(model|asking|runner/standalone)/', 'node_modules/@octokit/'] },
    },
    only('trigger', ['domain/'], 'A payload becomes a plain value.'),
    only('run', ['domain/', 'protocol/', 'asking/'], 'A run reaches the world through its ports.'),
    only('github', ['domain/', 'protocol/', PORTS], 'Adapters know the ports, never each other.'),
    only('workspace', ['domain/', 'protocol/', PORTS], 'Adapters know the ports, never each other.'),
    only('webhook', ['domain/', 'protocol/', PORTS], 'Adapters know the ports, never each other.'),
    only('planner', ['domain/', 'protocol/', PORTS], 'Adapters know the ports, never each other.'),
    only(
      'store',
      ['domain/', 'protocol/', PORTS, 'webhook/outbox[.]ts$'],
      'Adapters know the ports, never each other.',
    ),
    only('api', ['domain/', 'protocol/', PORTS], 'Adapters know the ports, never each other.'),
    {
      name: 'composition-without-runner',
      severity: 'error',
      comment: 'The runner is another program.',
      from: { path: '^src/(compose[.]ts$|cli/)' },
      to: { path: '^src/runner/' },
    },
    {
      name: 'octokit-in-github',
      severity: 'error',
      comment: 'Octokit lives in one folder.',
      from: { path: '^src/', pathNot: '^src/(github|runner/standalone)/' },
      to: { path: 'node_modules/(@octokit|probot)/' },
    },
    {
      name: 'daytona-in-workspace',
      severity: 'error',
      comment: 'The Daytona SDK lives in one folder.',
      from: { path: '^src/', pathNot: '^src/workspace/daytona/' },
      to: { path: 'node_modules/@daytonaio/' },
    },
    {
      name: 'dbos-in-run',
      severity: 'error',
      comment: 'The engine is known to the workflows and to what starts them alone.',
      from: { path: '^src/', pathNot: '^src/run/(workflow|engine|outdated)[.]ts$' },
      to: { path: 'node_modules/@dbos-inc/' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
