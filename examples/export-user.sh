#!/bin/sh
# A whole client in curl calls: token, start, poll, download.
#   TRAILPORT_SERVER=… TRAILPORT_CLIENT_ID=… TRAILPORT_CLIENT_SECRET=… examples/export-user.sh EMAIL [FILE]
set -eu
email=${1:?name a user}
file=${2:-report.zip}

# The value of a member of a flat JSON document: "jobId":"5" gives 5.
member() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p"; }

token=$(curl -fsS "$TRAILPORT_SERVER/connect/token" \
  -d grant_type=client_credentials -d scope=insights.graph.readwrite.all \
  --data-urlencode "client_id=$TRAILPORT_CLIENT_ID" \
  --data-urlencode "client_secret=$TRAILPORT_CLIENT_SECRET" | member access_token)

call() { curl -sS --fail-with-body -H "Authorization: Bearer $token" "$@"; }

# # ends an address, and % begins an escape; these two make an e-mail address safe in one.
user=$(printf %s "$email" | sed 's/%/%25/g; s/#/%23/g')
job=$(call "$TRAILPORT_SERVER/insights/users/$user/activities/export" | member jobId)

# 1 in progress, 2 finished, 3 failed. `Prefer: wait` answers when the job ends, so this asks about once.
while answer=$(call -H 'Prefer: wait=30' "$TRAILPORT_SERVER/insights/job/$job/exportstatus"); do
  case $(printf %s "$answer" | member jobStatus) in
    2) break ;;
    3) printf '%s\n' "$answer" >&2; exit 1 ;;
  esac
done

call -o "$file" "$TRAILPORT_SERVER/insights/job/$job/exportfile"
echo "$file: the report of job $job"
