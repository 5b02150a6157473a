#!/bin/sh
# A complete client in curl calls: token, start, poll, download. Needs curl and Node (or replace `member` by jq -r).
#   TRAILPORT_SERVER=… TRAILPORT_CLIENT_ID=… TRAILPORT_CLIENT_SECRET=… examples/export-user.sh EMAIL [FILE]
set -eu
email=${1:?name a user}
file=${2:-report.zip}

# The value of a member of a JSON document: {"jobId":"5"} gives 5. The same as: jq -r .jobId
member() { node -p "JSON.parse(fs.readFileSync(0, 'utf8')).$1"; }

token=$(curl -fsS "$TRAILPORT_SERVER/connect/token" \
  -d grant_type=client_credentials -d scope=insights.graph.readwrite.all \
  --data-urlencode "client_id=$TRAILPORT_CLIENT_ID" \
  --data-urlencode "client_secret=$TRAILPORT_CLIENT_SECRET" | member access_token)

call() { curl -sS --fail-with-body -H "Authorization: Bearer $token" "$@"; }

# One percent-encoded segment: a guest is called …#EXT#@…, and # would end the URL.
user=$(printf %s "$email" | node -p "encodeURIComponent(fs.readFileSync(0, 'utf8'))")
job=$(call "$TRAILPORT_SERVER/insights/users/$user/activities/export" | member jobId)

# 1 in progress, 2 finished, 3 failed. With `Prefer: wait` the answer comes when the job ends.
while answer=$(call -H 'Prefer: wait=30' "$TRAILPORT_SERVER/insights/job/$job/exportstatus"); do
  case $(printf %s "$answer" | member jobStatus) in
    2) break ;;
    3) printf '%s\n' "$answer" >&2; exit 1 ;;
  esac
done

call -o "$file" "$TRAILPORT_SERVER/insights/job/$job/exportfile"
echo "$file: the report of job $job"
