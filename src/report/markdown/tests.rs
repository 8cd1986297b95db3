//! Pages as a parser of Markdown sees them.

use insta::assert_snapshot;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::page::MOST;
use super::*;
use crate::apply::outcome::Outcome;
use crate::diagnose::{Catalogue, Explanation};
use crate::diagnostic::json::FindingItem;
use crate::diagnostic::{Finding, Sources, Span};
use crate::error::{Error, ErrorKind};
use crate::import::adopt::document::AdoptDocument;
use crate::manifest::Invalid;
use crate::plan::{Change, Plan, Refusal, Risk};
use crate::report::links::Links;
use crate::report::testing;

/// The HTML that pages are made with. Anything else would come from a value.
const OURS: [&str; 6] = ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];

/// The address that links begin with. Any other link would come from a value.
const BASE: &str = "https://github.com/contoso/tenant/blob/0a1b";

fn links() -> Links {
    Links { base: Some(BASE.to_owned()), root: "tenants/contoso".into() }
}

/// Returns one object with its name and so many settings.
fn object(name: &str, settings: usize) -> Change {
    let mut change = testing::plan().changes[7].clone();
    change.address.name = name.to_owned();
    change.display_name = name.to_owned();
    change.risks.clear();
    let fields = change.fields.iter().cycle().take(settings).cloned();
    change.fields = fields.collect();
    change
}

