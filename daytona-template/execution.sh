#!/usr/bin/env bash
# Does one task in this workspace; README.md says which variables it takes. Exit code 0: done, 1: failed, 124: the
# time was up. What is missing or wrong is told by the runner itself, so that the webhook hears of it too.
set -euo pipefail

if [ -z "${TARGET_REPO:-}${TASK_ID:-}${AGENT_PROMPT:-}" ]; then
  echo 'No task is given here: this workspace waits for its app.'
  exec sleep infinity
fi

template=${PTC_TEMPLATE_FOLDER:-/opt/ptc}
command -v node >/dev/null || { echo 'There is no Node in this image.' >&2; exit 1; }
[ -r "$template/standalone.mjs" ] || { echo "There is no $template/standalone.mjs in this image." >&2; exit 1; }

# A folder of its own. Commands of the repository run as another user and have to pass through it.
folder=${PTC_WORKSPACE_FOLDER:-$(mktemp -d "${TMPDIR:-/tmp}/ptc-XXXXXXXX")}
mkdir -p "$folder"
chmod 711 "$folder"
echo "workspace: $folder"

# The variables go over a pipe and the runner begins without them: what lies in the environment of a process can be
# read for as long as it lives, and what lies in its arguments by everybody.
exec 3< <(env -0)
for name in $(compgen -e); do
  case $name in
    PATH | HOME | TMPDIR | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | http_proxy | https_proxy | no_proxy) ;;
    SSL_CERT_FILE | SSL_CERT_DIR | NODE_EXTRA_CA_CERTS | NODE_USE_ENV_PROXY | GIT_SSL_CAINFO) ;;
    *) export -n "${name?}" ;;
  esac
done
exec node "$template/standalone.mjs" "$folder" <&3 3<&-
