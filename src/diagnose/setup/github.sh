# The repository's settings and its subjects are read: a subject carries ids of the owner and the repository, or what the
# organization chose, and must match to the letter. SUBJECT_PREFIX is for a repository with subjects of its own making.
branch=$(gh api "repos/$repository" --jq .default_branch)
prefix=${SUBJECT_PREFIX:-$(gh api "repos/$repository/actions/oidc/customization/sub" \
  --jq 'select(.use_default) | .sub_claim_prefix // ""')}
[ -n "$prefix" ] || fail "GitHub does not say how the subjects of $repository begin, since they are customised: run the workflow \
Plan, whose log says which subject was presented (AADSTS700213), and set SUBJECT_PREFIX to what stands before \`:pull_request\`."

trust "$read_app" pull-request "$issuer" "$prefix:pull_request"
trust "$read_app" default-branch "$issuer" "$prefix:ref:refs/heads/$branch"

# Who started this script approves an apply until the environment has other reviewers. Only the default branch may use it. An
# environment that is there keeps its rules.
environments=$(gh api "repos/$repository/environments" --paginate --jq '.environments[].name')
if ! grep -qixF -- "$environment" <<< "$environments"; then
  reviewer=$(gh api user --jq .id)
  printf '{"reviewers": [{"type": "User", "id": %s}], "deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}}' "$reviewer" |
    gh api --method PUT "repos/$repository/environments/$environment" --input - --silent
  gh api --method POST "repos/$repository/environments/$environment/deployment-branch-policies" \
    --field "name=$branch" --silent
fi

# The app that writes trusts the environment only if the rules that GitHub has by now protect it.
where="https://github.com/$repository/settings/environments, $environment"
reviewers=$(gh api "repos/$repository/environments/$environment" \
  --jq '[.protection_rules[]? | select(.type == "required_reviewers") | .reviewers[]?] | length')
[ "${reviewers:-0}" -gt 0 ] 2>/dev/null || fail "The environment $environment has no required reviewers: anyone who can start \
a workflow would write to the tenant. Set Required reviewers ($where) and run this script again."
custom=$(gh api "repos/$repository/environments/$environment" --jq '.deployment_branch_policy.custom_branch_policies // false')
branches=
if [ "$custom" = true ]; then
  branches=$(gh api "repos/$repository/environments/$environment/deployment-branch-policies" --paginate \
    --jq '.branch_policies[] | "\(.type // "branch") \(.name)"')
fi
[ "$branches" = "branch $branch" ] || fail "The environment $environment serves other branches than $branch, or tags: set \
Deployment branches and tags to the branch $branch alone ($where) and run this script again."
trust "$write_app" environment "$issuer" "$prefix:environment:$environment"

# Client ids are no secrets.
gh variable set "$variable" --repo "$repository" --body "$read_app"
gh variable set AZURE_CLIENT_ID --repo "$repository" --env "$environment" --body "$write_app"

echo "Done. The reviewers of the environment are in Settings > Environments > $environment."
