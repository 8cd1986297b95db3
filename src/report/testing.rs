//! Plans, drift reports and outcomes for tests, with every mark.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::apply::outcome::{Item, Outcome};
use crate::as_built::{
    AsBuilt, AsBuiltObject, AsBuiltReference, AsBuiltSetting, AsBuiltSummary, RecordedCommit,
    RecordedValue, UnreadableObject,
};
use crate::diagnostic::Location;
use crate::drift::{self, Attribution, Author, DriftReport};
use crate::import::adopt::document::{AdoptDocument, AdoptItem, AdoptedFile, SharedBase};
use crate::import::document::NotCoveredCount;
use crate::import::left_out::{LeftOut, NeededSecret};
use crate::journal::Status;
use crate::kinds::portal::Platform;
use crate::manifest::Address;
use crate::plan::reach::{Audience, Extent, Reached};
use crate::plan::{
    Action, AssignmentChange, Blocked, Change, Coverage, Effect, FieldChange, FieldPath,
    FieldStatus, LeftAlone, Plan, Reach, Risk, RiskLevel, Segment, Shown, Summary, TenantRef,
    Unmanaged,
};
use crate::report::view::{Story, ToStory};
use crate::tenant::reach::{Reported, Statuses};

pub(super) const ADMINS: &str = "8d2ac1f8-5f1e-4a53-9d8e-0c8f6a0f3c11";

pub(super) fn at(file: &str, line: usize) -> Location {
    Location { file: file.to_owned(), line, column: 1 }
}

pub(super) fn tenant() -> TenantRef {
    TenantRef {
        name: "contoso".to_owned(),
        tenant_id: "contoso.onmicrosoft.com".to_owned(),
        cloud: "global".to_owned(),
    }
}

pub(super) fn change(kind: &str, name: &str, display_name: &str, action: Action) -> Change {
    Change {
        address: Address { kind: kind.to_owned(), name: name.to_owned() },
        location: at(&format!("policies/{name}.yaml"), 2),
        display_name: display_name.to_owned(),
        action,
        ..Change::default()
    }
}

pub(super) fn shown(value: Json) -> Shown {
    match value {
        Json::Null => Shown::Unset,
        value => Shown::Value(value),
    }
}

pub(super) fn field(path: &[&str], before: Json, after: Json) -> FieldChange {
    let segments = path.iter().map(|part| match part.strip_prefix('=') {
        Some(key) => Segment::Key { key: key.to_owned() },
        None => Segment::Name((*part).to_owned()),
    });
    FieldChange {
        path: FieldPath(segments.collect()),
        status: FieldStatus::Change,
        before: shown(before),
        after: shown(after),
        encoded: false,
        names: BTreeMap::new(),
        reason: None,
        location: None,
    }
}

fn because(mut field: FieldChange, status: FieldStatus, reason: &str) -> FieldChange {
    field.status = status;
    field.reason = Some(reason.to_owned());
    field
}

pub(super) fn assignment(effect: Effect, target: &str) -> AssignmentChange {
    AssignmentChange {
        effect,
        target: target.to_owned(),
        before: None,
        after: None,
        filter_before: None,
        filter_after: None,
        location: None,
    }
}

fn risk(level: RiskLevel, code: &str, message: &str) -> Risk {
    Risk { code: code.to_owned(), level, message: message.to_owned() }
}

fn group(name: &str, devices: usize, users: usize) -> Reached {
    Reached {
        excluded: false,
        target: format!("group {name}"),
        group_id: Some(ADMINS.to_owned()),
        by_policy_set: false,
        filter: None,
        devices: Some(devices),
        users: Some(users),
        unknown: None,
    }
}

/// The reach of the object whose assignments change in every way.
fn reach_of_windows_hello() -> Reach {
    let filtered = |name: &str, filter: &str, devices, users| Reached {
        filter: Some(filter.to_owned()),
        ..group(name, devices, users)
    };
    let before = Audience {
        targets: vec![filtered("Kiosks", "exclude Lab", 60, 0), group("Old pilots", 9, 4)],
        devices: Extent::AtMost(69),
        users: Extent::Exactly(4),
    };
    let after = Audience {
        targets: vec![
            group("Kiosks", 60, 0),
            filtered("Windows laptops", "include Corporate owned", 1_180, 3_100),
        ],
        devices: Extent::AtMost(1_240),
        users: Extent::AtMost(3_100),
    };
    let statuses = Statuses {
        success: 1_021,
        pending: 12,
        error: 2,
        failed: 1,
        conflict: 0,
        not_applicable: 40,
    };
    Reach { before: Some(before), after: Some(after), reported: Some(Reported::Devices(statuses)) }
}

