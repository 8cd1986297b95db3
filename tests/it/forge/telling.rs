//! `moorline drift --issue --notify --history`: who is told what, and how often.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::forge::{Forge, WORKFLOW};
use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace, repository};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// A nightly job of a repository with one tenant.
struct Night {
    forge: Forge,
    workspace: Workspace,
    /// The addresses of the channels `ops`, `chat` and `hook`.
    addresses: [String; 3],
}

impl Night {
    fn new() -> Self {
        let manifest = |name: &str| {
            format!(
                "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec: {{ displayName: {name}, pinMinimumLength: 6, pinMaximumLength: 20 }}\n"
            )
        };
        let workspace = Workspace::tenant(&[
            ("hello.yaml", &manifest("hello")),
            ("other.yaml", &manifest("other")),
        ]);
        let object = |name: &str| json!({ "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": name, "pinMinimumLength": 6, "pinMaximumLength": 20 });
        workspace.seed(&json!({ "deviceConfigurations": [object("hello"), object("other")] }));
        workspace.edit(
            "moorline.yaml",
            "  sandbox:",
            "  notify:\n    ops: { kind: json, env: OPS_WEBHOOK }\n    chat: { kind: slack, env: CHAT_WEBHOOK }\n    team: { kind: teams, env: TEAM_WEBHOOK }\n  sandbox:",
        );
        let forge = Forge::start();
        let addresses = ["ops", "chat", "team"]
            .map(|name| format!("{}/hooks/canary-{name}?sig=canary", forge.url));
        workspace.run(&["drift", "--sandbox=s.json"]).expect(0);
        Self { forge, workspace, addresses }
    }

    /// Changes a PIN in the portal.
    #[track_caller]
    fn edit(&self, name: &str, set: &str) {
        let object = format!("{HELLO}/{name}");
        self.workspace.run(&["sandbox", "edit", "s.json", &object, "--set", set]).expect(0);
    }

    /// Runs the job.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    #[track_caller]
    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let [ops, chat, team] = &self.addresses;
        let of_job = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", &self.forge.url),
            ("GITHUB_REPOSITORY", "contoso/devices"),
            ("GITHUB_TOKEN", WORKFLOW.0),
            ("OPS_WEBHOOK", ops),
            ("CHAT_WEBHOOK", chat),
            ("TEAM_WEBHOOK", team),
        ];
        let command = ["drift", "--sandbox=s.json", "--detailed-exitcode"];
        self.workspace.run_with(&[&command, arguments].concat(), &[&of_job, variables].concat())
    }

    /// Returns the counts of the messages that the JSON channel got since the last time: opened, still open, resolved.
    fn told(&self) -> Vec<[usize; 3]> {
        let posts = self.forge.take_posts().into_iter();
        let to_ops = posts.filter(|(channel, _)| channel == "canary-ops");
        let count = |told: &Value, name: &str| told[name].as_array().expect("a list").len();
        to_ops
            .map(|(_, told)| ["opened", "stillOpen", "resolved"].map(|name| count(&told, name)))
            .collect()
    }

    /// Returns the state and the text of the one issue.
    #[track_caller]
    fn issue(&self) -> (String, String) {
        let state = self.forge.state();
        assert_eq!(state.issues.len(), 1, "{:#?}", state.issues);
        let text = |name: &str| state.issues[0][name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("body"))
    }
}

/// Drift opens, stays, grows, and goes, with this memory; the folder of each run is a fresh clone where `is_fresh`.
fn life_of_drift(memory: &[&str], is_fresh: bool) {
    let night = Night::new();
    let run = |code: i32| {
        if is_fresh {
            for folder in [".state", ".moorline"] {
                let _ = std::fs::remove_dir_all(night.workspace.file(folder));
            }
        }
        let run = night.run(&[&["--notify", "ops"], memory].concat()).expect(code);
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
        night.told()
    };
    assert_eq!(run(0), [[0; 3]; 0], "nothing drifted yet");
    night.edit("hello", "pinMinimumLength=4");
    assert_eq!(run(2), [[1, 0, 0]]);
    assert_eq!(run(2), [[0; 3]; 0], "nothing new");
    night.edit("hello", "pinMaximumLength=30");
    night.edit("other", "pinMinimumLength=4");
    assert_eq!(run(2), [[2, 1, 0]]);
    night.edit("hello", "pinMaximumLength=20");
    assert_eq!(run(2), [[0, 2, 1]]);
    night.edit("hello", "pinMinimumLength=6");
    night.edit("other", "pinMinimumLength=6");
    assert_eq!(run(0), [[0, 0, 2]]);
    assert_eq!(run(0), [[0; 3]; 0], "resolved is told once");
    night.edit("hello", "pinMinimumLength=4");
    assert_eq!(run(2), [[1, 0, 0]], "it drifts again");
}

