//! Nothing that comes from a tenant, a manifest, a service, a file name or an argument is a command to the CI system
//! that reads the output (FACTS 13).

use insta::assert_snapshot;
use moorline::ui::commands::Breaker;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::echo::{self, Echo, Reply};
use crate::support::runners::{commands, obey_nothing};
use crate::support::snapshots::{lines_with, stable_snapshots};
use crate::support::{Run, Workspace};

const IOS: &str = "iosGeneralDeviceConfiguration";

/// One line of commands, each of which begins a line once it is wrapped there.
const WORDS: &str = "one ##vso[task.setvariable variable=x;isOutput=true]two ::error file=a::three ##[error]four ::add-mask::five six ::stop-commands::seven ###VSO[task.complete result=Failed]eight ::endgroup::";

/// Commands on lines of their own.
const LINES: &str = "nine\n::set-output name=a::ten\r  ::warning::eleven\n\u{a0}\u{feff}::debug::twelve\n#\u{200b}#[group]thirteen\n##vso[task.debug]";

fn hostile() -> String {
    format!("{WORDS} {LINES}")
}

/// Returns a tenant whose every text is a command, and manifests that want it otherwise, with commands of their own.
fn workspace() -> Workspace {
    let text = hostile();
    let manifest = |name: &str, spec: Value, assignments: Value| {
        json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": IOS, "metadata": { "name": name },
            "spec": spec, "assignments": assignments,
        })
        .to_string()
    };
    let group = format!("group {WORDS}");
    let workspace = Workspace::tenant(&[]);
    workspace.write("old.yaml", manifest(
        "old",
        json!({ "displayName": "::group::old", "description": format!("declared {text}"), "mediaContentRatingApps": "allAllowed" }),
        json!([{ "group": group }]),
    ));
    workspace.write(
        "##[error]young.yaml",
        manifest(
            "young",
            json!({ "displayName": format!("young {WORDS}"), "description": text }),
            json!([{ "group": group }]),
        ),
    );
    workspace.write("payload.yaml", manifest_of_payload(&text));
    workspace.seed(&json!({
        "groups": [{ "displayName": group }],
        "deviceConfigurations": [
            { "@odata.type": format!("#microsoft.graph.{IOS}"), "displayName": "::group::old", "description": format!("live {text}") },
            { "@odata.type": format!("#microsoft.graph.{IOS}"), "displayName": format!("unknown {text}"), "description": text },
        ],
    }));
    workspace
}

/// Returns a manifest of a type that holds a script.
fn manifest_of_payload(text: &str) -> String {
    json!({
        "apiVersion": "graph.microsoft.com/beta", "kind": "windows10CustomConfiguration", "metadata": { "name": "payload" },
        "spec": { "displayName": "::notice::payload", "omaSettings": [{
            "@odata.type": "#microsoft.graph.omaSettingString", "displayName": text, "omaUri": "./Vendor/##[x]", "value": text,
        }] },
    })
    .to_string()
}

/// Reads what a run said as the runners do.
#[track_caller]
fn read(place: &str, run: &Run) {
    obey_nothing(&format!("{place}: stdout"), &run.stdout);
    obey_nothing(&format!("{place}: stderr"), &run.stderr);
}