/// An audience whose only group cannot be read.
fn reach_unknown() -> Audience {
    let why = "not permitted without `GroupMember.Read.All`";
    Audience {
        targets: vec![Reached {
            devices: None,
            users: None,
            unknown: Some(why.to_owned()),
            ..group("Macs", 0, 0)
        }],
        devices: Extent::Unknown(why.to_owned()),
        users: Extent::Unknown(why.to_owned()),
    }
}

fn windows_hello() -> Change {
    let mut hello = change(
        "windowsIdentityProtectionConfiguration",
        "windows-hello",
        "Windows Hello for Business",
        Action::Update,
    );
    let mut length = field(&["pinMinimumLength"], json!(4), json!(6));
    length.location = Some(at("policies/windows-hello.yaml", 7));
    let mut based =
        field(&["pinUppercaseCharactersUsage"], json!("notConfigured"), json!("allowed"));
    based.location = Some(at("../baseline/hello.yaml", 9));
    hello.fields = vec![
        length,
        based,
        field(&["pinExpirationInDays"], json!(90), Json::Null),
        field(&["pinLowercaseCharactersUsage"], Json::Null, json!("required")),
    ];
    let mut filtered = assignment(Effect::Add, "group Windows laptops");
    filtered.filter_after = Some("include Corporate owned".to_owned());
    let mut refiltered = assignment(Effect::Change, "group Kiosks");
    refiltered.filter_before = Some("exclude Lab".to_owned());
    hello.assignments = vec![filtered, refiltered, assignment(Effect::Remove, "group Old pilots")];
    hello.left_alone = vec![
        LeftAlone {
            path: FieldPath::default().name("unlockWithBiometricsEnabled"),
            live: shown(json!(true)),
            encoded: false,
        },
        LeftAlone {
            path: FieldPath::default().name("description"),
            live: shown(json!("made in the portal")),
            encoded: false,
        },
    ];
    hello.risks =
        vec![risk(RiskLevel::Warned, "assign-all", "It would reach all devices of the tenant.")];
    hello.last_modified = Some("2026-11-20T10:14:59Z".to_owned());
    hello.reach = Some(reach_of_windows_hello());
    hello
}

