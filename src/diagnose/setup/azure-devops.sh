# Finds the service connection of a name, makes it where there is none, and lets the app sign in by its tokens. Azure DevOps
# says which issuer and subject they have.
connection() {
  local id issuer subject file
  id=$(az devops service-endpoint list --organization "$organization" --project "$project" \
    --query "[?name=='$1'].id" --output tsv)
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
      --service-endpoint-configuration "$file" --query id --output tsv)
    rm -f "$file"
  fi
  issuer=$(az devops service-endpoint show --organization "$organization" --project "$project" --id "$id" \
    --query authorization.parameters.workloadIdentityFederationIssuer --output tsv)
  subject=$(az devops service-endpoint show --organization "$organization" --project "$project" --id "$id" \
    --query authorization.parameters.workloadIdentityFederationSubject --output tsv)
  if [ -z "$issuer" ] || [ -z "$subject" ]; then
    fail "The service connection $1 is there and has no workload identity federation."
  fi
  trust "$2" azure-devops "$issuer" "$subject"
}

az extension add --name azure-devops --only-show-errors
tenant_id=$(az account show --query tenantId --output tsv)
project_id=$(az devops project show --organization "$organization" --project "$project" --query id --output tsv)
connection "$connection-read" "$read_app"
connection "$connection-write" "$write_app"

# The environment of the stage that applies.
if [ -z "$(az devops invoke --organization "$organization" --area distributedtask --resource environments \
  --route-parameters "project=$project" --api-version 7.1 --query "value[?name=='$environment'].id" --output tsv)" ]; then
  file=$(mktemp)
  printf '{"name": "%s"}' "$environment" > "$file"
  az devops invoke --organization "$organization" --area distributedtask --resource environments \
    --route-parameters "project=$project" --http-method POST --api-version 7.1 --in-file "$file" --output none
  rm -f "$file"
fi

echo "Done. Set who approves an apply: $organization/$project/_environments, $environment, Approvals and checks."
