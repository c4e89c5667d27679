#!/usr/bin/env bash
# What a run does, by hand and one after the other. by-hand.ts sets the environment.
set -euo pipefail

mark() { echo "$1 $EPOCHREALTIME" >>"$WORK/marks"; }
request() { # METHOD PATH [BODY], as the installation
  curl -sS -X "$1" -H "authorization: Bearer $TOKEN" -H 'accept: application/vnd.github+json' \
    ${3:+-H 'content-type: application/json' -d "$3"} "$FORGE$2"
}
token() { # [BODY]
  curl -sS -X POST -H "authorization: Bearer $APP_JWT" -H 'accept: application/vnd.github+json' \
    ${1:+-H 'content-type: application/json' -d "$1"} "$FORGE/app/installations/$INSTALLATION/access_tokens" |
    grep -o '"token": *"[^"]*"' | head -1 | cut -d'"' -f4
}
id_of() { grep -o '"id": *[0-9]*' | head -1 | grep -o '[0-9]*$'; }

api="/repos/$REPOSITORY"
branch="by-hand/$ISSUE"
remote="$FORGE/$REPOSITORY.git"
export npm_config_cache="$WORK/cache" CI=1
as() { printf 'http.extraHeader=Authorization: basic %s' "$(printf 'x-access-token:%s' "$1" | base64 -w0)"; }

TOKEN=$(token)
request GET "$api/collaborators/$MAINTAINER/permission" >/dev/null
request POST "$api/issues/$ISSUE/reactions" '{"content":"eyes"}' >/dev/null
mark trigger
request GET "$api/issues/$ISSUE/comments?per_page=100" >/dev/null
comment=$(request POST "$api/issues/$ISSUE/comments" '{"body":"At work."}' | id_of)
mark acknowledge
request GET "$api/contents/.github/ptc.yml" >/dev/null
request GET "$api/git/ref/heads/main" >/dev/null
clone_token=$(token '{"permissions":{"contents":"read"}}')
mark provision
git -c "$(as "$clone_token")" clone --quiet --depth=1 --no-tags "$remote" "$WORK/base"
cd "$WORK/base"
base=$(git rev-parse HEAD)
mark clone
npm ci --no-audit --no-fund >/dev/null
mark base-install
npm test >/dev/null
mark base-tests
git checkout --quiet -b "$branch"
git apply "$WORK/change.patch"
git -c user.name=hand -c user.email=hand@example.invalid commit --quiet -am 'Show a whole hour as 1h'
head=$(git rev-parse HEAD)
git checkout --quiet "$base"
mark change
git worktree add --quiet --detach "$WORK/proof" "$head"
cd "$WORK/proof"
npm ci --no-audit --no-fund >/dev/null
mark proof-install
npm test >/dev/null
mark proof-tests
cd "$WORK/base"
git checkout --quiet "$head" -- test/duration.test.js
if npm test -- test/duration.test.js >/dev/null; then
  echo 'the new test passes on the base' >&2
  exit 1
fi
mark new-tests
request GET "$api/git/trees/main" >/dev/null
request GET "$api/git/matching-refs/heads/$branch" >/dev/null
request GET "$api/git/commits/$base" >/dev/null
git -c "$(as "$TOKEN")" push --quiet "$remote" "$head:refs/heads/$branch"
request GET "$api/pulls?state=open&head=acme:$branch" >/dev/null
request POST "$api/pulls" "{\"title\":\"Show a whole hour as 1h\",\"head\":\"$branch\",\"base\":\"main\",\"body\":\"Closes #$ISSUE.\"}" |
  grep -q '"number"'
mark publish
request GET "$api/commits/$head/check-runs?filter=all" >/dev/null
request POST "$api/check-runs" "{\"name\":\"By hand\",\"head_sha\":\"$head\",\"status\":\"completed\",\"conclusion\":\"success\"}" >/dev/null
request GET "$api/issues/comments/$comment" >/dev/null
request PATCH "$api/issues/comments/$comment" '{"body":"Done."}' | grep -q 'Done'
mark report
cd /
rm -rf "$WORK/base" "$WORK/proof" "$WORK/cache"
mark dispose