#[test]
fn no_format_of_a_whole_life_commands_anything() {
    let workspace = workspace();
    let run = |arguments: &[&str]| {
        let run = workspace.run(arguments);
        read(&arguments.join(" "), &run);
        run
    };
    let sandbox = "--sandbox=s.json";
    for format in ["text", "json"] {
        run(&["validate", "--format", format]).expect(0);
    }
    for format in ["text", "json", "markdown"] {
        let plan =
            run(&["plan", sandbox, "-v", "--format", format, "--log-format", "json"]).expect(0);
        // The fields were reached.
        assert!(plan.stdout.contains("eleven"), "{}", plan.stdout);
        run(&["plan", sandbox, "--format", format, "--output", "result", "--out", "plan.json"])
            .expect(0);
        for file in ["result", "plan.json"] {
            let text = std::fs::read_to_string(workspace.file(file)).expect("a result");
            obey_nothing(file, &text);
        }
        run(&["doctor", sandbox, "--format", format]);
        run(&["permissions", "--format", format]);
        run(&["drift", sandbox, "-v", "--format", format]);
    }
    // The escape means the same in JSON: the plan that was saved is the plan.
    let saved = workspace.json("plan.json");
    let mut changes = saved["changes"].as_array().expect("changes").iter();
    let young = changes.find(|change| change["address"] == format!("{IOS}/young"));
    let fields = young.expect("it is planned")["fields"].as_array().expect("fields");
    let description = fields.iter().find(|field| field["path"] == json!(["description"]));
    assert_eq!(description.expect("it is declared")["after"], json!({ "value": hostile() }));
    let applied = run(&["apply", "plan.json", sandbox, "-y", "-vv", "--format", "json"]).expect(0);
    let journal = applied.json()["journal"].as_str().expect("a journal").to_owned();
    for format in ["text", "markdown"] {
        run(&["drift", sandbox, "--format", format]).expect(0);
        run(&["rollback", &journal, sandbox, "--format", format, "--dry-run", "-v"]);
    }
    // Refused, then carried out.
    run(&["rollback", &journal, sandbox, "-y", "-v"]).expect(5);
    let allowed = ["--allow", "delete", "--allow", "unassign-all"];
    run(&[&["rollback", &journal, sandbox, "-y", "-v"][..], &allowed].concat()).expect(0);
}

#[test]
fn no_width_and_no_colour_commands_anything() {
    let workspace = workspace();
    workspace.write(
        "broken/moorline.yaml",
        std::fs::read(workspace.file("moorline.yaml")).expect("a file"),
    );
    let broken = manifest_of_payload(&hostile()).replace("omaUri", "omaUrl");
    workspace.write("broken/::error::it.yaml", broken);
    let mut leading = 0;
    for width in (40..=200).step_by(4) {
        let columns = width.to_string();
        let colour = ["always", "never"][usize::from(width % 8 == 0)];
        let unknown = format!("no {WORDS}");
        for arguments in [
            &["plan", "--sandbox", "-v", "--color", colour][..],
            &["validate", "broken", "--color", colour],
            &["plan", "--sandbox", "--rewrite-secret", &unknown, "--color", colour],
        ] {
            let run = workspace.run_with(arguments, &[("COLUMNS", &columns)]);
            read(&format!("{arguments:?} in {width} columns"), &run);
            // Commands came to stand at the beginning of a line.
            let lines = run.stdout.lines().chain(run.stderr.lines());
            leading += lines.filter(|line| line.trim_start().starts_with("::")).count();
        }
    }
    assert!(leading > 0, "no line began with what was a command");
}

