//! Accepted drift: differences that stay as they are until a day.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use crate::support::{Run, Workspace};

mod adoption;
mod command;
mod document;
mod drift;
mod planning;

const HELLO: &str = "windowsIdentityProtectionConfiguration/hello";
const REASON: &str = "The pilot group keeps short PINs";

/// Returns the day so many days from today, in UTC.
fn day(from_today: i32) -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.checked_add(from_today.days()).expect("a day")
}

/// Returns a tenant whose Windows Hello policy has a shorter PIN than declared.
fn workspace() -> Workspace {
    let workspace = Workspace::tenant(&[(
        "hello.yaml",
        "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec:\n  displayName: Hello\n  pinMinimumLength: 6\n  pinMaximumLength: 64\n",
    )]);
    workspace.seed(&json!({ "deviceConfigurations": [hello(4)] }));
    workspace
}

fn hello(length: u32) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
        "displayName": "Hello",
        "pinMinimumLength": length,
        "pinMaximumLength": 64,
    })
}

/// Accepts differences for thirty days as Alice.
#[track_caller]
fn accept(workspace: &Workspace, paths: &[&str]) -> Run {
    let until = day(30).to_string();
    let mut arguments = vec!["drift", "--sandbox=s.json", "--reason", REASON, "--until", &until];
    arguments.extend(["--by", "alice@contoso.com"]);
    arguments.extend(paths.iter().flat_map(|path| ["--accept", path]));
    workspace.run(&arguments)
}

/// Returns the exit code of a drift that fails for drift.
fn drift(workspace: &Workspace) -> Run {
    workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"])
}

/// Returns the plan as a document.
#[track_caller]
fn plan(workspace: &Workspace) -> Value {
    workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

/// Changes an object of the tenant.
#[track_caller]
fn edit(workspace: &Workspace, object: &str, arguments: &[&str]) {
    let begin = ["sandbox", "edit", "s.json", "--tenant", ".", object];
    workspace.run(&[&begin[..], arguments].concat()).expect(0);
}

/// Returns a text with `[day]` in the place of each day.
fn without_days(text: &str) -> String {
    let mut text = text.to_owned();
    for from_today in [-1, 30, 31] {
        text = text.replace(&day(from_today).to_string(), &format!("[day {from_today:+}]"));
    }
    text
}
