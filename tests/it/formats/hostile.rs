//! No text of a tenant or a manifest is more than text, in any format.

use std::process::Output;

use super::FORMATS;
use super::readers::{junit, of_azure, of_github, outputs, sarif};
use crate::support::hostile::{HOSTILE, KIND, tenant, yaml};
use crate::support::runners::obey_nothing;
use crate::support::{Run, Workspace};

/// Signs that no report may hold as they are: a terminal or a browser obeys or hides them.
fn is_shown_raw(text: &str) -> Option<char> {
    let hidden = |c: &char| {
        matches!(*c,
            '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().find(hidden)
}

#[track_caller]
fn read(format: &str, run: &Run) {
    let text = &run.stdout;
    assert_eq!(is_shown_raw(text), None, "{format}");
    obey_nothing("stderr", &run.stderr);
    match format {
        "sarif" => {
            obey_nothing(format, text);
            let log = sarif(text);
            for result in log["runs"][0]["results"].as_array().expect("results") {
                let message = result["message"]["text"].as_str().expect("a message");
                // It would be a link, were there no backslash before it.
                assert!(!message.replace("\\]", "").contains("]("), "{message}");
                assert_eq!(is_shown_raw(message), None, "{message}");
            }
        }
        "junit" => {
            obey_nothing(format, text);
            junit(text);
        }
        "github" => {
            let names = ["error", "warning", "notice"];
            let commands = of_github(text);
            assert!(!commands.is_empty(), "{text}");
            for command in &commands {
                assert!(names.contains(&command.name.as_str()), "{command:?}");
                let known = ["file", "line", "endLine", "col", "endColumn", "title"];
                assert!(
                    command.properties.keys().all(|name| known.contains(&name.as_str())),
                    "{command:?}"
                );
                assert!(command.property("title").chars().count() <= 255, "{command:?}");
                assert!(command.data.chars().count() <= 4_096, "{command:?}");
            }
            for name in names {
                let number = commands.iter().filter(|command| command.name == name).count();
                assert!(number <= 10, "{number} of {name}");
            }
            assert_eq!(of_azure(text), []);
        }
        "azure-devops" => {
            for command in of_azure(text) {
                match command.name.as_str() {
                    "task.logissue" => {
                        assert!(["error", "warning"].contains(&command.property("type")));
                    }
                    "task.setvariable" => {
                        assert!(command.property("variable").starts_with("moorline_"));
                    }
                    name => panic!("{name}"),
                }
            }
            assert_eq!(of_github(text), []);
        }
        format => panic!("{format}"),
    }
}

fn runs_of(workspace: &Workspace, format: &str) -> Vec<Run> {
    let run = |arguments: &[&str]| workspace.run(&[arguments, &["--format", format]].concat());
    vec![
        run(&["validate"]),
        run(&["plan", "--sandbox"]).expect(0),
        run(&["drift", "--sandbox"]).expect(0),
        run(&["plan", "--sandbox", "--only", "::error::none/*"]),
        run(&["apply", "--sandbox", "-y", "--plan-digest", "##vso[task.complete]"]),
    ]
}

#[test]
fn hostile_names_and_values_are_text_in_every_format() {
    let workspace = tenant("");
    for format in FORMATS {
        for run in runs_of(&workspace, format) {
            read(format, &run);
        }
    }
    // Each of them was there.
    let run = workspace.run(&["drift", "--sandbox", "--format", "junit"]).expect(0);
    let cases = junit(&run.stdout);
    let unmanaged = cases.iter().filter(|case| case.status == "skipped").count();
    assert_eq!(unmanaged, HOSTILE.len());
}

#[test]
fn long_names_are_cut_and_their_objects_counted() {
    let long = "long name ".repeat(400);
    let workspace = tenant(&long);
    for format in FORMATS {
        let run = workspace.run(&["drift", "--sandbox", "--format", format]).expect(0);
        read(format, &run);
        assert!(run.stdout.len() < 200_000, "{format} has {} bytes", run.stdout.len());
    }
}

#[test]
fn hostile_findings_are_text_in_every_format() {
    let workspace = Workspace::tenant(&[]);
    for (number, (_, text)) in HOSTILE.iter().enumerate() {
        let manifest = serde_json::json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": KIND,
            "metadata": { "name": format!("m{number}") },
            "spec": { "displayName": format!("d{number}"), *text: text, "cameraBlocked": text },
        });
        workspace.write(&format!("m{number}.yaml"), yaml(&manifest));
    }
    workspace.write("##[error]::notice::,x;].yaml", "kind: {");
    for format in FORMATS {
        let run = workspace.run(&["validate", "--format", format]).expect(3);
        read(format, &run);
    }
}

#[test]
fn hostile_texts_set_no_output_and_command_nothing_in_the_summary() {
    let workspace = tenant("");
    let files = [("GITHUB_OUTPUT", "outputs.txt"), ("GITHUB_STEP_SUMMARY", "summary.md")];
    for arguments in [&["plan", "--sandbox"][..], &["drift", "--sandbox"], &["validate"]] {
        let mut command = workspace.command(arguments);
        for (name, file) in files {
            command.env(name, workspace.file(file));
        }
        let output: Output = command.output().expect("the binary runs");
        assert_ne!(Run::from(output).code, 64, "{arguments:?}");
        let values = outputs(&workspace.file("outputs.txt"));
        assert_ne!(values.get("changes").map(String::as_str), Some("false"), "{values:?}");
        let summary = std::fs::read_to_string(workspace.file("summary.md")).expect("a summary");
        assert_eq!(is_shown_raw(&summary), None);
        obey_nothing("the summary", &summary);
    }
}
