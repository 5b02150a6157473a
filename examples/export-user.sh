#!/bin/sh
# A complete client in curl calls: token, start, poll, download. Needs curl and Node (or replace `member` by jq -r).
#
#   examples/export-user.sh EMAIL [FILE]
#
# Credentials are those of TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET, else of
# ./data/credentials.json.
set -eu

# The value of a member of a JSON document: {"jobId":"5"} gives 5. The same as: jq -r .jobId
member() { node -p "JSON.parse(fs.readFileSync(0, 'utf8')).$1"; }
local_member() { if [ -r data/credentials.json ]; then member "$1" < data/credentials.json; fi; }

email=${1:-}
file=${2:-report.zip}
server=${TRAILPORT_SERVER:-$(local_member server)}
id=${TRAILPORT_CLIENT_ID:-$(local_member clientId)}
secret=${TRAILPORT_CLIENT_SECRET:-$(local_member clientSecret)}
if [ -z "$email" ] || [ -z "$server" ] || [ -z "$id" ] || [ -z "$secret" ]; then
  echo 'usage: examples/export-user.sh EMAIL [FILE], where ./data/credentials.json is or with' >&2
  echo 'TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET set.' >&2
  exit 2
fi

# Prints a good answer. An error ends the script with the sentence of the service.
good() {
  answer=$(curl -sS --fail-with-body "$@") || { printf '%s\n' "$answer" >&2; exit 1; }
  printf '%s\n' "$answer"
}

granted=$(good "$server/connect/token" \
  -d grant_type=client_credentials -d scope=insights.graph.readwrite.all \
  --data-urlencode "client_id=$id" --data-urlencode "client_secret=$secret")
bearer="Authorization: Bearer $(printf %s "$granted" | member access_token)"

# One percent-encoded segment: a guest is called …#EXT#@…, and # would end the URL.
user=$(printf %s "$email" | node -p "encodeURIComponent(fs.readFileSync(0, 'utf8'))")
started=$(good -H "$bearer" "$server/insights/users/$user/activities/export")
job=$(printf %s "$started" | member jobId)

# 1 in progress, 2 finished, 3 failed. With `Prefer: wait` the answer comes when the job ends.
while :; do
  status=$(good -H "$bearer" -H 'Prefer: wait=30' "$server/insights/job/$job/exportstatus")
  case $(printf %s "$status" | member jobStatus) in
    2) break ;;
    3) printf '%s\n' "$status" >&2; exit 1 ;;
  esac
done

# --fail: the text of an error is not saved as a report.
curl -sS --fail -H "$bearer" -o "$file" "$server/insights/job/$job/exportfile"
echo "$file: the report of job $job"
