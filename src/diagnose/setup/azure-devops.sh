# Finds the service connection of a name, makes it for an app where there is none, and prints its id.
connection() {
  local id file
  id=$(az devops service-endpoint list --organization "$organization" --project "$project" \
    --query "[?name=='$1'].id" --output tsv) || exit 1
  if [ -z "$id" ]; then
    file=$(mktemp)
    cat > "$file" <<END
{
  "name": "$1",
  "type": "azurerm",
  "url": "$management",
  "authorization": {
    "scheme": "WorkloadIdentityFederation",
    "parameters": { "tenantid": "$tenant_id", "serviceprincipalid": "$2" }
  },
  "data": {
    "environment": "$cloud",
    "scopeLevel": "Subscription",
    "subscriptionId": "00000000-0000-0000-0000-000000000000",
    "subscriptionName": "none",
    "creationMode": "Manual"
  },
  "isShared": false,
  "isReady": true,
  "serviceEndpointProjectReferences": [
    { "name": "$1", "projectReference": { "id": "$project_id", "name": "$project" } }
  ]
}
END
    id=$(az devops service-endpoint create --organization "$organization" --project "$project" \
      --service-endpoint-configuration "$file" --query id --output tsv) || exit 1
    rm -f "$file"
  fi
  printf '%s\n' "$id"
}

# Lets an app sign in by the tokens of its connection. Azure DevOps says which issuer and subject they have.
federate() {
  local issuer subject
  issuer=$(az devops service-endpoint show --organization "$organization" --project "$project" --id "$2" \
    --query authorization.parameters.workloadIdentityFederationIssuer --output tsv)
  subject=$(az devops service-endpoint show --organization "$organization" --project "$project" --id "$2" \
    --query authorization.parameters.workloadIdentityFederationSubject --output tsv)
  if [ -z "$issuer" ] || [ -z "$subject" ]; then
    fail "The service connection of $1 has no workload identity federation: remove the connection and run this script again."
  fi
  trust "$1" azure-devops "$issuer" "$subject"
}

# Counts the checks of a resource that are on and that a condition selects.
count_checks() {
  az rest --resource "$devops" --method GET \
    --url "$checks?resourceType=$1&resourceId=$2&\$expand=settings&api-version=7.1-preview.1" \
    --query "length(value[?!isDisabled && $3])" --output tsv
}

add_check() {
  az rest --resource "$devops" --method POST --url "$checks?api-version=7.1-preview.1" --body "$1" --output none
}

# Lets a resource wait for an approval and serve the default branch alone. A check that is there is kept. The script goes on only
# if Azure DevOps has both checks by then.
protect() {
  local approval control resource
  approval="type.name=='Approval' && settings.approvers[0]"
  control="settings.definitionRef.id=='$branch_control' && settings.inputs.allowedBranches=='refs/heads/$branch'"
  resource="{\"type\": \"$1\", \"id\": \"$2\"}"
  if [ "$(count_checks "$1" "$2" "$approval")" = 0 ]; then
    add_check "{\"type\": {\"id\": \"8c6f20a7-a545-4486-9777-f762fafe0d4d\", \"name\": \"Approval\"}, \"settings\": {\"approvers\": [{\"id\": \"$approver\"}], \"minRequiredApprovers\": 1, \"requesterCannotBeApprover\": false}, \"resource\": $resource, \"timeout\": 43200}"
  fi
  if [ "$(count_checks "$1" "$2" "$control")" = 0 ]; then
    add_check "{\"type\": {\"id\": \"fe1de3ee-a436-41b4-bb20-f6eb4cb879a7\", \"name\": \"Task Check\"}, \"settings\": {\"definitionRef\": {\"id\": \"$branch_control\", \"name\": \"evaluatebranchProtection\", \"version\": \"0.0.1\"}, \"displayName\": \"Branch control\", \"inputs\": {\"allowedBranches\": \"refs/heads/$branch\", \"ensureProtectionOfBranch\": \"false\"}}, \"resource\": $resource, \"timeout\": 1440}"
  fi
  [ "$(count_checks "$1" "$2" "$approval")" -gt 0 ] 2>/dev/null ||
    fail "The $1 $3 has no approval that is on: anyone who can start a pipeline would write to the tenant. Set Approvals in its \
Approvals and checks ($organization/$project) and run this script again."
  [ "$(count_checks "$1" "$2" "$control")" -gt 0 ] 2>/dev/null ||
    fail "The $1 $3 has no branch control that allows refs/heads/$branch alone: set it in its Approvals and checks \
($organization/$project) and run this script again."
}

az extension add --name azure-devops --only-show-errors
tenant_id=$(az account show --query tenantId --output tsv)
project_id=$(az devops project show --organization "$organization" --project "$project" --query id --output tsv)
# The resource that Azure DevOps is for `az rest`, and the task that controls branches.
devops=499b84ac-1321-427f-aa17-267ca6975798
branch_control=86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b
checks="$organization/$project_id/_apis/pipelines/checks/configurations"
# BRANCH is for a repository whose default branch has another name.
branch=${BRANCH:-main}

read_connection=$(connection "$connection-read" "$read_app")
federate "$read_app" "$read_connection"
write_connection=$(connection "$connection-write" "$write_app")

# The environment of the stage that applies.
environment_id=$(az devops invoke --organization "$organization" --area distributedtask --resource environments \
  --route-parameters "project=$project" --api-version 7.1 --query "value[?name=='$environment'].id" --output tsv)
if [ -z "$environment_id" ]; then
  file=$(mktemp)
  printf '{"name": "%s"}' "$environment" > "$file"
  environment_id=$(az devops invoke --organization "$organization" --area distributedtask --resource environments \
    --route-parameters "project=$project" --http-method POST --api-version 7.1 --in-file "$file" --query id --output tsv)
  rm -f "$file"
fi

# Who started this script approves an apply until the checks name others; APPROVER is the id of another user or group. The app
# that writes is trusted only when the environment and its connection are protected.
approver=${APPROVER:-$(az rest --resource "$devops" --method GET \
  --url "$organization/_apis/connectionData?api-version=7.1-preview.1" --query authenticatedUser.id --output tsv)}
protect environment "$environment_id" "$environment"
protect endpoint "$write_connection" "$connection-write"
federate "$write_app" "$write_connection"

echo "Done. Who approves an apply is in $organization/$project/_environments, $environment, Approvals and checks, and in those of \
the service connection $connection-write."