/// Returns a plan of these changes.
fn plan_of(changes: Vec<Change>) -> Plan {
    Plan { changes, ..testing::plan() }
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

#[test]
fn code_of_a_cell_has_every_sign_of_a_value() {
    for value in [
        "a|b",
        "|",
        "a\\|b",
        "a\\",
        "\\|",
        "a`|b",
        "``|``",
        "a|b@contoso.com <b>",
        "x *y* _z_ |",
        " a | ",
    ] {
        let cell = escape::cell_code(value);
        let page = format!("| a | b |\n|---|---|\n| {cell} | end |\n");
        let (mut cells, mut shown) = (Vec::new(), String::new());
        for event in TextMergeStream::new(Parser::new_ext(&page, Options::all())) {
            match event {
                Event::Start(Tag::TableCell) => shown.clear(),
                Event::End(TagEnd::TableCell) => cells.push(shown.replace('\u{200b}', "")),
                Event::Text(text) | Event::Code(text) => shown.push_str(&text),
                _ => {}
            }
        }
        assert_eq!(cells, ["a", "b", value, "end"], "{page}");
    }
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

/// Returns the number of rows of objects, of names alone, and of details.
fn forms(page: &str) -> [usize; 3] {
    let lines = || page.lines().filter(|line| line.starts_with("| `"));
    let rows = lines().filter(|line| line.matches(" |").count() > 3).count();
    [rows, lines().count() - rows, page.matches("<details>\n<summary><code>").count()]
}

#[test]
fn a_plan_of_500_changes_names_every_object() {
    let changes = |number| (0..number).map(|at| object(&format!("policy-{at:03}"), 3)).collect();
    let few = story(&plan_of(changes(40)), &links());
    assert_eq!(forms(&few)[..2], [40, 0]);
    assert!(few.len() <= MOST && !few.contains("left out"), "{few}");
    let page = story(&plan_of(changes(500)), &links());
    let [rows, names, details] = forms(&page);
    assert!(page.len() <= MOST && rows + names == 500 && rows > 50 && details == 0, "{page}");
    for at in 0..500 {
        assert!(page.contains(&format!("/policy-{at:03}`")), "{at}");
    }
    assert!(
        page.contains("**The details of 500 objects do not fit.** The text and the JSON report")
    );
}

#[test]
fn of_long_names_as_many_as_fit_are_shown_and_the_others_counted() {
    let names: [fn(usize) -> String; 3] = [
        |at| format!("{at:03}{}", "x".repeat(252)),
        |at| format!("{at:03}{}", "日本語".repeat(84)),
        |at| format!("{at:03}{}", "👍".repeat(252)),
    ];
    for name in names {
        let page = story(&plan_of((0..500).map(|at| object(&name(at), 3)).collect()), &links());
        let [rows, names, _] = forms(&page);
        assert!(page.len() <= MOST && page.encode_utf16().count() <= MOST, "{}", page.len());
        assert!((50..500).contains(&(rows + names)), "{rows} {names}");
        let more = 500 - rows - names;
        assert!(page.contains(&format!("**… and {more} more objects.** The text")), "{page}");
        assert!(page.ends_with("Digest `sha256:0a1b`\n"));
        assert_harmless(&page);
    }
}

#[test]
fn what_an_apply_refuses_keeps_its_details_when_the_rest_has_no_room() {
    let mut changes: Vec<Change> =
        (0..500).map(|at| object(&format!("policy-{at:03}"), 3)).collect();
    changes[499].risks = vec![Risk::refused("delete", "Devices lose its settings.")];
    changes[250].blocked = testing::plan().changes[2].blocked.clone();
    let page = story(&plan_of(changes), &links());
    let first = page.find("/policy-499`").expect("a row");
    assert!(page.find("/policy-250`") < Some(first) && Some(first) < page.find("/policy-000`"));
    assert!(
        page.contains("**`delete`** refused")
            && page.contains("there is no group `Windows laptop`")
    );
    assert_eq!(forms(&page)[2], 2);
    assert!(page.contains("**The details of 498 objects do not fit.**"));
}

#[test]
fn names_of_ten_megabytes_are_cut() {
    let long = "x".repeat(10 << 20);
    let mut plan = plan_of(vec![object(&long, 1)]);
    plan.tenant.name.clone_from(&long);
    plan.warnings = vec![long.clone()];
    plan.coverage.unmanaged[0].display_name = long;
    let page = story(&plan, &links());
    assert!(page.len() < 20_000, "{}", page.len());
    assert_eq!(forms(&page), [1, 0, 1]);
}

fn pages(text: &str) -> Vec<String> {
    let (items, invalid) = broken(text);
    let error = Error::failed("graph/refused", text)
        .hint(text)
        .because(std::io::Error::other(text.to_owned()));
    let drift = crate::drift::report(testing::hostile(text));
    vec![
        story(&testing::hostile(text), &links()),
        story(&testing::Attributed::by(text, drift), &links()),
        outcome(&testing::hostile_outcome(text), &commands()),
        findings(&items, 1, &links()),
        failure(&error, None, Some(&invalid), &refusals(text), &links()),
        adopt(&testing::hostile_adoption(text)),
    ]
}

/// Returns everything that opens in a page but links, which are looked at by themselves: blocks and emphasis.
fn structure(page: &str) -> Vec<String> {
    let events = Parser::new_ext(page, Options::all());
    events
        .filter_map(|event| match event {
            Event::Start(Tag::Link { .. }) => None,
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
            Event::Start(Tag::Link { dest_url, .. }) => {
                let is_ours = dest_url.strip_prefix(BASE).is_some_and(|rest| rest.starts_with('/'));
                let leads_out = dest_url.split('/').any(|part| part == "..");
                assert!(is_ours && !leads_out, "{dest_url} in {page}");
            }
            Event::Start(tag @ Tag::Image { .. }) => panic!("{tag:?} in {page}"),
            Event::InlineHtml(html) if ["<br>", "<code>", "</code>"].contains(&&*html) => {}
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
                let ends = |c: char| !c.is_ascii_alphanumeric() && !['-', '\u{200b}'].contains(&c);
                let words = text.split(ends);
                for word in words.filter(|word| !word.contains('\u{200b}')) {
                    let is_commit = word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
                    assert!(!is_commit && !word.starts_with("GH-"), "{text}");
                }
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
                    "GH-1", "0a1b2c3d4e", "contoso/repo#2",
                    "`", "``", "```", "````\n", "~~~", "|", "\\", "\\|", "**", "__", "~~", "$x$", "&lt;", "&#64;", ":tada:",
                    "\u{1b}[31m", "\u{202e}", "\r\n", "\t", "日本", " ", "x",
                ]).prop_map(str::to_owned),
                ".{0,4}",
            ],
            1..5,
        ).prop_map(|parts| parts.concat()),
    ) {
        for (page, calm) in pages(&text).iter().zip(&pages("calm")) {
            assert_harmless(page);
            prop_assert_eq!(structure(page), structure(calm), "{}", page);
        }
        assert_harmless(&as_built(&testing::record(&text)));
    }
}
