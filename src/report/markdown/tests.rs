//! Pages as a parser of Markdown sees them.

use insta::assert_snapshot;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::*;
use crate::report::testing;

/// The HTML that pages are made with. Anything else would come from a value.
const OURS: [&str; 6] = ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];

#[test]
fn a_plan_with_every_mark() {
    assert_snapshot!(story(&testing::plan()), @r#"
    ### Plan: 1 to create, 3 to update, 1 to replace, 1 to delete, 1 assignment change.

    Tenant `contoso (contoso.onmicrosoft.com)`

    > [!CAUTION]
    > **Cannot be applied or compared**
    >
    > - `iosGeneralDeviceConfiguration/ios-restrictions`: there is no group `Windows laptop` (`group/unknown`): did you mean `Windows laptops`?

    > [!CAUTION]
    > **An apply refuses**
    >
    > - `deviceRegistrationPolicy/device-registration`: risk `registration/mfa-off`: Devices could be joined or registered with a password alone. Refused until `--allow registration/mfa-off`.
    > - `iosWiFiConfiguration/old-wifi`: risk `delete`: The object is deleted, and devices lose its settings. Refused until `--allow delete`.

    > [!WARNING]
    > **An apply warns**
    >
    > - `windowsIdentityProtectionConfiguration/windows-hello`: risk `assign-all`: It would reach all devices of the tenant.

    <details>
    <summary><code>? androidWorkProfileWiFiConfiguration/wifi</code> <code>&quot;Wi-Fi&quot;</code> 1 setting not comparable</summary>

    `policies/wifi.yaml:2`

    ```diff
    ? preSharedKey  cannot be compared: a value from the environment is never compared
    ```

    </details>

    <details>
    <summary><code>~ deviceRegistrationPolicy/device-registration</code> 2 settings, 1 setting blocked</summary>

    `policies/device-registration.yaml:2`

    ```diff
      azureADJoin.allowedToJoin
    -     @odata.type  allDeviceRegistrationMembership
    +     @odata.type  enumeratedDeviceRegistrationMembership
    +     groups       [Autopilot admins (8d2ac1f8…)]
    +     users        []
    - multiFactorAuthConfiguration  required
    + multiFactorAuthConfiguration  notRequired
    ! azureADRegistration.allowedToRegister  blocked: Entra does not let it be changed while Intune is enabled
    ```

    </details>

    <details>
    <summary><code>! iosGeneralDeviceConfiguration/ios-restrictions</code> <code>&quot;iPhones&quot;</code> 1 setting</summary>

    `policies/ios-restrictions.yaml:2`

    </details>

    <details>
    <summary><code>-/+ iosVpnConfiguration/vpn</code> <code>&quot;VPN&quot;</code> to be deleted and made anew</summary>

    `policies/vpn.yaml:2`

    </details>

    <details>
    <summary><code>- iosWiFiConfiguration/old-wifi</code> <code>&quot;Old Wi-Fi&quot;</code> to be deleted</summary>

    `policies/old-wifi.yaml:2`

    It no longer reaches 3,000 devices &#40;1 group&#41;; no device has reported it.

    </details>

    <details>
    <summary><code>+ macOSGeneralDeviceConfiguration/macos</code> <code>&quot;Macs&quot;</code> 6 settings</summary>

    `policies/macos.yaml:2`

    ```diff
    + displayName            Macs
    + roleScopeTagIds        ["0"]
    + passwordMinimumLength  12
    + localAdminPassword     { isEnabled: true }
    + script                 text, 2 lines, 17 bytes
    + secret                 (withheld)
    ```

    It reaches an unknown number of devices and users &#40;1 group&#41;: not permitted without `GroupMember.Read.All`.

    </details>

    <details>
    <summary><code>~ windows10CustomConfiguration/custom-settings</code> <code>&quot;Custom&quot;</code> 5 settings, 1 setting not comparable</summary>

    `policies/custom-settings.yaml:2`

    ```diff
      omaSettings[./Vendor/MSFT/Policy/Config/Start/Layout].value
    @@ -1,5 +1,5 @@
          <layout>
            <start>
    -         <tile app="Mail" size="small" />
    +         <tile app="Mail" size="wide" />
              <tile app="Word" />
            </start>
    + omaSettings[./Device/New]
    +     @odata.type  omaSettingInteger
    +     displayName  "New setting for every device"
    +     omaUri       ./Device/New
    +     value        1
      allowedApps
    +     Teams
    -     "Old app"
    - payload       binary, 3 bytes
    + payload       4 bytes
    - script        one
    + script        two
    ? preSharedKey  cannot be compared: the tenant never shows it
    ```

    </details>

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/windows-hello</code> <code>&quot;Windows Hello for Business&quot;</code> 4 settings, 3 assignments</summary>

    `policies/windows-hello.yaml:2`

    ```diff
    - pinMinimumLength             4
    + pinMinimumLength             6
    - pinUppercaseCharactersUsage  notConfigured
    + pinUppercaseCharactersUsage  allowed  # ../baseline/hello.yaml:9
    - pinExpirationInDays          90
    + pinLowercaseCharactersUsage  required
      assignments
    +   group Windows laptops  (include Corporate owned)
    -   group Kiosks           exclude Lab
    +   group Kiosks           no filter
    -   group Old pilots
    ```

    It reaches at most 1,240 devices and 3,100 users &#40;2 groups, filtered&#41;, until now 4 users and at most 69 devices &#40;2 groups, filtered&#41;; 1,021 devices have it now &#40;12 pending, 3 failed&#41;.

    Left alone, because not declared: 2 settings (`unlockWithBiometricsEnabled = true`, `description = "made in the portal"`)

    </details>

    **Warning:** `vpn` is bound by its name

    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).

    1 setting cannot be changed and would be left as the tenant has it.

    2 settings cannot be compared.

    1 live object is not managed by any manifest.

    Digest `sha256:0a1b`
    "#);
}

