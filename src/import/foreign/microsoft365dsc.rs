//! Configurations that Microsoft365DSC exported: what is in them is counted. They are programs of PowerShell, and their
//! resources are no objects of Graph (FACTS 17.3).

use super::classify::is_name;

/// Words that begin a block and are no resources.
const NO_RESOURCES: [&str; 3] = ["Configuration", "Node", "Import-DscResource"];

/// Returns the type of each resource in a configuration, `None` where a script is no such configuration.
pub(super) fn resources(script: &str) -> Option<Vec<&str>> {
    let mut lines = script.lines();
    let imports =
        |line: &str| line.contains("Import-DscResource") && line.contains("Microsoft365DSC");
    lines.any(imports).then_some(())?;
    Some(script.lines().filter_map(resource).collect())
}

/// Returns the type of the resource that a line begins: `IntuneDeviceCategory "IntuneDeviceCategory-Kiosk"`.
fn resource(line: &str) -> Option<&str> {
    let (name, instance) = line.trim().split_once(char::is_whitespace)?;
    let instance = instance.trim().trim_end_matches('{').trim_end();
    let is_quoted = ['"', '\''].iter().any(|quote| {
        instance.len() > 1 && instance.starts_with(*quote) && instance.ends_with(*quote)
    });
    let is_id = uuid::Uuid::try_parse(instance).is_ok();
    let begins = name.starts_with(|letter: char| letter.is_ascii_uppercase());
    let is_it = begins && is_name(name) && (is_quoted || is_id) && !NO_RESOURCES.contains(&name);
    is_it.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_of_a_configuration_are_found_and_other_scripts_are_left() {
        let script = r#"
            Configuration M365TenantConfig
            {
                Import-DscResource -ModuleName 'Microsoft365DSC' -ModuleVersion '1.26.1007.1'
                Node localhost
                {
                    IntuneDeviceConfigurationPolicyWindows10 "IntuneDeviceConfigurationPolicyWindows10-Laptops"
                    {
                        Assignments = @(
                            MSFT_DeviceManagementConfigurationPolicyAssignments{
                                dataType = '#microsoft.graph.allDevicesAssignmentTarget'
                            }
                        );
                        Description = "IntuneDeviceCategory 'x'";
                    }
                    AADGroup d0a321e6-2056-40d8-a074-cddacdc52a9b {
                    }
                }
            }
        "#;
        let found = resources(script);
        assert_eq!(found, Some(vec!["IntuneDeviceConfigurationPolicyWindows10", "AADGroup"]));
        assert_eq!(resources("Write-Host \"Microsoft365DSC\"\nRemove \"x\""), None);
    }
}
