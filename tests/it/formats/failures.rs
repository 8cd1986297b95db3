//! A failed run has a document in every format, never an empty one.

use super::readers::{junit, of_azure, of_github, sarif};
use super::{FORMATS, HELLO, broken, drifted, hello};
use crate::support::{Run, Workspace};

/// Reads the document of a failed run, and expects a word in what it says.
#[track_caller]
fn read(format: &str, text: &str, word: &str) {
    assert!(text.contains(word), "{format} has {word:?}:\n{text}");
    match format {
        "sarif" => {
            let log = sarif(text);
            let results = log["runs"][0]["results"].as_array().expect("results");
            assert!(results.iter().any(|result| result["level"] == "error"), "{text}");
        }
        "junit" => {
            let cases = junit(text);
            let failed = |status: &str| ["failure", "error"].contains(&status);
            assert!(cases.iter().any(|case| failed(&case.status)), "{text}");
        }
        "github" => {
            let commands = of_github(text);
            assert!(commands.iter().any(|command| command.name == "error"), "{text}");
        }
        "azure-devops" => {
            let commands = of_azure(text);
            assert!(commands.iter().any(|command| command.property("type") == "error"), "{text}");
        }
        "markdown" => assert!(text.starts_with("### "), "{text}"),
        format => panic!("{format}"),
    }
}

/// Runs a command in every format.
#[track_caller]
fn in_every_format(run: impl Fn(&[&str]) -> Run, code: i32, word: &str) {
    for format in FORMATS.iter().chain(&["markdown"]) {
        let run = run(&["--format", format]).expect(code);
        read(format, &run.stdout, word);
        assert_ne!(run.stderr, "", "people read the error as well");
    }
}

#[test]
fn invalid_manifests_are_told() {
    let workspace = broken();
    for command in
        [&["plan", "--sandbox"][..], &["drift", "--sandbox"], &["apply", "--sandbox", "-y"]]
    {
        let run = |more: &[&str]| workspace.run(&[command, more].concat());
        in_every_format(run, 3, "schema/type");
    }
}

#[test]
fn failed_sign_in_is_told_with_its_remedy() {
    let workspace = Workspace::tenant(&[("a.yaml", &hello("a", "pinMinimumLength: 6"))]);
    workspace
        .seed(&serde_json::json!({ "apps": [{ "clientId": "moorline", "secret": "another" }] }));
    in_every_format(
        |more| workspace.run(&[&["plan", "--sandbox"][..], more].concat()),
        1,
        "AADSTS7000215",
    );
}

#[test]
fn refused_plan_is_told_with_each_risk() {
    let workspace = drifted();
    let text = hello("c", "pinMinimumLength: 6").replace("name: c\n", "name: c\n  state: absent\n");
    workspace.write("c.yaml", text);
    in_every_format(
        |more| workspace.run(&[&["apply", "--sandbox=s.json", "-y"][..], more].concat()),
        5,
        "--allow delete",
    );
}

#[test]
fn stale_plan_is_told() {
    let workspace = drifted();
    workspace.run(&["plan", "--sandbox=s.json", "--out", "plan.json"]).expect(0);
    let edit = ["sandbox", "edit", "s.json", &format!("{HELLO}/a"), "--set", "pinMinimumLength=5"];
    workspace.run(&edit).expect(0);
    let apply = ["apply", "--plan", "plan.json", "--sandbox=s.json", "-y"];
    in_every_format(|more| workspace.run(&[&apply[..], more].concat()), 4, "1 object changed");
}

#[test]
fn command_line_that_makes_no_sense_is_told() {
    let workspace = Workspace::empty();
    in_every_format(
        |more| workspace.run(&[&["plan", "--no-such-option"][..], more].concat()),
        64,
        "usage/arguments",
    );
}

#[test]
fn command_line_that_makes_no_sense_leaves_no_older_report_and_no_empty_summary() {
    let workspace = drifted();
    let apply = ["apply", "--sandbox=s.json", "--yes", "--allow", "nonsense"];
    for (at, command) in [&apply[..], &["plan", "--sandbox", "s.json"], &["validate", "--foo"]]
        .into_iter()
        .enumerate()
    {
        for output in [&["--output", "report"][..], &["--output=report"]] {
            workspace.write("report", "an older result");
            let [outputs, summary] = ["o", "s"].map(|name| format!("{name}{at}{}", output.len()));
            let variables =
                [("GITHUB_OUTPUT", outputs.as_str()), ("GITHUB_STEP_SUMMARY", summary.as_str())];
            let arguments = [command, &["--format", "sarif"], output].concat();
            let run = workspace.run_with(&arguments, &variables).expect(64);
            assert_eq!(run.stdout, "");
            let file = |name: &str| std::fs::read_to_string(workspace.file(name)).expect("a file");
            read("sarif", &file("report"), "usage/arguments");
            let values = super::readers::outputs(&workspace.file(&outputs));
            assert_eq!((&*values["error"], &*values["exit-code"]), ("usage/arguments", "64"));
            assert!(file(&summary).starts_with("### "), "{}", file(&summary));
        }
    }
    // A summary has no format of its own, and may not be wanted.
    for (more, is_written) in [(&[][..], true), (&["--no-ci-files"], false)] {
        let variables = [("GITHUB_STEP_SUMMARY", "summary")];
        workspace.run_with(&[&apply[..], more].concat(), &variables).expect(64);
        assert_eq!(workspace.file("summary").exists(), is_written, "{more:?}");
        std::fs::remove_file(workspace.file("summary")).ok();
    }
    let kept = ["plan", "--no-such-option", "--format", "json", "--output", "a.yaml"];
    let before = std::fs::read_to_string(workspace.file("a.yaml")).expect("a manifest");
    let run = workspace.run(&kept).expect(64);
    assert!(run.stdout.contains("usage/arguments"), "a manifest is not overwritten");
    assert_eq!(std::fs::read_to_string(workspace.file("a.yaml")).expect("a manifest"), before);
}

#[test]
fn file_takes_the_failure_where_the_result_would_have_been() {
    let workspace = broken();
    workspace.write("report", "an older result");
    let output = ["--format", "sarif", "--output", "report"];
    let run = workspace.run(&[&["plan", "--sandbox"][..], &output].concat()).expect(3);
    assert_eq!(run.stdout, "");
    let text = std::fs::read_to_string(workspace.file("report")).expect("it is written");
    read("sarif", &text, "schema/type");
    // Where the file is the failure, stdout is left.
    let nowhere = ["--format", "junit", "--output", "missing/report"];
    let run = workspace.run(&[&["plan", "--sandbox"][..], &nowhere].concat()).expect(1);
    read("junit", &run.stdout, "io/output");
}

#[test]
fn adopted_drift_has_no_format_of_other_programs() {
    let run = drifted().run(&["drift", "--sandbox=s.json", "--adopt", "--format", "sarif"]);
    let run = run.expect(64);
    assert!(run.stderr.contains("`drift --adopt` has no result in this format"), "{}", run.stderr);
    read("sarif", &run.stdout, "usage/arguments");
}