#[test]
fn no_error_of_a_service_commands_anything() {
    let workspace = workspace();
    let served = Served::new(workspace, json!({}));
    let echo = Echo::before(&served.running.url());
    let variables = [("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", "canary-secret")];
    let run = |command: &str, more: &[&str]| {
        let mut all = Vec::new();
        for columns in ["40", "67", "200"] {
            for format in ["text", "json", "markdown"] {
                let more = [&["-vvv", "--format", format], more].concat();
                let variables = [&variables[..], &[("COLUMNS", columns)]].concat();
                let run = served.workspace.run_with(&echo.run(command, &more), &variables);
                read(&format!("{command} {more:?} in {columns} columns"), &run);
                all.push(run);
            }
        }
        all
    };
    let id = WORDS.replace(|c: char| !c.is_ascii(), "");
    echo.answers(|sent| match sent.target.contains("/token") {
        true => Reply::Said(400, echo::refusal(WORDS, &hostile(), WORDS)),
        false => Reply::HandedOn,
    });
    for command in ["plan", "doctor", "drift"] {
        for run in run(command, &[]) {
            assert_ne!(run.code, 0);
            assert!(format!("{}{}", run.stdout, run.stderr).contains("three"), "{run:?}");
        }
    }
    let error = move || echo::error(WORDS, &hostile(), WORDS);
    echo.answers(move |sent| match sent.target.contains("deviceConfigurations") {
        true => Reply::Said(400, error()),
        false => Reply::HandedOn,
    });
    run("plan", &[]);
    run("doctor", &[]);
    let error = move || echo::error(WORDS, &hostile(), WORDS);
    echo.answers(move |sent| match sent.method.as_str() {
        "GET" => Reply::Filled(vec![("description", hostile().into())], id.clone()),
        _ if sent.target.contains("deviceConfigurations") => Reply::Said(400, error()),
        _ => Reply::HandedOn,
    });
    run("plan", &["--log-format", "json"]);
    let reason = format!("why {WORDS}");
    for run in run("apply", &["-y", "--log-format", "text", "--justification", &reason]) {
        assert_eq!(run.code, 1, "{run:?}");
        assert!(format!("{}{}", run.stdout, run.stderr).contains("three"), "{run:?}");
    }
}

#[test]
fn no_argument_commands_anything() {
    let workspace = workspace();
    let word = "##vso[task.setvariable variable=x]y";
    let line = "a\n::error::b\r##[group]c";
    for hostile in [word, line, "::notice::x", "::notice::x.json"] {
        let option = format!("--{hostile}");
        let resume = format!("--resume={hostile}");
        let state = format!("--sandbox={hostile}");
        for arguments in [
            &[hostile][..],
            &["plan", &option],
            &["plan", &option, "--format", "json"],
            &["plan", hostile],
            &["plan", hostile, "--format", "json"],
            &["plan", "--sandbox", "--only", hostile],
            &["plan", "--sandbox", hostile],
            &["plan", "--sandbox", "--output", "no/##[x]/::error::"],
            &["plan", &state],
            &["apply", "--sandbox", &resume],
            &["apply", "--sandbox", "--plan", hostile],
            &["apply", "--plan-digest", hostile],
            &["rollback", hostile, ".", "--sandbox"],
            &["explain", hostile],
            &["explain", hostile, "--format", "markdown"],
            &["schema", hostile],
            &["schema", "--document", hostile],
            &["schema", "--editor", hostile],
            &["kinds", hostile],
            &["permissions", hostile],
            &["doctor", hostile],
            &["completions", hostile],
            &["sandbox", "approve", hostile, hostile],
            &["sandbox", "edit", "s.json", hostile, "--set", hostile],
            &["validate", hostile],
            &["plan", "--sandbox", "--graph-url", hostile],
            &["plan", "--graph-url", hostile, "--credential", hostile],
        ] {
            read(&format!("{arguments:?}"), &workspace.run(arguments));
        }
    }
    let pasted = echo::error(WORDS, &hostile(), WORDS).to_string();
    for format in ["text", "json", "markdown"] {
        let run =
            workspace.run_with_input(&["explain", "-", "--format", format], pasted.as_bytes());
        read("explain", &run);
        let run =
            workspace.run_with_input(&["explain", "-", "--format", format], hostile().as_bytes());
        read("explain", &run);
    }
}

