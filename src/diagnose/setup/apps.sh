fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# Microsoft Entra may take minutes until a new object is found everywhere.
patiently() {
  local tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 12 ] || fail "This did not succeed in two minutes: $*"
    sleep 10
  done
}

# Finds the app of a name, registers it where there is none, and prints its client id. A substitution does not end by itself
# where a command of it fails.
app() {
  local id
  id=$(az ad app list --filter "displayName eq '$1'" --query '[].appId' --output tsv) || exit 1
  case "$id" in
    *[[:space:]]*) fail "There are several apps called $1: rename or remove all but one." ;;
    "") id=$(az ad app create --display-name "$1" --sign-in-audience AzureADMyOrg --query appId --output tsv) || exit 1 ;;
  esac
  if ! az ad sp show --id "$id" --output none 2>/dev/null; then
    patiently az ad sp create --id "$id" --output none
  fi
  printf '%s\n' "$id"
}

# Lets an app have exactly these permissions, and consents to them.
grant() {
  patiently az ad app update --id "$1" --required-resource-accesses "$2"
  patiently az ad app permission admin-consent --id "$1"
}

# Lets an app sign in by the tokens of an issuer that have a subject.
trust() {
  local found
  found=$(az ad app federated-credential list --id "$1" --query "[?issuer=='$3' && subject=='$4'].id" --output tsv)
  [ -z "$found" ] || return 0
  patiently az ad app federated-credential create --id "$1" --output none --parameters \
    "{\"name\": \"$2\", \"issuer\": \"$3\", \"subject\": \"$4\", \"audiences\": [\"$audience\"]}"
}

# The Azure CLI must be signed in to the tenant that is managed.
domains=$(az rest --method GET --url "$graph/v1.0/organization" \
  --query "value[0].[id, verifiedDomains[].name][]" --output tsv)
grep -qixF -- "$tenant" <<< "$domains" ||
  fail "The Azure CLI is not signed in to $tenant: az login --tenant $tenant --allow-no-subscriptions"

read_app=$(app "moorline-$name-read")
write_app=$(app "moorline-$name-write")
grant "$read_app" "$read_permissions"
grant "$write_app" "$write_permissions"
