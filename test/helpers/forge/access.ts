/** What each operation on a repository asks of its caller, by GitHub's operation id. */
import { type Need } from './auth.ts';
import { type Role } from './store.ts';

const reads = (...permissions: readonly string[]): Need => ({ permissions, level: 'read', role: 'read' });
const writes = (role: Role, ...permissions: readonly string[]): Need => ({
  permissions,
  level: 'write',
  role,
});
const ISSUE_OR_PULL = ['issues', 'pull_requests'];

export const ACCESS: Readonly<Record<string, Need>> = {
  'repos/get': reads('metadata'),
  'repos/get-collaborator-permission-level': reads('metadata'),
  'repos/get-branch': reads('contents'),
  'repos/get-commit': reads('contents'),
  'repos/get-content': reads('contents'),
  'repos/compare-commits-with-basehead': reads('contents'),
  'git/get-blob': reads('contents'),
  'git/get-commit': reads('contents'),
  'git/get-ref': reads('contents'),
  'git/get-tree': reads('contents'),
  'git/list-matching-refs': reads('contents'),
  'git/create-blob': writes('write', 'contents'),
  'git/create-commit': writes('write', 'contents'),
  'git/create-ref': writes('write', 'contents'),
  'git/create-tree': writes('write', 'contents'),
  'git/delete-ref': writes('write', 'contents'),
  'git/update-ref': writes('write', 'contents'),
  'issues/get': reads(...ISSUE_OR_PULL),
  'issues/list-for-repo': reads(...ISSUE_OR_PULL),
  'issues/list-comments': reads(...ISSUE_OR_PULL),
  'issues/list-labels-on-issue': reads(...ISSUE_OR_PULL),
  'issues/get-comment': reads(...ISSUE_OR_PULL),
  'issues/create': writes('read', 'issues'),
  'issues/update': writes('read', ...ISSUE_OR_PULL),
  'issues/add-labels': writes('triage', ...ISSUE_OR_PULL),
  'issues/remove-label': writes('triage', ...ISSUE_OR_PULL),
  'issues/create-comment': writes('read', ...ISSUE_OR_PULL),
  'issues/update-comment': writes('read', ...ISSUE_OR_PULL),
  'issues/delete-comment': writes('read', ...ISSUE_OR_PULL),
  'reactions/list-for-issue': reads(...ISSUE_OR_PULL),
  'reactions/list-for-issue-comment': reads(...ISSUE_OR_PULL),
  'reactions/create-for-issue': writes('read', ...ISSUE_OR_PULL),
  'reactions/create-for-issue-comment': writes('read', ...ISSUE_OR_PULL),
  'pulls/get': reads('pull_requests'),
  'pulls/list': reads('pull_requests'),
  'pulls/list-files': reads('pull_requests'),
  'pulls/create': writes('read', 'pull_requests'),
  'pulls/update': writes('read', 'pull_requests'),
  'checks/get': reads('checks'),
  'checks/list-for-ref': reads('checks'),
  'checks/create': writes('write', 'checks'),
  'checks/update': writes('write', 'checks'),
};