fn custom() -> Change {
    let mut custom =
        change("windows10CustomConfiguration", "custom-settings", "Custom", Action::Update);
    let before = "<layout>\n  <start>\n    <tile app=\"Mail\" size=\"small\" />\n    <tile app=\"Word\" />\n  </start>\n</layout>\n";
    let after = before.replace("small", "wide");
    custom.fields = vec![
        field(
            &["omaSettings", "=./Vendor/MSFT/Policy/Config/Start/Layout", "value"],
            json!(before),
            json!(after),
        ),
        field(
            &["omaSettings", "=./Device/New"],
            Json::Null,
            json!({ "@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "New setting for every device", "omaUri": "./Device/New", "value": 1 }),
        ),
        field(&["allowedApps"], json!(["Mail", "Old app"]), json!(["Mail", "Teams"])),
    ];
    let mut payload = field(&["payload"], json!("AAEC"), json!("AAECAw=="));
    payload.encoded = true;
    let mut script = field(&["script"], json!("b25l"), json!("dHdv"));
    script.encoded = true;
    custom.fields.extend([
        payload,
        script,
        because(
            field(&["preSharedKey"], Json::Null, Json::Null),
            FieldStatus::Unverifiable,
            "the tenant never shows it",
        ),
    ]);
    custom
}

fn registration() -> Change {
    let mut policy = change("deviceRegistrationPolicy", "device-registration", "", Action::Update);
    let mut join = field(
        &["azureADJoin", "allowedToJoin"],
        json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" }),
        json!({ "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": [], "groups": [ADMINS] }),
    );
    join.names = BTreeMap::from([(ADMINS.to_owned(), "Autopilot admins".to_owned())]);
    policy.fields = vec![
        join,
        field(&["multiFactorAuthConfiguration"], json!("required"), json!("notRequired")),
        because(
            field(
                &["azureADRegistration", "allowedToRegister"],
                json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" }),
                json!({ "@odata.type": "#microsoft.graph.noDeviceRegistrationMembership" }),
            ),
            FieldStatus::Blocked,
            "Entra does not let it be changed while Intune is enabled",
        ),
    ];
    policy.risks = vec![risk(
        RiskLevel::Refused,
        "registration/mfa-off",
        "Devices could be joined or registered with a password alone.",
    )];
    policy
}

fn blocked() -> Change {
    let mut blocked =
        change("iosGeneralDeviceConfiguration", "ios-restrictions", "iPhones", Action::Update);
    blocked.blocked = vec![Blocked {
        code: "group/unknown".to_owned(),
        message: "there is no group `Windows laptop`".to_owned(),
        help: "did you mean `Windows laptops`?".to_owned(),
        location: Some(at("policies/ios-restrictions.yaml", 14)),
    }];
    blocked.fields = vec![field(&["cameraBlocked"], json!(false), json!(true))];
    blocked
}

fn created() -> Change {
    let mut created = change("macOSGeneralDeviceConfiguration", "macos", "Macs", Action::Create);
    created.fields = vec![
        field(&["displayName"], Json::Null, json!("Macs")),
        field(&["roleScopeTagIds"], Json::Null, json!(["0"])),
        field(&["passwordMinimumLength"], Json::Null, json!(12)),
        field(&["localAdminPassword"], Json::Null, json!({ "isEnabled": true })),
        field(&["script"], Json::Null, json!("#!/bin/sh\nexit 0\n")),
    ];
    created
        .fields
        .push(FieldChange { after: Shown::Withheld, ..field(&["secret"], Json::Null, json!(1)) });
    created.reach = Some(Reach { before: None, after: Some(reach_unknown()), reported: None });
    created
}

pub(super) fn plan() -> Plan {
    let mut deleted = change("iosWiFiConfiguration", "old-wifi", "Old Wi-Fi", Action::Delete);
    deleted.risks = vec![risk(
        RiskLevel::Refused,
        "delete",
        "The object is deleted, and devices lose its settings.",
    )];
    deleted.reach = Some(Reach {
        before: Some(Audience {
            targets: vec![group("Phones", 3_000, 0)],
            devices: Extent::Exactly(3_000),
            users: Extent::Exactly(0),
        }),
        after: None,
        reported: Some(Reported::Devices(Statuses::default())),
    });
    let replaced = change("iosVpnConfiguration", "vpn", "VPN", Action::Replace);
    let mut same = change("androidWorkProfileWiFiConfiguration", "wifi", "Wi-Fi", Action::None);
    same.fields = vec![because(
        field(&["preSharedKey"], Json::Null, Json::Null),
        FieldStatus::Unverifiable,
        "a value from the environment is never compared",
    )];
    Plan {
        tenant: tenant(),
        created_at: "2026-11-21T08:00:00Z".to_owned(),
        masked_read: false,
        rewrite: Vec::new(),
        released: Vec::new(),
        no_longer_managed: Vec::new(),
        limits: Vec::new(),
        recreate: false,
        knowledge: "sha256:knowledge".to_owned(),
        only: Vec::new(),
        digest: "sha256:0a1b".to_owned(),
        order: Vec::new(),
        changes: vec![
            same,
            registration(),
            blocked(),
            replaced,
            deleted,
            created(),
            custom(),
            windows_hello(),
        ],
        summary: Summary {
            create: 1,
            update: 3,
            replace: 1,
            delete: 1,
            assignment_changes: 1,
            unchanged: 1,
            blocked_changes: 1,
            blocked_fields: 1,
            unverifiable_fields: 2,
            accepted: 0,
        },
        coverage: Coverage {
            live: 9,
            managed: 7,
            unmanaged: vec![Unmanaged {
                kind: "iosWiFiConfiguration".to_owned(),
                display_name: "Guest".to_owned(),
                id: ADMINS.to_owned(),
            }],
            unread: Vec::new(),
        },
        warnings: vec!["`vpn` is bound by its name".to_owned()],
    }
}

/// A plan with nothing to do.
pub(super) fn settled() -> Plan {
    let mut plan = plan();
    plan.changes.truncate(1);
    plan.warnings.clear();
    plan.summary = Summary { unchanged: 1, unverifiable_fields: 1, ..Summary::default() };
    plan
}

pub(crate) fn drift_report() -> DriftReport {
    let mut plan = plan();
    for change in &mut plan.changes {
        let location = change.location.clone();
        for (line, field) in (5..).zip(&mut change.fields) {
            field.location.get_or_insert(Location { line, ..location.clone() });
        }
    }
    plan.changes[2].action = Action::None;
    plan.changes[2].fields.clear();
    drift::report(plan)
}

pub(super) fn outcome() -> Outcome {
    let item = |change: Change, status, message: Option<&str>| Item {
        address: change.address,
        display_name: change.display_name,
        action: change.action,
        status,
        id: Some(ADMINS.to_owned()),
        writes: 1,
        approval: None,
        approval_expires: None,
        message: message.map(str::to_owned),
        help: message.map(|_| "grant `DeviceManagementConfiguration.ReadWrite.All`".to_owned()),
        location: change.location,
        ends_run: false,
    };
    let items = vec![
        item(windows_hello(), Status::Applied, None),
        item(custom(), Status::AlreadyInPlace, None),
        item(
            created(),
            Status::Failed,
            Some(
                "Graph answered 403 Forbidden: the application may not write device configurations.",
            ),
        ),
        item(registration(), Status::NotBegun, None),
    ];
    let plan_digest = "sha256:0a1b".to_owned();
    Outcome { tenant: tenant(), plan_digest, interrupted: true, ..Outcome::new(&plan()) }.and(items)
}

/// A plan in which everything that comes from a tenant or a file is the same text.
pub(super) fn hostile(text: &str) -> Plan {
    let mut plan = plan();
    let owned = || text.to_owned();
    plan.tenant.name = owned();
    plan.only = vec![owned()];
    plan.digest = owned();
    plan.created_at = owned();
    plan.warnings = vec![owned()];
    plan.coverage.unmanaged[0].display_name = owned();
    for change in &mut plan.changes {
        change.address.name = owned();
        change.location.file = owned();
        change.display_name = format!("x{text}");
        change.last_modified = Some(owned());
        let mut hostile = field(&[text, &format!("={text}")], json!(text), json!("other"));
        hostile.names = BTreeMap::from([("other".to_owned(), owned())]);
        hostile.location = Some(at(text, 1));
        hostile.reason = Some(owned());
        change.fields.push(hostile);
        let value = json!({ text: [text, { text: text }], "long": text.repeat(20) });
        change.fields.push(field(&[text], json!({}), value));
        for status in [FieldStatus::Blocked, FieldStatus::Unverifiable] {
            change.fields.push(because(field(&["odd"], json!([text]), json!([])), status, text));
        }
        change.assignments.push(assignment(Effect::Add, text));
        change.left_alone.push(LeftAlone {
            path: FieldPath::default().name(text),
            live: shown(json!(text)),
            encoded: false,
        });
        change.risks.push(risk(RiskLevel::Refused, text, text));
        let mut audience = reach_unknown();
        audience.targets[0].target = owned();
        audience.devices = Extent::Unknown(owned());
        change.reach = Some(Reach {
            before: Some(audience.clone()),
            after: Some(audience),
            reported: Some(Reported::Unknown(owned())),
        });
        for blocked in &mut change.blocked {
            blocked.message = owned();
            blocked.help = owned();
        }
    }
    plan
}

/// An outcome in which everything that comes from a tenant or a file is the same text.
pub(super) fn hostile_outcome(text: &str) -> Outcome {
    let mut outcome = outcome();
    outcome.tenant.name = text.to_owned();
    for item in &mut outcome.items {
        item.address.name = text.to_owned();
        item.display_name = format!("x{text}");
        item.message = Some(text.to_owned());
        item.help = Some(text.to_owned());
    }
    outcome
}

/// Returns an adoption whose texts are all this one: an object that is edited, and one that is refused.
pub(super) fn hostile_adoption(text: &str) -> AdoptDocument {
    let text = || text.to_owned();
    let left = |path: String| LeftOut { path, why: text(), remedy: text() };
    let item = |is_refused: bool| AdoptItem {
        address: Address { kind: text(), name: text() },
        display_name: text(),
        id: Some(text()),
        adopted: if is_refused { Vec::new() } else { vec![text(), text()] },
        left: vec![left(if is_refused { String::new() } else { text() })],
        secrets: vec![NeededSecret { variable: text(), path: text(), masked: false }],
        is_refused,
    };
    let file =
        |is_new| AdoptedFile { path: text(), is_new, diff: Some(format!("-a\n+{}\n", text())) };
    AdoptDocument {
        tenant: TenantRef { name: text(), tenant_id: text(), ..tenant() },
        is_written: true,
        items: vec![item(false), item(true)],
        files: vec![file(false), file(true)],
        bases: vec![SharedBase { folder: text(), tenants: vec![text()], unreadable: vec![text()] }],
    }
}

/// A record in which a name, a path, a value, an id and a reason are this text.
pub(super) fn record(text: &str) -> AsBuilt {
    let owned = || text.to_owned();
    let setting = |path: &str, value: RecordedValue| AsBuiltSetting {
        path: path.to_owned(),
        title: None,
        value,
        names: BTreeMap::new(),
        default: false,
    };
    let mut tag = setting("roleScopeTagIds", RecordedValue::Value(json!(["3", text])));
    tag.names.insert("3".to_owned(), owned());
    let mut titled = setting(text, RecordedValue::Value(json!(text)));
    titled.title = Some(owned());
    let mut default = setting("cameraBlocked", RecordedValue::Value(json!(false)));
    default.default = true;
    let managed = AsBuiltObject {
        kind: "windows10CustomConfiguration".to_owned(),
        portal_name: Some("Custom".to_owned()),
        platform: Some(Platform::Windows),
        display_name: owned(),
        id: owned(),
        address: Some(Address { kind: "windows10CustomConfiguration".to_owned(), name: owned() }),
        location: Some(at(text, 2)),
        last_modified: Some(owned()),
        changed: Some(Attribution {
            by: Author::Person { name: owned() },
            at: Some(owned()),
            operation: Some(owned()),
            former: None,
            record: Some(owned()),
        }),
        digest: "sha256:0a1b".to_owned(),
        settings: vec![
            titled,
            tag,
            setting("omaSettings[./Vendor/x].value", RecordedValue::Masked),
            setting("preSharedKey", RecordedValue::Withheld),
            setting("script", RecordedValue::Value(json!(format!("#!/bin/sh\necho {text}\n")))),
            default,
        ],
        references: BTreeMap::from([(
            "rootCertificate".to_owned(),
            vec![AsBuiltReference { display_name: owned(), id: owned() }],
        )]),
        assignments: Some(vec![
            Reached { filter: Some(owned()), target: owned(), ..group("Windows laptops", 7, 2) },
            Reached { excluded: true, ..group("Break-glass", 1, 0) },
        ]),
        reach: Some(reach_unknown()),
    };
    let unmanaged = AsBuiltObject {
        kind: "iosWiFiConfiguration".to_owned(),
        display_name: "Guest".to_owned(),
        id: ADMINS.to_owned(),
        assignments: Some(Vec::new()),
        ..AsBuiltObject::default()
    };
    AsBuilt {
        tenant: tenant(),
        checked_at: "2026-11-21T08:00:00Z".to_owned(),
        only: Vec::new(),
        version: "0.1.0".to_owned(),
        commit: Some(RecordedCommit { id: "0a1b2c".to_owned(), dirty: true }),
        items: vec![managed, unmanaged],
        missing: vec![Address { kind: "iosVpnConfiguration".to_owned(), name: owned() }],
        unreadable: vec![UnreadableObject { object: owned(), why: owned() }],
        not_covered: vec![NotCoveredCount {
            objects: "apps".to_owned(),
            path: "/deviceAppManagement/mobileApps".to_owned(),
            count: Some(12),
        }],
        summary: AsBuiltSummary { managed: 1, unmanaged: 1, missing: 1, unreadable: 1 },
        warnings: vec![owned()],
    }
}

/// A drift report whose items have an author and an origin.
pub(super) struct Attributed {
    report: DriftReport,
    author: String,
}

impl Attributed {
    pub(super) fn by(author: &str, report: DriftReport) -> Self {
        Self { report, author: author.to_owned() }
    }
}

impl ToStory for Attributed {
    fn story(&self, verbose: bool) -> Story<'_> {
        let mut story = self.report.story(verbose);
        for object in &mut story.objects {
            let author = &self.author;
            object.changed = Some(format!("changed by {author}, 2026-11-30 10:14 UTC, was 6"));
            object.since = Some("pending");
        }
        story
    }
}
