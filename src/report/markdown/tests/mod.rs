//! Pages as they are read.

use insta::assert_snapshot;

use super::*;
use crate::apply::outcome::Outcome;
use crate::diagnose::{Catalogue, Explanation};
use crate::diagnostic::json::FindingItem;
use crate::diagnostic::{Finding, Sources, Span};
use crate::error::{Error, ErrorKind};
use crate::import::adopt::document::AdoptDocument;
use crate::manifest::Invalid;
use crate::plan::Refusal;
use crate::report::links::Links;
use crate::report::testing;

mod fit;
mod harmless;

/// The address that links begin with. Any other link would come from a value.
const BASE: &str = "https://github.com/contoso/tenant/blob/0a1b";

fn links() -> Links {
    Links { base: Some(BASE.to_owned()), root: "tenants/contoso".into() }
}

#[test]
fn a_plan_with_every_mark() {
    assert_snapshot!(story(&testing::plan(), &links()), @r#"
    ### Plan: 1 to create, 3 to update, 1 to replace, 1 to delete, 1 assignment change.

    Tenant `contoso (contoso.onmicrosoft.com)`

    > [!CAUTION]
    > - 1 change is blocked: an apply refuses to start until it can be made or skipped &#40;--skip-blocked&#41;.
    > - 1 setting cannot be changed and would be left as the tenant has it.
    > - An apply refuses 2 risks until it is run with `--allow registration/mfa-off --allow delete`.

    | | object | what | reach | risk |
    |---|---|---|---|---|
    | `!` | [`iosGeneralDeviceConfiguration/ios-restrictions`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/ios-restrictions.yaml#L2>)<br>iPhones | blocked; 1 setting | | **`group/unknown`:** there is no group `Windows laptop` |
    | `~` | [`deviceRegistrationPolicy/device-registration`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/device-registration.yaml#L2>) | 2 settings, 1 setting blocked | | **`registration/mfa-off`** refused |
    | `-` | [`iosWiFiConfiguration/old-wifi`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/old-wifi.yaml#L2>)<br>Old Wi-Fi | to be deleted | no longer 3,000 devices | **`delete`** refused |
    | `~` | [`windowsIdentityProtectionConfiguration/windows-hello`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/windows-hello.yaml#L2>)<br>Windows Hello for Business | 4 settings, 3 assignments | at most 1,240 devices and 3,100 users, until now 4 users and at most 69 devices | `assign-all` |
    | `-/+` | [`iosVpnConfiguration/vpn`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/vpn.yaml#L2>)<br>VPN | to be deleted and made anew | | |
    | `+` | [`macOSGeneralDeviceConfiguration/macos`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/macos.yaml#L2>)<br>Macs | 6 settings | an unknown number of devices and users | |
    | `~` | [`windows10CustomConfiguration/custom-settings`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/custom-settings.yaml#L2>)<br>Custom | 5 settings, 1 setting not comparable | | |

    <details>
    <summary><code>! iosGeneralDeviceConfiguration/ios-restrictions</code> <code>&quot;iPhones&quot;</code> 1 setting</summary>

    [`policies/ios-restrictions.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/ios-restrictions.yaml#L2>), Device restrictions &#40;ios&#41;

    - **`group/unknown`:** there is no group `Windows laptop`. Help: did you mean `Windows laptops`? ([`policies/ios-restrictions.yaml:14`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/ios-restrictions.yaml#L14>))

    </details>

    <details>
    <summary><code>~ deviceRegistrationPolicy/device-registration</code> 2 settings, 1 setting blocked</summary>

    [`policies/device-registration.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/device-registration.yaml#L2>), Device settings &#40;Microsoft Entra&#41;

    - **Refused until `--allow registration/mfa-off`:** Devices could be joined or registered with a password alone.

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
    <summary><code>- iosWiFiConfiguration/old-wifi</code> <code>&quot;Old Wi-Fi&quot;</code> to be deleted</summary>

    [`policies/old-wifi.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/old-wifi.yaml#L2>), Wi-Fi &#40;ios&#41;

    - **Refused until `--allow delete`:** The object is deleted, and devices lose its settings.

    It no longer reaches 3,000 devices &#40;1 group&#41;; no device has reported it.

    </details>

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/windows-hello</code> <code>&quot;Windows Hello for Business&quot;</code> 4 settings, 3 assignments</summary>

    [`policies/windows-hello.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/windows-hello.yaml#L2>), Identity protection &#40;windows&#41;

    - **Risk `assign-all`:** It would reach all devices of the tenant.

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

    <details>
    <summary><code>-/+ iosVpnConfiguration/vpn</code> <code>&quot;VPN&quot;</code> to be deleted and made anew</summary>

    [`policies/vpn.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/vpn.yaml#L2>), VPN &#40;ios&#41;

    </details>

    <details>
    <summary><code>+ macOSGeneralDeviceConfiguration/macos</code> <code>&quot;Macs&quot;</code> 6 settings</summary>

    [`policies/macos.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/macos.yaml#L2>), Device restrictions &#40;macos&#41;

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

    [`policies/custom-settings.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/custom-settings.yaml#L2>), Custom &#40;windows&#41;

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
    - payload  binary, 3 bytes
    + payload  4 bytes
    - script   one
    + script   two
    ```

    </details>

    - **Warning:** `vpn` is bound by its name

    <details>
    <summary>2 settings cannot be compared</summary>

    - `androidWorkProfileWiFiConfiguration/wifi` `preSharedKey`: a value from the environment is never compared
    - `windows10CustomConfiguration/custom-settings` `preSharedKey`: the tenant never shows it

    </details>

    <details>
    <summary>1 live object is not managed by any manifest</summary>

    - `iosWiFiConfiguration` `Guest`

    </details>

    Digest `sha256:0a1b`
    "#);
}

#[test]
fn drifted_objects() {
    assert_snapshot!(story(&testing::drift_report(), &links()), @r#"
    ### Drift: 5 drifted, 1 missing, 1 unverifiable, 1 unknown, 0 in sync.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked 2026-11-21 08:00 UTC

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

    | | object | what | last change |
    |---|---|---|---|
    | `!` | [`iosGeneralDeviceConfiguration/ios-restrictions`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/ios-restrictions.yaml#L2>)<br>iPhones | **`group/unknown`:** there is no group `Windows laptop` | |
    | `~` | [`deviceRegistrationPolicy/device-registration`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/device-registration.yaml#L2>) | 2 settings, 1 setting blocked | |
    | `-/+` | [`iosVpnConfiguration/vpn`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/vpn.yaml#L2>)<br>VPN | of another type in the tenant | |
    | `-` | [`iosWiFiConfiguration/old-wifi`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/old-wifi.yaml#L2>)<br>Old Wi-Fi | declared absent, and the tenant has it | |
    | `+` | [`macOSGeneralDeviceConfiguration/macos`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/macos.yaml#L2>)<br>Macs | declared, and the tenant does not have it | |
    | `~` | [`windows10CustomConfiguration/custom-settings`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/custom-settings.yaml#L2>)<br>Custom | 5 settings, 1 setting not comparable | |
    | `~` | [`windowsIdentityProtectionConfiguration/windows-hello`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/windows-hello.yaml#L2>)<br>Windows Hello for Business | 4 settings, 3 assignments | 2026-11-20 10:14 UTC |

    <details>
    <summary><code>! iosGeneralDeviceConfiguration/ios-restrictions</code> <code>&quot;iPhones&quot;</code> </summary>

    [`policies/ios-restrictions.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/ios-restrictions.yaml#L2>), Device restrictions &#40;ios&#41;

    - **`group/unknown`:** there is no group `Windows laptop`. Help: did you mean `Windows laptops`? ([`policies/ios-restrictions.yaml:14`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/ios-restrictions.yaml#L14>))

    </details>

    <details>
    <summary><code>~ deviceRegistrationPolicy/device-registration</code> 2 settings, 1 setting blocked</summary>

    [`policies/device-registration.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/device-registration.yaml#L2>), Device settings &#40;Microsoft Entra&#41;

    ```diff
      azureADJoin.allowedToJoin  # policies/device-registration.yaml:5
    -     @odata.type  allDeviceRegistrationMembership
    +     @odata.type  enumeratedDeviceRegistrationMembership
    +     groups       [Autopilot admins (8d2ac1f8…)]
    +     users        []
    - multiFactorAuthConfiguration  required
    + multiFactorAuthConfiguration  notRequired  # policies/device-registration.yaml:6
    ! azureADRegistration.allowedToRegister  cannot be put back: Entra does not let it be changed while Intune is enabled  # policies/device-registration.yaml:7
    -     @odata.type  allDeviceRegistrationMembership
    +     @odata.type  noDeviceRegistrationMembership
    ```

    </details>

    <details>
    <summary><code>-/+ iosVpnConfiguration/vpn</code> <code>&quot;VPN&quot;</code> of another type in the tenant</summary>

    [`policies/vpn.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/vpn.yaml#L2>), VPN &#40;ios&#41;

    </details>

    <details>
    <summary><code>- iosWiFiConfiguration/old-wifi</code> <code>&quot;Old Wi-Fi&quot;</code> declared absent, and the tenant has it</summary>

    [`policies/old-wifi.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/old-wifi.yaml#L2>), Wi-Fi &#40;ios&#41;

    </details>

    <details>
    <summary><code>+ macOSGeneralDeviceConfiguration/macos</code> <code>&quot;Macs&quot;</code> declared, and the tenant does not have it</summary>

    [`policies/macos.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/macos.yaml#L2>), Device restrictions &#40;macos&#41;

    </details>

    <details>
    <summary><code>~ windows10CustomConfiguration/custom-settings</code> <code>&quot;Custom&quot;</code> 5 settings, 1 setting not comparable</summary>

    [`policies/custom-settings.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/custom-settings.yaml#L2>), Custom &#40;windows&#41;

    ```diff
      omaSettings[./Vendor/MSFT/Policy/Config/Start/Layout].value  # policies/custom-settings.yaml:5
    @@ -1,5 +1,5 @@
          <layout>
            <start>
    -         <tile app="Mail" size="small" />
    +         <tile app="Mail" size="wide" />
              <tile app="Word" />
            </start>
    + omaSettings[./Device/New]  # policies/custom-settings.yaml:6
    +     @odata.type  omaSettingInteger
    +     displayName  "New setting for every device"
    +     omaUri       ./Device/New
    +     value        1
      allowedApps  # policies/custom-settings.yaml:7
    +     Teams
    -     "Old app"
    - payload  binary, 3 bytes
    + payload  4 bytes  # policies/custom-settings.yaml:8
    - script   one
    + script   two  # policies/custom-settings.yaml:9
    ```

    </details>

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/windows-hello</code> <code>&quot;Windows Hello for Business&quot;</code> 4 settings, 3 assignments</summary>

    [`policies/windows-hello.yaml:2`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/windows-hello.yaml#L2>), Identity protection &#40;windows&#41;, last modified 2026-11-20 10:14 UTC

    ```diff
    - pinMinimumLength             4
    + pinMinimumLength             6  # policies/windows-hello.yaml:7
    - pinUppercaseCharactersUsage  notConfigured
    + pinUppercaseCharactersUsage  allowed  # ../baseline/hello.yaml:9
    - pinExpirationInDays          90  # policies/windows-hello.yaml:7
    + pinLowercaseCharactersUsage  required  # policies/windows-hello.yaml:8
      assignments
    +   group Windows laptops  (include Corporate owned)
    -   group Kiosks           exclude Lab
    +   group Kiosks           no filter
    -   group Old pilots
    ```

    </details>

    - **Warning:** `vpn` is bound by its name

    <details>
    <summary>2 settings cannot be compared</summary>

    - `androidWorkProfileWiFiConfiguration/wifi` `preSharedKey`: a value from the environment is never compared
    - `windows10CustomConfiguration/custom-settings` `preSharedKey`: the tenant never shows it

    </details>

    <details>
    <summary>1 live object is not managed by any manifest</summary>

    - `iosWiFiConfiguration` `Guest`

    </details>
    "#);
}

#[test]
fn an_outcome() {
    assert_snapshot!(outcome(&done_in_part(), &commands()), @r"
    ### Applied: 2 done, 1 failed, 1 skipped. The run was interrupted.

    Tenant `contoso (contoso.onmicrosoft.com)`

    | result | action | object | message |
    |---|---|---|---|
    | **failed** | create | `macOSGeneralDeviceConfiguration/macos`<br>Macs | Graph answered 403 Forbidden: the application may not write device configurations. |
    | not begun | update | `deviceRegistrationPolicy/device-registration` | |
    | applied | update | `windowsIdentityProtectionConfiguration/windows-hello`<br>Windows Hello for Business | |
    | already in place | update | `windows10CustomConfiguration/custom-settings`<br>Custom | |

    > [!WARNING]
    > - `macOSGeneralDeviceConfiguration/macos`: grant `DeviceManagementConfiguration.ReadWrite.All`

    Journal `.moorline/journal/run.jsonl`

    ```text
    Resume:     moorline apply --resume .moorline/journal/run.jsonl
    Roll back:  moorline rollback .moorline/journal/run.jsonl
    ```
    ");
}

#[test]
fn an_adoption() {
    let mut document = testing::hostile_adoption("calm");
    document.items[0].adopted = (0..22).map(|at| format!("setting{at}")).collect();
    document.files[1].diff = None;
    assert_snapshot!(adopt(&document), @"
    ### Adopted 22 values of 1 object.

    Tenant `calm (calm)`

    | object | adopted | not adopted |
    |---|---|---|
    | `calm/calm`<br>calm | | calm: calm |
    | `calm/calm`<br>calm | `setting0`<br>`setting1`<br>`setting2`<br>`setting3`<br>`setting4`<br>`setting5`<br>`setting6`<br>`setting7`<br>`setting8`<br>`setting9`<br>`setting10`<br>`setting11`<br>`setting12`<br>`setting13`<br>`setting14`<br>`setting15`<br>`setting16`<br>`setting17`<br>`setting18`<br>`setting19`<br>… and 2 more values | `calm`: calm: calm |

    Written:

    - `calm`
    - `calm` (new)

    The base calm serves these tenants. None of them is planned here; run `moorline plan` for each:

    - `calm`
    - `calm` (it cannot be read, and may build on it)

    An apply takes these from the environment; plans run without them:

    - `calm`: `calm`
    - `calm`: `calm`

    ```diff
    -a
    +calm
    ```
    ");
    let nothing =
        AdoptDocument { items: Vec::new(), files: Vec::new(), bases: Vec::new(), ..document };
    assert_eq!(adopt(&nothing), "### Nothing to adopt.\n\nTenant `calm (calm)`\n");
}

fn done_in_part() -> Outcome {
    Outcome { journal: Some(".moorline/journal/run.jsonl".to_owned()), ..testing::outcome() }
}

fn commands() -> [String; 2] {
    [
        "Resume:     moorline apply --resume .moorline/journal/run.jsonl".to_owned(),
        "Roll back:  moorline rollback .moorline/journal/run.jsonl".to_owned(),
    ]
}

#[test]
fn invalid_manifests() {
    let (items, _) = broken("calm");
    assert_snapshot!(findings(&items, 3, &links()), @"
    ### Invalid: 2 errors, 1 warning in 2 files.

    | | place | code | message | help |
    |---|---|---|---|---|
    | **error** | [`policies/hello.yaml:1`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/hello.yaml#L1>) | `schema/type` | not a string | quote it: `calm` |
    | **error** | [`calm.yaml`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/calm.yaml>) | `file/missing` | calm is missing | |
    | warning | [`policies/hello.yaml:1`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/hello.yaml#L1>) | `lint/x` | a `calm` in b | |
    ");
    assert_snapshot!(findings(&[], 3, &links()), @"### Valid: 3 manifests.");
}

/// Returns findings whose texts hold a text, and their sources.
fn broken(text: &str) -> (Vec<FindingItem>, Invalid) {
    let mut sources = Sources::default();
    let file = sources.add("policies/hello.yaml", format!("a: 1\nb: {text}\n"));
    let span = Span::new(file, 3..4);
    let findings = vec![
        Finding::warning("lint/x", span, format!("a `{text}` in b")),
        Finding::error("schema/type", span, "not a string").help(format!("quote it: `{text}`")),
        Finding::file_error("file/missing", format!("{text}.yaml"), format!("{text} is missing")),
    ];
    let items = FindingItem::all(&findings, &sources);
    (items, Invalid { findings, sources })
}

#[test]
fn failures_say_what_to_do() {
    let (_, invalid) = broken("calm");
    let message = "the manifests cannot be used: 2 errors, 1 warning in 2 files";
    let error = Error::new(ErrorKind::Invalid, "manifest/invalid", message);
    assert_snapshot!(failure(&error, None, Some(&invalid), &[], &links()), @"
    ### Invalid: the manifests cannot be used: 2 errors, 1 warning in 2 files.

    Code `manifest/invalid`, exit code 3

    | | place | code | message | help |
    |---|---|---|---|---|
    | **error** | [`policies/hello.yaml:1`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/hello.yaml#L1>) | `schema/type` | not a string | quote it: `calm` |
    | **error** | [`calm.yaml`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/calm.yaml>) | `file/missing` | calm is missing | |
    | warning | [`policies/hello.yaml:1`](<https://github.com/contoso/tenant/blob/0a1b/tenants/contoso/policies/hello.yaml#L1>) | `lint/x` | a `calm` in b | |
    ");

    let error = Error::refused("apply/guard", "the plan is refused; nothing was written")
        .hint("If it is intended, add: --allow delete --allow max-changes");
    let page = failure(&error, None, None, &refusals("calm"), &links());
    assert!(page.starts_with("### Refused: the plan is refused; nothing was written.\n"), "{page}");
    assert!(page.contains("| `iosWiFiConfiguration/calm` | `delete` | calm is deleted"), "{page}");
    assert!(page.contains("| the plan as a whole | `max-changes` |"), "{page}");

    let entry = Catalogue::built_in().by_code("auth/no-credential").expect("an entry");
    let explanation = Explanation::new(&entry.id, entry);
    let source = std::io::Error::other("unplugged");
    let error = Error::failed("auth/no-credential", "there is no credential").because(source);
    let page = failure(&error, Some(&explanation), None, &[], &links());
    assert!(page.contains("- Because: unplugged\n"), "{page}");
    assert!(page.contains(&format!("**`{}`:** ", explanation.id)), "{page}");
}

fn refusals(text: &str) -> [Refusal; 2] {
    [(Some(text), "delete"), (None, "max-changes")].map(|(address, code)| Refusal {
        address: address.map(|name| format!("iosWiFiConfiguration/{name}")),
        code: code.to_owned(),
        message: format!("{text} is deleted, and devices lose its settings."),
        flag: format!("--allow {code}"),
    })
}

#[test]
fn pending_stands_below_drift_and_has_a_tile_of_its_own() {
    let mut report = testing::drift_report();
    let mut drifted = report.items.iter_mut().filter(|item| item.is_drift());
    let (first, second) = (drifted.next().expect("one"), drifted.next().expect("two"));
    first.since = Some(crate::drift::Since::Pending);
    let names = [&second.address, &first.address].map(ToString::to_string);
    let order: Vec<String> = {
        let story = crate::report::view::ToStory::story(&report, false);
        story.objects.iter().map(|object| object.address.clone()).collect()
    };
    let at = |name: &String| order.iter().position(|other| other == name).expect("an object");
    assert!(at(&names[0]) < at(&names[1]), "{order:?}");
    let page = crate::report::html::story(&report, &Default::default(), &links());
    assert!(page.contains("data-show=\"pending\""), "{page}");
}

#[test]
fn who_changed_what_and_since_when_has_its_place() {
    let page =
        story(&testing::Attributed::by("alice@contoso.com", testing::drift_report()), &links());
    let author = "changed by alice&#64;&#8203;contoso.com, 2026-11-30 10:14 UTC, was 6";
    assert_eq!(page.matches(author).count(), 14, "each row and each block has it: {page}");
    assert!(page.contains("| 4 settings, 3 assignments; pending | changed by"), "{page}");
}

#[test]
fn text_and_markdown_have_one_order() {
    use crate::report::text;
    use crate::text::style::Palette;
    use crate::text::writer::{TextWriter, WIDTH};
    let writer = || TextWriter::new(Palette::Plain, WIDTH);
    let (plan, drift) = (testing::plan(), testing::drift_report());
    let told = [
        (story(&plan, &links()), text::story(&plan, writer(), false)),
        (story(&drift, &links()), text::story(&drift, writer(), false)),
    ];
    for (page, text) in told {
        let mut addresses: Vec<String> =
            plan.changes.iter().map(|change| change.address.to_string()).collect();
        let place =
            |text: &str, before: &str, address: &str| text.find(&format!("{before}{address}"));
        addresses.retain(|address| place(&page, "[`", address).is_some());
        assert_eq!(addresses.len(), 7, "the one that cannot be compared has no row");
        addresses.sort_by_key(|address| place(&page, "[`", address));
        let places = |text: &str, before: &str| -> Vec<Option<usize>> {
            addresses.iter().map(|address| place(text, before, address)).collect()
        };
        for places in [places(&page, "<summary><code>"), places(&text, " ")] {
            assert!(places.is_sorted(), "{page}\n{text}");
        }
    }
}
