/** Git's name for a tree without files; it knows that one without being told. */
export const EMPTY_TREE_SHA = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * The commit that work without a repository starts from, as git stores it: no file, no parent, and nothing that
 * differs from one machine to another.
 */
export const EMPTY_BASE_COMMIT = `tree ${EMPTY_TREE_SHA}
author PTC Bot <ptc-bot@localhost> 0 +0000
committer PTC Bot <ptc-bot@localhost> 0 +0000

Nothing yet
`;

/** The name git gives that commit. */
export const EMPTY_BASE_SHA = '7eaa3a154dec67e5ee08ac806b40dc2b34f72266';
