data "azuread_service_principal" "graph" {
  client_id = "@RESOURCE@"
}

# An app that reads, for pull requests and the schedule, and one that writes, for the environment alone. The permissions are
# those that the manifests need.
locals {
  apps = {
    read = {
@READ_ROLES@
    }
    write = {
@WRITE_ROLES@
    }
  }
  grants = merge([
    for app, roles in local.apps : {
      for role, id in roles : "${app}/${role}" => { app = app, role = id }
    }
  ]...)
}

resource "azuread_application" "moorline" {
  for_each         = local.apps
  display_name     = "moorline-@NAME@-${each.key}"
  sign_in_audience = "AzureADMyOrg"

  required_resource_access {
    resource_app_id = data.azuread_service_principal.graph.client_id

    dynamic "resource_access" {
      for_each = each.value
      content {
        id   = resource_access.value
        type = "Role"
      }
    }
  }
}

resource "azuread_service_principal" "moorline" {
  for_each  = local.apps
  client_id = azuread_application.moorline[each.key].client_id
}

# The consent of an administrator.
resource "azuread_app_role_assignment" "moorline" {
  for_each            = local.grants
  app_role_id         = each.value.role
  principal_object_id = azuread_service_principal.moorline[each.value.app].object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}
