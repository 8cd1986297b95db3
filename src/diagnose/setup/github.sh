# The repository's settings and its subjects are read: a subject carries ids of the owner and the repository, or what the
# organization chose, and must match to the letter. SUBJECT_PREFIX is for a repository with subjects of its own making.
branch=$(gh api "repos/$repository" --jq .default_branch)
prefix=${SUBJECT_PREFIX:-$(gh api "repos/$repository/actions/oidc/customization/sub" \
  --jq 'select(.use_default) | .sub_claim_prefix // ""')}
[ -n "$prefix" ] || fail "GitHub does not say how the subjects of $repository begin, since they are customised: run the workflow \
Plan, whose log says which subject was presented (AADSTS700213), and set SUBJECT_PREFIX to what stands before \`:pull_request\`."

trust "$read_app" pull-request "$issuer" "$prefix:pull_request"
trust "$read_app" default-branch "$issuer" "$prefix:ref:refs/heads/$branch"
trust "$write_app" environment "$issuer" "$prefix:environment:$environment"

# Who started this script approves an apply until the environment has other reviewers. Only the default branch may use it.
if ! gh api "repos/$repository/environments/$environment" --silent 2>/dev/null; then
  reviewer=$(gh api user --jq .id)
  printf '{"reviewers": [{"type": "User", "id": %s}], "deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}}' "$reviewer" |
    gh api --method PUT "repos/$repository/environments/$environment" --input - --silent
  gh api --method POST "repos/$repository/environments/$environment/deployment-branch-policies" \
    --field "name=$branch" --silent
fi

# Client ids are no secrets.
gh variable set "$variable" --repo "$repository" --body "$read_app"
gh variable set AZURE_CLIENT_ID --repo "$repository" --env "$environment" --body "$write_app"

echo "Done. The reviewers of the environment are in Settings > Environments > $environment."