#[test]
fn what_tells_how_to_go_on_can_be_typed_and_commands_nothing() {
    let workspace = workspace();
    let served = Served::new(workspace, json!({}));
    let echo = Echo::before(&served.running.url());
    echo.answers(|sent| match sent.method.as_str() {
        "POST" if sent.target.ends_with("deviceConfigurations") => {
            Reply::Said(400, echo::error("BadRequest", "No.", "1"))
        }
        _ => Reply::HandedOn,
    });
    let variables = [("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", "canary-secret")];
    let reason = "##vso[task.debug]it's ##[x]";
    let run = served
        .workspace
        .run_with(&echo.run("apply", &["-y", "--justification", reason]), &variables);
    read("apply", &run);
    let line = run.stderr.lines().find(|line| line.starts_with("Resume:"));
    let line = line.unwrap_or_else(|| panic!("{}", run.stderr));
    assert!(line.contains("--justification"), "{line}");
    if cfg!(unix) {
        let _stable = stable_snapshots();
        assert_snapshot!(line, @r"Resume:     moorline apply --graph-url http://127.0.0.1:[port] --login-url http://127.0.0.1:[port] --yes --justification '#''#vso[task.debug]it'\''s #''#[x]' --resume .moorline/journal/[run].jsonl");
        let (_, command) = line.split_once("moorline ").expect("a command");
        let shell = std::process::Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' {command}")])
            .output()
            .expect("a shell");
        let words = String::from_utf8(shell.stdout).expect("UTF-8");
        assert!(words.lines().any(|word| word == reason), "{words}");
    }
}

#[test]
fn what_shells_and_pages_read_stays_as_it_is() {
    let workspace = Workspace::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = workspace.run(&["completions", shell]).expect(0).stdout;
        assert!(
            !script.contains("\\u003a")
                && !script.contains("\\u005b")
                && !script.contains("\\u006f"),
            "{shell}"
        );
        assert!(commands(&script).is_empty(), "{shell}");
    }
    let plan =
        Workspace::example("contoso").run(&["plan", "--sandbox", "--format", "markdown"]).expect(0);
    assert_snapshot!(lines_with(&plan.stdout, "###"), @"### Plan: 6 to create, 9 to update, 0 to replace, 0 to delete, 2 assignment changes.");
    assert!(!plan.stdout.contains("\\u00"), "{}", plan.stdout);
}

/// Returns texts that come close to commands.
fn close() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("##vso[task.debug]".to_owned()),
        Just("##[error]".to_owned()),
        Just("::error::".to_owned()),
        Just("#".to_owned()),
        Just("[".to_owned()),
        Just(":".to_owned()),
        Just("vso".to_owned()),
        Just("]x".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just(" ".to_owned()),
        Just("\u{85}".to_owned()),
        Just("\u{1b}[1m".to_owned()),
        Just("\u{1b}[".to_owned()),
        Just("\u{200b}".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("\0".to_owned()),
        Just("\\".to_owned()),
        Just("V".to_owned()),
        Just("s".to_owned()),
        Just("O".to_owned()),
        ".{0,3}",
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_runners_obey_nothing_of_any_text_in_any_pieces(
        text in close(), cuts in prop::collection::vec(0usize..80, 0..4),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| text.floor_char_boundary(at.min(text.len()))).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut breaker = Breaker::default();
        let safe: String = cuts.windows(2).map(|cut| breaker.break_open(&text[cut[0]..cut[1]])).collect();
        prop_assert_eq!(commands(&safe), Vec::<String>::new());
        prop_assert_eq!(&safe, &Breaker::default().break_open(&text));
        prop_assert_eq!(Breaker::default().break_open(&safe), safe.as_str());
    }

    #[test]
    fn a_document_means_the_same(text in close(), key in close()) {
        for document in [json!({ key.clone(): [text.clone(), { "a": text.clone() }] }), json!(text)] {
            for written in [document.to_string(), format!("{document:#}")] {
                let safe = Breaker::default().break_open(&written);
                let read: Value = serde_json::from_str(&safe).expect("JSON");
                prop_assert_eq!(&read, &document);
                prop_assert_eq!(commands(&safe), Vec::<String>::new());
            }
        }
    }

    #[test]
    fn text_without_a_command_stays(text in "[a-zA-Z0-9 #.,/\\-\n\\[\\]äß日]{0,40}") {
        prop_assume!(!text.contains("##"));
        prop_assert_eq!(Breaker::default().break_open(&text), text);
    }
}