#[test]
fn drifted_objects() {
    assert_snapshot!(story(&testing::drift_report()), @r#"
    ### Drift: 5 drifted, 1 missing, 1 unverifiable, 1 unknown, 0 in sync.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked 2026-11-21 08:00 UTC

    > [!CAUTION]
    > **Cannot be applied or compared**
    >
    > - `iosGeneralDeviceConfiguration/ios-restrictions`: there is no group `Windows laptop` (`group/unknown`): did you mean `Windows laptops`?

    Lines with `-` are declared, lines with `+` are what the tenant has.

    <details>
    <summary><code>~ deviceRegistrationPolicy/device-registration</code> 2 settings, 1 setting blocked</summary>

    `policies/device-registration.yaml:2`

    ```diff
      azureADJoin.allowedToJoin  # policies/device-registration.yaml:5
    -     @odata.type  enumeratedDeviceRegistrationMembership
    +     @odata.type  allDeviceRegistrationMembership
    -     groups       [Autopilot admins (8d2ac1f8…)]
    -     users        []
    - multiFactorAuthConfiguration  notRequired
    + multiFactorAuthConfiguration  required  # policies/device-registration.yaml:6
      azureADRegistration.allowedToRegister  cannot be put back: Entra does not let it be changed while Intune is enabled  # policies/device-registration.yaml:7
    -     @odata.type  noDeviceRegistrationMembership
    +     @odata.type  allDeviceRegistrationMembership
    ```

    </details>

    <details>
    <summary><code>~ iosVpnConfiguration/vpn</code> <code>&quot;VPN&quot;</code> of another type in the tenant</summary>

    `policies/vpn.yaml:2`

    </details>

    <details>
    <summary><code>+ iosWiFiConfiguration/old-wifi</code> <code>&quot;Old Wi-Fi&quot;</code> declared absent, and the tenant has it</summary>

    `policies/old-wifi.yaml:2`

    </details>

    <details>
    <summary><code>- macOSGeneralDeviceConfiguration/macos</code> <code>&quot;Macs&quot;</code> declared, and the tenant does not have it</summary>

    `policies/macos.yaml:2`

    </details>

    <details>
    <summary><code>~ windows10CustomConfiguration/custom-settings</code> <code>&quot;Custom&quot;</code> 5 settings, 1 setting not comparable</summary>

    `policies/custom-settings.yaml:2`

    ```diff
      omaSettings[./Vendor/MSFT/Policy/Config/Start/Layout].value  - declared, + in the tenant  # policies/custom-settings.yaml:5
    @@ -1,5 +1,5 @@
          <layout>
            <start>
    -         <tile app="Mail" size="wide" />
    +         <tile app="Mail" size="small" />
              <tile app="Word" />
            </start>
    - omaSettings[./Device/New]  declared, not in the tenant  # policies/custom-settings.yaml:6
    -     @odata.type  omaSettingInteger
    -     displayName  "New setting for every device"
    -     omaUri       ./Device/New
    -     value        1
      allowedApps                - declared, + in the tenant  # policies/custom-settings.yaml:7
    +     "Old app"
    -     Teams
    - payload                    binary, 4 bytes
    + payload                    3 bytes  # policies/custom-settings.yaml:8
    - script                     two
    + script                     one  # policies/custom-settings.yaml:9
    ? preSharedKey               cannot be compared: the tenant never shows it
    ```

    </details>

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/windows-hello</code> <code>&quot;Windows Hello for Business&quot;</code> 4 settings, 3 assignments</summary>

    `policies/windows-hello.yaml:2`, last modified 2026-11-20 10:14 UTC

    ```diff
    - pinMinimumLength             6
    + pinMinimumLength             4  # policies/windows-hello.yaml:7
    - pinUppercaseCharactersUsage  allowed
    + pinUppercaseCharactersUsage  notConfigured  # ../baseline/hello.yaml:9
    + pinExpirationInDays          90  # policies/windows-hello.yaml:7
    - pinLowercaseCharactersUsage  required  # policies/windows-hello.yaml:8
      assignments
    -   group Windows laptops  (include Corporate owned) declared, not in the tenant
    -   group Kiosks           no filter
    +   group Kiosks           exclude Lab
    +   group Old pilots       in the tenant, not declared
    ```

    </details>

    <details>
    <summary><code>? androidWorkProfileWiFiConfiguration/wifi</code> <code>&quot;Wi-Fi&quot;</code> 1 setting not comparable</summary>

    `policies/wifi.yaml:2`

    ```diff
    ? preSharedKey  cannot be compared: a value from the environment is never compared
    ```

    </details>

    <details>
    <summary><code>! iosGeneralDeviceConfiguration/ios-restrictions</code> <code>&quot;iPhones&quot;</code> </summary>

    `policies/ios-restrictions.yaml:2`

    </details>

    **Warning:** `vpn` is bound by its name

    1 live object is not managed by any manifest.
    "#);
}

#[test]
fn an_outcome() {
    assert_snapshot!(outcome(&testing::outcome()), @r#"
    ### Applied: 2 done, 1 failed, 1 skipped. The run was interrupted.

    Tenant `contoso (contoso.onmicrosoft.com)`

    > [!WARNING]
    > - `macOSGeneralDeviceConfiguration/macos`: failed. Graph answered 403 Forbidden: the application may not write device configurations. Help: grant `DeviceManagementConfiguration.ReadWrite.All`

    | result | action | object | name |
    |---|---|---|---|
    | applied | update | `windowsIdentityProtectionConfiguration/windows-hello` | Windows Hello for Business |
    | already in place | update | `windows10CustomConfiguration/custom-settings` | Custom |
    | failed | create | `macOSGeneralDeviceConfiguration/macos` | Macs |
    | not begun | update | `deviceRegistrationPolicy/device-registration` |  |
    "#);
}

#[test]
fn a_page_fits_and_says_what_it_lacks() {
    let mut long = testing::plan();
    let value = serde_json::json!("x".repeat(60));
    let fields =
        (0..2_000).map(|_| testing::field(&["name"], serde_json::Value::Null, value.clone()));
    long.changes[5].fields.extend(fields);
    let page = story(&long);
    assert!(page.contains("the text and the JSON report have"), "{page}");
    long.changes = vec![long.changes[6].clone(); 2_000];
    let page = story(&long);
    assert!(page.len() <= 1 << 20 && page.contains("parts left out"));
    assert!(page.ends_with("Digest `sha256:0a1b`\n"));
    assert_harmless(&page);
}

fn pages(text: &str) -> [String; 3] {
    [
        story(&testing::hostile(text)),
        story(&crate::drift::report(testing::hostile(text))),
        outcome(&testing::hostile_outcome(text)),
    ]
}

/// Returns everything that opens in a page: blocks, links, emphasis.
fn structure(page: &str) -> Vec<String> {
    let events = Parser::new_ext(page, Options::all());
    events
        .filter_map(|event| match event {
            Event::Start(tag) => Some(format!("{tag:?}")),
            _ => None,
        })
        .collect()
}

fn assert_harmless(page: &str) {
    assert!(!page.contains(|c: char| c != '\n' && crate::text::sanitize::is_hazardous(c)));
    let mut in_code_block = false;
    for event in TextMergeStream::new(Parser::new_ext(page, Options::all())) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code_block = true,
            Event::End(TagEnd::CodeBlock) => in_code_block = false,
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. })) => {
                panic!("{tag:?} in {page}")
            }
            Event::InlineHtml(html) => panic!("{html} in {page}"),
            Event::Html(html) => {
                let rest = OURS.iter().fold(html.to_string(), |html, tag| html.replace(tag, ""));
                assert!(!rest.contains(['<', '>', '@']), "{html} in {page}");
            }
            Event::Text(text) if !in_code_block => {
                for sign in ["@", "#"] {
                    let followed = text.split(sign).skip(1);
                    followed.for_each(|rest| {
                        assert!(rest.is_empty() || rest.starts_with('\u{200b}'), "{text}");
                    });
                }
                assert!(!text.contains("://") && !text.contains("www."), "{text}");
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_changes_the_page(
        text in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "<script>alert(1)</script>", "</code></summary></details>", "<img src=x onerror=1>", "<!--",
                    "@contoso/admins", "@alice", "#1", "https://contoso.com", "www.contoso.com", "alice@contoso.com",
                    "[a](https://contoso.com)", "![a](b)", "[a]: b", "\n\n# Heading\n", "\n---\n", "\n> quote", "\n- item",
                    "`", "``", "```", "````\n", "~~~", "|", "\\", "\\|", "**", "__", "~~", "$x$", "&lt;", "&#64;", ":tada:",
                    "\u{1b}[31m", "\u{202e}", "\r\n", "\t", "日本", " ", "x",
                ]).prop_map(str::to_owned),
                ".{0,4}",
            ],
            1..8,
        ).prop_map(|parts| parts.concat()),
    ) {
        for (page, calm) in pages(&text).iter().zip(&pages("calm")) {
            assert_harmless(page);
            prop_assert_eq!(structure(page), structure(calm), "{}", page);
        }
    }
}
