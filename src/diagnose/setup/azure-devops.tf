terraform {
  required_version = ">= 1.5"
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
    azuredevops = {
      source  = "microsoft/azuredevops"
      version = "~> 1.0"
    }
  }
}

provider "azuread" {
  tenant_id   = @TENANT@
  environment = @ENVIRONMENT_OF_PROVIDER@
}

provider "azuredevops" {
  org_service_url = @ORGANIZATION@
}

data "azuread_client_config" "moorline" {}

data "azuredevops_project" "moorline" {
  name = @PROJECT@
}

@APPS@
# There is no subscription: Moorline talks to Microsoft Graph alone.
resource "azuredevops_serviceendpoint_azurerm" "moorline" {
  for_each                               = local.apps
  project_id                             = data.azuredevops_project.moorline.id
  service_endpoint_name                  = "@CONNECTION@-${each.key}"
  service_endpoint_authentication_scheme = "WorkloadIdentityFederation"
  environment                            = @CLOUD@
  azurerm_spn_tenantid                   = data.azuread_client_config.moorline.tenant_id
  azurerm_subscription_id                = "00000000-0000-0000-0000-000000000000"
  azurerm_subscription_name              = "none"

  credentials {
    serviceprincipalid = azuread_application.moorline[each.key].client_id
  }
}

# Azure DevOps says which issuer and subject the tokens of a connection have.
resource "azuread_application_federated_identity_credential" "moorline" {
  for_each       = local.apps
  application_id = azuread_application.moorline[each.key].id
  display_name   = "azure-devops"
  issuer         = azuredevops_serviceendpoint_azurerm.moorline[each.key].workload_identity_federation_issuer
  subject        = azuredevops_serviceendpoint_azurerm.moorline[each.key].workload_identity_federation_subject
  audiences      = [@AUDIENCE@]

  # No app is trusted before the environment and the connection of the app that writes are protected.
  depends_on = [
    azuredevops_check_approval.moorline,
    azuredevops_check_branch_control.moorline,
  ]
}

resource "azuredevops_environment" "moorline" {
  project_id = data.azuredevops_project.moorline.id
  name       = "@NAME@"
}

variable "approvers" {
  description = "The ids of the users or groups who approve an apply, as Azure DevOps has them."
  type        = list(string)

  validation {
    condition     = length(var.approvers) > 0
    error_message = "Without an approver, anyone who can start a pipeline writes to the tenant."
  }
}

variable "branch" {
  description = "The branch that says what the tenant is to be."
  type        = string
  default     = "main"
}

# The environment and the connection of the app that writes wait for an approval, and serve one branch alone.
locals {
  protected = {
    environment = azuredevops_environment.moorline.id
    endpoint    = azuredevops_serviceendpoint_azurerm.moorline["write"].id
  }
}

resource "azuredevops_check_approval" "moorline" {
  for_each             = local.protected
  project_id           = data.azuredevops_project.moorline.id
  target_resource_id   = each.value
  target_resource_type = each.key
  approvers            = var.approvers
}

resource "azuredevops_check_branch_control" "moorline" {
  for_each             = local.protected
  project_id           = data.azuredevops_project.moorline.id
  target_resource_id   = each.value
  target_resource_type = each.key
  allowed_branches     = "refs/heads/${var.branch}"
}