#[test]
fn drift_is_told_once_with_the_history_as_memory() {
    life_of_drift(&["--history", "drift"], false);
}

#[test]
fn drift_is_told_once_on_fresh_clones_with_the_issue_as_memory() {
    life_of_drift(&["--issue"], true);
}

#[test]
fn without_memory_everything_is_told_and_that_is_said() {
    let night = Night::new();
    night.run(&["--notify", "ops"]).expect(0);
    assert_eq!(night.told(), [[0; 3]; 0]);
    night.edit("hello", "pinMinimumLength=4");
    let run = night.run(&["--notify", "ops"]).expect(2);
    assert_snapshot!(run.stderr, @"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Told the channel `ops`.
    warning: the next run cannot know what channels were told now, and tells them everything that is open: add `--issue`, or `--history DIR` in a folder that is kept
    ");
    night.run(&["--notify", "ops"]).expect(2);
    for (_, told) in night.forge.take_posts() {
        assert_eq!(told["earlierKnown"], false);
        assert_eq!(told["opened"][0]["what"], "pinMinimumLength differs");
    }
}

#[test]
fn issue_opens_follows_and_closes_itself() {
    let _stable = stable_snapshots();
    let night = Night::new();
    night.run(&["--issue"]).expect(0);
    assert_eq!(night.forge.take_writes(), [""; 0], "no issue without drift");

    night.edit("hello", "pinMinimumLength=4");
    let run = night.run(&["--issue"]).expect(2);
    assert!(
        run.stderr.contains("Opened the issue https://github.com/contoso/devices/issues/41."),
        "{}",
        run.stderr
    );
    let (state, body) = night.issue();
    assert_eq!(state, "open");
    assert_snapshot!(body, @r#"
    <!-- moorline:issue tenant=contoso -->
    <!-- moorline:memory {"version":1,"channels":[],"open":{"[time]":["0b667fc09a2c.534cc8077f8e"]}} -->
    ### Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 1 in sync.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

    | | object | what | last change |
    |---|---|---|---|
    | `~` | `windowsIdentityProtectionConfiguration/hello`<br>hello | 1 setting | changed by admin&#64;&#8203;contoso.onmicrosoft.com, [time] &#40;Patch DeviceConfiguration&#41; |

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/hello</code> <code>&quot;hello&quot;</code> 1 setting</summary>

    `hello.yaml:2`, Identity protection &#40;windows&#41;, changed by admin&#64;&#8203;contoso.onmicrosoft.com, [time] &#40;Patch DeviceConfiguration&#41;

    ```diff
      # changed from 6
    - pinMinimumLength  4
    + pinMinimumLength  6  # hello.yaml:4
    ```

    </details>
    "#);

    night.edit("other", "pinMinimumLength=4");
    let run = night.run(&["--issue"]).expect(2);
    assert!(run.stderr.contains("Updated the issue"), "{}", run.stderr);
    assert!(night.issue().1.contains("other"));

    night.edit("hello", "pinMinimumLength=6");
    night.edit("other", "pinMinimumLength=6");
    let run = night.run(&["--issue"]).expect(0);
    assert!(run.stderr.contains("Closed the issue"), "{}", run.stderr);
    assert_eq!(night.issue().0, "closed");
    night.forge.take_writes();
    night.run(&["--issue"]).expect(0);
    assert_eq!(night.forge.take_writes(), [""; 0], "a closed issue is left alone");

    night.edit("hello", "pinMinimumLength=4");
    let run = night.run(&["--issue"]).expect(2);
    assert!(run.stderr.contains("again"), "{}", run.stderr);
    assert_eq!(night.issue().0, "open");
}

#[test]
fn issue_is_known_by_its_author_and_found_without_its_label_and_behind_many_others() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    night.run(&["--issue"]).expect(2);
    {
        let mut state = night.forge.state();
        let mut copied = state.issues[0].clone();
        state.issues[0]["labels"] = json!([]);
        copied["number"] = 1.into();
        copied["user"] = json!({ "login": "mallory", "type": "User" });
        for number in 100..350 {
            let mut other = copied.clone();
            other["number"] = number.into();
            other["body"] = "another matter".into();
            state.issues.push(other);
        }
        state.issues.push(copied);
    }
    let run = night.run(&["--issue"]).expect(2);
    assert!(!run.stderr.contains("Opened"), "{}", run.stderr);
    let state = night.forge.state();
    assert_eq!(state.issues.len(), 252);
    assert_eq!(state.issues[0]["state"], "open");
}

#[test]
fn channels_get_a_payload_of_their_kind() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    let all = ["--notify", "ops", "--notify", "chat", "--notify", "team", "--issue"];
    let run = night.run(&all).expect(2);
    assert!(run.stderr.contains("Told the channel `team`."), "{}", run.stderr);
    let posts = night.forge.take_posts();
    let payload = |name: &str| {
        let found = posts.iter().find(|(channel, _)| channel == &format!("canary-{name}"));
        &found.expect("told").1
    };
    let link = "https://github.com/contoso/devices/issues/41";
    assert_eq!(payload("ops")["link"], link);
    let text = std::fs::read_to_string(repository().join("schemas/moorline/notification.json"));
    let schema: Value = serde_json::from_str(&text.expect("published")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(payload("ops")), "{:#}", payload("ops"));
    assert_eq!(payload("chat")["text"], "Drift of contoso: 1 finding opened");
    let card = &payload("team")["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(card["content"]["actions"][0]["url"], link);
}

#[test]
fn failing_channel_is_a_warning_and_is_told_later() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    night.forge.state().hook_status = Some(404);
    let run = night.run(&["--notify", "ops", "--history", "drift"]).expect(2);
    assert_snapshot!(run.stderr, @"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    warning: the channel `ops` is not told: it answered with status 404. Its address is no longer one: make a new one, and store it in the variable.
    ");
    night.forge.state().hook_status = None;
    night.forge.take_posts();
    night.run(&["--notify", "ops", "--history", "drift"]).expect(2);
    assert_eq!(night.told(), [[0, 1, 0]], "what was missed comes with the next run");
    night.run(&["--notify", "ops", "--history", "drift"]).expect(2);
    assert_eq!(night.told(), [[0; 3]; 0]);
}

#[test]
fn channel_that_fails_at_the_end_is_told_later_that_nothing_is_open() {
    for memory in [&["--history", "drift"][..], &["--issue"]] {
        let night = Night::new();
        let run = |code| {
            night.run(&[&["--notify", "ops"], memory].concat()).expect(code);
            night.told()
        };
        night.edit("hello", "pinMinimumLength=4");
        assert_eq!(run(2), [[1, 0, 0]]);
        night.edit("hello", "pinMinimumLength=6");
        night.forge.state().hook_status = Some(404);
        run(0);
        night.forge.state().hook_status = None;
        assert_eq!(run(0), [[0, 0, 0]], "a message without findings");
        assert_eq!(run(0), [[0; 3]; 0]);
    }
}

#[test]
fn address_that_cannot_be_used_is_a_warning_without_it() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    let addresses =
        ["", "http://hooks.contoso.com/canary", "canary", "https://a:canary@contoso.com/x"];
    let warned = addresses.map(|address| {
        let run = night.run_with(&["--notify", "ops"], &[("OPS_WEBHOOK", address)]).expect(2);
        run.stderr.lines().find(|line| line.starts_with("warning")).unwrap_or_default().to_owned()
    });
    assert_snapshot!(warned.join("\n"), @"
    warning: the channel `ops` is not told: the variable `OPS_WEBHOOK`, which has its address, is not set
    warning: the channel `ops` is not told: the variable `OPS_WEBHOOK`: its value must be https; http is for this machine alone (127.0.0.1, ::1, localhost)
    warning: the channel `ops` is not told: the variable `OPS_WEBHOOK`: its value is not a URL
    warning: the channel `ops` is not told: the variable `OPS_WEBHOOK`: its value must have no user name and no password
    ");
}

#[test]
fn unknown_channel_is_refused_before_the_tenant_is_read() {
    let night = Night::new();
    let run = night.run(&["--notify", "opps"]).expect(64);
    assert_snapshot!(run.stderr, @"
    Using the sandbox, kept in s.json.
    error[usage/channel]: `spec.notify` of the tenant file has no channel `opps`

    hint: Did you mean `ops`?
    ");
}

#[test]
fn issue_that_cannot_be_kept_is_a_warning() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    night.forge.state().read_only = true;
    let run = night.run(&["--issue"]).expect(2);
    assert_snapshot!(run.stderr, @"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    warning: the issue is not kept: POST /repos/contoso/devices/issues of GitHub was answered with status 403 (Resource not accessible by integration, request C0DE:1A2B). Give the job the permission: `permissions: { pull-requests: write }`, for an issue `issues: write`. Pull requests of forks and of Dependabot get a token that only reads.
    ");
    let run = night.run_with(&["--issue"], &[("GITHUB_TOKEN", "")]).expect(2);
    assert_snapshot!(run.stderr, @r#"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    warning: the issue is not kept: there is no token for GitHub: GITHUB_TOKEN or GH_TOKEN is not set. Give the step the token: `env: { GITHUB_TOKEN: "${{ github.token }}" }`.
    "#);
}

#[test]
fn history_has_a_report_of_each_run() {
    let night = Night::new();
    night.run(&["--history", "reports/contoso"]).expect(0);
    night.edit("hello", "pinMinimumLength=4");
    night.run(&["--history", "reports/contoso"]).expect(2);
    let entries = std::fs::read_dir(night.workspace.file("reports/contoso")).expect("a folder");
    let names =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let drifted = names.iter().map(|name| {
        let report = night.workspace.json(&format!("reports/contoso/{name}"));
        assert_eq!(report["kind"], "drift");
        report["summary"]["drifted"].as_u64().expect("a number")
    });
    assert_eq!(drifted.sum::<u64>(), 1);

    night.workspace.write("file", "no folder");
    let run = night.run(&["--history", "file"]).expect(2);
    assert!(run.stderr.contains("error[io/output]"), "{}", run.stderr);
    assert!(run.stdout.contains("pinMinimumLength"), "the report is shown all the same");
    night.run(&["--history", "file", "--notify", "ops", "--issue"]).expect(2);
    assert_eq!(night.told(), [[1, 0, 0]], "people are told all the same");
    assert_eq!(night.issue().0, "open");
    night.edit("hello", "pinMinimumLength=6");
    night.run(&["--history", "file", "--notify", "ops"]).expect(1);
}

#[test]
fn waiting_approval_is_told_with_its_expiry_and_its_end() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    let mut state = night.workspace.json("s.json");
    state["tenant"]["multiAdminApproval"] = true.into();
    night.workspace.write("s.json", state.to_string());
    let apply = ["apply", "--sandbox=s.json", "--yes", "--justification", "CHG-4711 @channel"];
    night.workspace.run(&apply).expect(7);
    let job = ["--notify", "ops", "--issue"];
    night.run(&job).expect(2);
    let posts = night.forge.take_posts();
    let approval =
        posts[0].1["opened"].as_array().expect("a list").last().expect("an approval").clone();
    assert_eq!(approval["topic"], "approval");
    assert!(approval["expires"].is_string(), "{approval:#}");
    let (_, body) = night.issue();
    assert!(body.contains("#### Waiting for approval"), "{body}");
    assert!(!body.contains("@channel"), "{body}");

    let code = night.workspace.json("s.json")["approvalRequests"][0]["code"].clone();
    let code = code.as_str().expect("a code");
    night.workspace.run(&["sandbox", "approve", "s.json", code]).expect(0);
    night.run(&job).expect(2);
    assert_eq!(night.told(), [[0; 3]; 0], "an approval is open until it is carried out");
    let journal = std::fs::read_dir(night.workspace.file(".moorline/journal"));
    assert!(journal.is_ok());
}

#[test]
fn text_of_a_tenant_means_nothing_in_messages_and_issue() {
    let night = Night::new();
    let hostile = "<!channel> @everyone [x](https://evil.contoso.com) `*b*` <!-- moorline:memory {} --> ##vso[task.complete]";
    let text = std::fs::read_to_string(night.workspace.file("hello.yaml")).expect("a manifest");
    night
        .workspace
        .write("hello.yaml", format!("{}assignments: [{{ group: {hostile:?} }}]\n", text));
    night.workspace.run(&["sandbox", "add", "s.json", "group", hostile]).expect(0);
    let all = ["--notify", "chat", "--notify", "team", "--issue"];
    night.run(&all).expect(2);
    let posts = night.forge.take_posts();
    assert_eq!(posts.len(), 2);
    for (channel, payload) in &posts {
        let text = payload.to_string();
        assert!(text.contains("everyone"), "{text}");
        for wrong in ["@everyone", "https://evil"] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
        // Angle brackets call people in Slack alone.
        let is_call = channel == "canary-chat" && text.contains("<!channel>");
        assert!(!is_call, "{text}");
    }
    night.run(&all).expect(2);
    assert_eq!(night.forge.take_posts().len(), 0, "the memory is the issue's second line alone");
}

#[test]
fn unmanaged_drift_opens_the_issue_which_closes_when_it_is_gone() {
    let night = Night::new();
    night.workspace.edit("moorline.yaml", "  sandbox:", "  drift: { unmanaged: fail }\n  sandbox:");
    std::fs::remove_file(night.workspace.file("other.yaml")).expect("removed");
    let run = night.run(&["--issue", "--notify", "ops"]).expect(2);
    assert!(run.stderr.contains("Opened the issue"), "{}", run.stderr);
    assert_eq!(night.told(), [[1, 0, 0]]);
    assert_eq!(night.issue().0, "open");
    night.workspace.edit("moorline.yaml", "unmanaged: fail", "unmanaged: report");
    night.run(&["--issue", "--notify", "ops"]).expect(0);
    assert_eq!(night.told(), [[0, 0, 1]]);
    assert_eq!(night.issue().0, "closed");
}

#[test]
fn issue_of_many_long_requests_stays_within_the_limit() {
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    let mut state = night.workspace.json("s.json");
    state["tenant"]["multiAdminApproval"] = true.into();
    night.workspace.write("s.json", state.to_string());
    let apply = ["apply", "--sandbox=s.json", "--yes", "--justification", "CHG-4711"];
    night.workspace.run(&apply).expect(7);
    let mut state = night.workspace.json("s.json");
    let request = state["approvalRequests"][0].clone();
    let requests = state["approvalRequests"].as_array_mut().expect("a list");
    for number in 0..400 {
        let mut other = request.clone();
        other["code"] = format!("00000000-0000-4000-8000-{number:012}").into();
        other["justification"] = "CHG-4711 ".repeat(100).into();
        requests.push(other);
    }
    night.workspace.write("s.json", state.to_string());
    let run = night.run(&["--issue"]).expect(2);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let (_, body) = night.issue();
    assert!(body.contains("more requests"), "{body}");
}

#[cfg(unix)]
#[test]
fn history_that_cannot_be_read_is_a_warning_below_which_the_report_is_shown() {
    use std::os::unix::fs::PermissionsExt as _;
    let night = Night::new();
    night.edit("hello", "pinMinimumLength=4");
    let folder = night.workspace.file("drift");
    std::fs::create_dir(&folder).expect("made");
    let may = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&folder, permissions).expect("set");
    };
    may(0o000);
    // The superuser reads it all the same.
    let is_readable = std::fs::read_dir(&folder).is_ok();
    let run = night.run(&["--history", "drift"]);
    may(0o700);
    let run = run.expect(2);
    assert!(run.stdout.contains("pinMinimumLength"), "{}", run.stdout);
    let warning = "warning: the counts of earlier reports are not shown: `drift` cannot be read";
    assert_eq!(run.stderr.contains(warning), !is_readable, "{}", run.stderr);
}

#[test]
fn an_address_in_the_place_of_a_name_is_not_shown() {
    let night = Night::new();
    let run = night.run(&["--notify", &night.addresses[0]]).expect(64);
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    assert_snapshot!(run.stderr, @"
    Using the sandbox, kept in s.json.
    error[usage/channel]: an address is no name of a channel

    hint: Name `chat`, `ops` or `team`.
    ");
}
