terraform {
  required_version = ">= 1.5"
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
    github = {
      source  = "integrations/github"
      version = "~> 6.0"
    }
  }
}

provider "azuread" {
  tenant_id   = @TENANT@
  environment = @ENVIRONMENT_OF_PROVIDER@
}

provider "github" {
  owner = @OWNER@
}

# How the subjects of the repository begin is read: they carry ids of the owner and the repository, or what the organization
# chose, and must match to the letter.
variable "subject_prefix" {
  description = "gh api repos/@REPOSITORY_PATH@/actions/oidc/customization/sub --jq .sub_claim_prefix"
  type        = string
  nullable    = false
}

variable "reviewers" {
  description = "The ids of the users who approve an apply: gh api users/NAME --jq .id"
  type        = list(number)

  validation {
    condition     = length(var.reviewers) > 0
    error_message = "Without a reviewer, anyone who can start a workflow writes to the tenant."
  }
}

data "github_repository" "moorline" {
  name = @REPOSITORY@
}

@APPS@
locals {
  subjects = {
    pull-request   = { app = "read", subject = "${var.subject_prefix}:pull_request" }
    default-branch = { app = "read", subject = "${var.subject_prefix}:ref:refs/heads/${data.github_repository.moorline.default_branch}" }
    environment    = { app = "write", subject = "${var.subject_prefix}:environment:@NAME@" }
  }
}

resource "azuread_application_federated_identity_credential" "moorline" {
  for_each       = local.subjects
  application_id = azuread_application.moorline[each.value.app].id
  display_name   = each.key
  issuer         = @ISSUER@
  subject        = each.value.subject
  audiences      = [@AUDIENCE@]

  # No app is trusted before the environment is protected.
  depends_on = [
    github_repository_environment.moorline,
    github_repository_environment_deployment_policy.moorline,
  ]
}

resource "github_repository_environment" "moorline" {
  repository  = data.github_repository.moorline.name
  environment = "@NAME@"

  reviewers {
    users = var.reviewers
  }

  deployment_branch_policy {
    protected_branches     = false
    custom_branch_policies = true
  }
}

resource "github_repository_environment_deployment_policy" "moorline" {
  repository     = data.github_repository.moorline.name
  environment    = github_repository_environment.moorline.environment
  branch_pattern = data.github_repository.moorline.default_branch
}

# Client ids are no secrets.
resource "github_actions_variable" "moorline" {
  repository    = data.github_repository.moorline.name
  variable_name = @VARIABLE@
  value         = azuread_application.moorline["read"].client_id
}

resource "github_actions_environment_variable" "moorline" {
  repository    = data.github_repository.moorline.name
  environment   = github_repository_environment.moorline.environment
  variable_name = "AZURE_CLIENT_ID"
  value         = azuread_application.moorline["write"].client_id
}
