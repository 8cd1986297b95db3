//! The reusable workflows, run step by step as they are written: for a repository that `init --github` set up, against the
//! sandbox as its tenant and a stand-in for GitHub's REST interface.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::actions::{ActionsRunner, Event, JobRun};
use crate::support::forge::{ALICE, Forge, REPOSITORY, WORKFLOW};
use crate::support::git;
use crate::support::{Workspace, copy, repository};

const HELLO: &str = "tenants/contoso/policies/hello.yaml";

const JOURNALS: &str = "tenants/contoso/.moorline/journal";

const MANIFEST: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: hello }
spec: { displayName: Hello, pinMinimumLength: 6 }
";

/// A repository with a tenant, its clone on a runner, and what stands for GitHub.
struct Stage {
    runner: ActionsRunner,
    forge: Forge,
}

type Jobs = BTreeMap<String, JobRun>;

impl Stage {
    /// Makes a repository with `init --github` and a manifest, on its default branch.
    fn new() -> Self {
        let home = Workspace::empty();
        let bare = format!("server/{REPOSITORY}");
        std::fs::create_dir_all(home.file(&bare)).expect("a folder");
        git(&home.file(&bare), &["init", "--quiet", "--bare"]);
        let server = format!("file://{}", home.file("server").display());
        git(home.path(), &["clone", "--quiet", &format!("{server}/{REPOSITORY}"), "clone"]);
        let clone = home.file("clone");
        let forge = Forge::start();
        let runner = ActionsRunner {
            clone,
            api: forge.url.clone(),
            server,
            repository: REPOSITORY.to_owned(),
            token: WORKFLOW.0.to_owned(),
            app_token: ALICE.0.to_owned(),
            variables: json!({ "AZURE_CLIENT_ID_CONTOSO": "11111111-1111-1111-1111-111111111111" }),
            secrets: json!({}),
            environments: json!({
                "contoso": { "AZURE_CLIENT_ID": "22222222-2222-2222-2222-222222222222" },
            }),
            home,
        };
        let stage = Self { runner, forge };
        stage.write_program();
        let tenant = stage.runner.clone.join("tenants/contoso");
        std::fs::create_dir_all(&tenant).expect("a folder");
        let made = stage.runner.home.run(&[
            "init",
            &tenant.display().to_string(),
            "--tenant-id",
            "contoso.onmicrosoft.com",
            "--github",
        ]);
        made.expect(0);
        stage.write(HELLO, MANIFEST);
        stage.commit("Declare the tenant");
        git(&stage.runner.clone, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
        git(&stage.runner.clone, &["fetch", "--quiet"]);
        stage
    }

    /// Writes the program that the steps call: the binary, with a sandbox that is kept in place of the tenant. The file
    /// `before-COMMAND` beside it is read first, where there is one.
    fn write_program(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        let program = format!(
            "#!/bin/sh\nif [ -f {home:?}/before-$1 ]; then . {home:?}/before-$1; fi\ncase \"$1\" in\n  plan | apply | drift | rollback) exec {binary:?} \"$@\" --sandbox={state:?} ;;\nesac\nexec {binary:?} \"$@\"\n",
            home = self.runner.home.path(),
            binary = env!("CARGO_BIN_EXE_moorline"),
            state = self.state(),
        );
        self.runner.home.write("bin/moorline", program);
        let path = self.runner.home.file("bin/moorline");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
    }

    /// Returns the file that plays the tenant.
    fn state(&self) -> PathBuf {
        self.runner.home.file("tenant.state.json")
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.runner.clone.join(path), text).expect("a file can be written");
    }

    /// Commits everything and returns the commit.
    fn commit(&self, message: &str) -> String {
        git(&self.runner.clone, &["add", "--all"]);
        git(&self.runner.clone, &["commit", "--quiet", "--allow-empty", "--message", message]);
        git(&self.runner.clone, &["rev-parse", "HEAD"])
    }

    /// Runs a script before each run of a command.
    fn before(&self, command: &str, script: &str) {
        self.runner.home.write(&format!("before-{command}"), script);
    }

    /// Lets the tenant answer calls of a command with an error.
    fn break_calls(&self, command: &str, calls: &Value) {
        let faults = json!({ "faults": [{ "match": calls, "effect": { "status": 400 } }] });
        self.runner.home.write("faults.json", faults.to_string());
        let faults = self.runner.home.file("faults.json");
        self.before(command, &format!("set -- \"$@\" --sandbox-faults={faults:?}\n"));
    }

    /// Runs the commands as they are again.
    fn as_is(&self, command: &str) {
        std::fs::remove_file(self.runner.home.file(&format!("before-{command}"))).expect("a file");
    }

    /// Edits an object as a person does in the portal.
    fn edit(&self, assignment: &str) {
        let state = self.state().display().to_string();
        let edited = self.runner.home.run(&[
            "sandbox",
            "edit",
            &state,
            "windowsIdentityProtectionConfiguration/Hello",
            "--set",
            assignment,
            "--as",
            "alice@contoso.com",
        ]);
        edited.expect(0);
    }

    /// Pushes the clone to pull request 7 of a repository and runs the plan.
    fn push(&self, head: &str) -> JobRun {
        let commit = self.commit("Change the tenant");
        self.forge.push(7, &commit);
        self.plan("pull_request", head)
    }

    fn plan(&self, event: &'static str, head: &str) -> JobRun {
        let event = Event {
            name: event,
            payload: self.forge.event(7, head),
            reference: "refs/pull/7/merge".to_owned(),
            base: "main".to_owned(),
            inputs: json!({}),
        };
        self.run("plan", &event).remove("plan").expect("the job")
    }

    fn run(&self, what: &str, event: &Event) -> Jobs {
        self.runner.run(&format!(".github/workflows/contoso-{what}.yml"), event)
    }

    /// Starts a workflow on a branch by hand.
    fn dispatch_on(&self, what: &str, branch: &str, inputs: Value) -> Jobs {
        let event = Event {
            name: "workflow_dispatch",
            payload: json!({ "repository": { "default_branch": "main" } }),
            reference: format!("refs/heads/{branch}"),
            base: String::new(),
            inputs,
        };
        self.run(what, &event)
    }

    /// Lets the forge know the run whose journal stands among the artifacts.
    fn know_run(&self, event: &str, branch: &str, workflow: &str) {
        let head = git(&self.runner.clone, &["rev-parse", "HEAD"]);
        self.know_run_of(&head, event, branch, workflow);
    }

    fn know_run_of(&self, head: &str, event: &str, branch: &str, workflow: &str) {
        let path = format!(".github/workflows/{workflow}.yml");
        let run = json!({ "event": event, "head_branch": branch, "head_sha": head, "path": path });
        self.forge.state().runs.insert(4711, run);
    }

    /// Lets the drift workflow adopt what drifted.
    fn adopt(&self) {
        let path = self.runner.clone.join(".github/workflows/contoso-drift.yml");
        let text = std::fs::read_to_string(&path).expect("the workflow");
        let with = "      name: \"contoso\"\n";
        let more = format!("{with}      adopt: true\n      adopt-app-id: Iv1.contoso\n");
        std::fs::write(&path, text.replace(with, &more)).expect("it can be written");
        self.commit("Adopt what drifts");
    }

    /// Returns a file of the branch that the app pushes.
    fn pushed(&self, path: &str) -> String {
        git(&self.runner.clone, &["fetch", "--quiet", "origin", "moorline/adopt-contoso"]);
        git(&self.runner.clone, &["show", &format!("FETCH_HEAD:{path}")])
    }

    /// Goes back to the default branch, as the next run of a job has it.
    fn back_to_main(&self) {
        let clone = &self.runner.clone;
        git(clone, &["switch", "--quiet", "-"]);
        git(clone, &["branch", "--quiet", "-D", "moorline/adopt-contoso"]);
    }

    fn dispatch(&self, what: &str, inputs: Value) -> Jobs {
        self.dispatch_on(what, "main", inputs)
    }
}

fn pin(length: usize) -> String {
    MANIFEST.replace("pinMinimumLength: 6", &format!("pinMinimumLength: {length}"))
}

#[test]
fn pull_request_has_one_comment_that_follows_its_pushes() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");

    // First push: a comment, and the same text in the summary.
    stage.write(HELLO, &pin(8));
    let run = stage.push(REPOSITORY);
    run.expect("success");
    let [first] = &stage.forge.texts(7)[..] else { panic!("{:?}", stage.forge.texts(7)) };
    assert!(first.contains("windowsIdentityProtectionConfiguration/hello"), "{first}");
    assert!(first.contains("+ ") && first.contains('8'), "{first}");
    assert!(
        run.summary.contains("windowsIdentityProtectionConfiguration/hello"),
        "{}",
        run.summary
    );

    // Second push: the same comment, with the new plan.
    stage.write(HELLO, &pin(9));
    stage.push(REPOSITORY).expect("success");
    let [second] = &stage.forge.texts(7)[..] else { panic!("{:?}", stage.forge.texts(7)) };
    assert!(second.contains('9') && second != first, "{second}");

    // A push that takes everything back.
    stage.write(HELLO, MANIFEST);
    let run = stage.push(REPOSITORY);
    run.expect("success");
    assert!(run.step("Comment on the pull request").log.contains("outdated"), "{run:#?}");
    let [third] = &stage.forge.texts(7)[..] else { panic!("{:?}", stage.forge.texts(7)) };
    assert!(third.contains("No changes"), "{third}");
}

#[test]
fn pull_request_without_changes_gets_no_comment_and_a_summary() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    let run = stage.push(REPOSITORY);
    run.expect("success");
    assert_eq!(stage.forge.texts(7), Vec::<String>::new());
    assert!(run.summary.contains("No changes"), "{}", run.summary);
}

#[test]
fn pull_request_that_accepts_a_difference_gets_a_comment() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    let entry = "apiVersion: moorline/v1\nkind: AcceptedDrift\nspec:\n  accepted:\n    - object: windowsIdentityProtectionConfiguration/hello\n      property: pinMinimumLength\n      declared: 6\n      live: 4\n      reason: Pilot of short PINs\n      by: alice@contoso.com\n      until: 2099-01-31\n";
    stage.write("tenants/contoso/accepted-drift.yaml", entry);
    stage.push(REPOSITORY).expect("success");
    let [text] = &stage.forge.texts(7)[..] else { panic!("{:?}", stage.forge.texts(7)) };
    assert!(text.contains("Pilot of short PINs"), "{text}");
}

#[test]
fn manifest_that_a_pull_request_removes_is_in_its_comment() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    std::fs::remove_file(stage.runner.clone.join(HELLO)).expect("it was there");
    stage.push(REPOSITORY).expect("success");
    let [text] = &stage.forge.texts(7)[..] else { panic!("{:?}", stage.forge.texts(7)) };
    assert!(text.contains("windowsIdentityProtectionConfiguration/hello"), "{text}");
}

#[test]
fn pull_request_of_a_fork_is_validated_and_signs_in_nowhere() {
    let stage = Stage::new();
    stage.write(HELLO, &pin(8));
    let run = stage.push("mallory/devices");
    run.expect("success");
    assert_eq!(run.step("Plan").outcome, "skipped");
    assert_eq!(run.step("Validate the manifests of a fork").outcome, "success");
    assert_eq!(stage.forge.take_writes(), Vec::<String>::new());
    assert!(run.summary.contains("comes from a fork"), "{}", run.summary);

    stage.write(HELLO, &MANIFEST.replace("pinMinimumLength", "pinMinimumLenght"));
    stage.push("mallory/devices").expect("failure");
}

#[test]
fn invalid_manifests_fail_the_run_and_say_so_in_the_comment() {
    let stage = Stage::new();
    stage.write(HELLO, &MANIFEST.replace("pinMinimumLength", "pinMinimumLenght"));
    let run = stage.push(REPOSITORY);
    run.expect("failure");
    let log = &run.step("Plan").log;
    assert!(log.contains("::error ") && log.contains("pinMinimumLenght"), "{log}");
    let [text] = &stage.forge.texts(7)[..] else { panic!("{:?}", stage.forge.texts(7)) };
    assert!(text.contains("pinMinimumLenght"), "{text}");
    assert!(run.summary.contains("pinMinimumLenght"), "{}", run.summary);
}

#[test]
fn closed_pull_request_gets_no_comment() {
    let stage = Stage::new();
    stage.write(HELLO, &pin(8));
    let commit = stage.commit("Change the tenant");
    stage.forge.push(7, &commit);
    stage.forge.state().pulls.get_mut(&7).expect("the pull request")["state"] = json!("closed");
    stage.plan("pull_request", REPOSITORY).expect("success");
    assert_eq!(stage.forge.texts(7), Vec::<String>::new());
}

#[test]
fn event_that_would_hand_tokens_to_a_fork_is_refused() {
    let stage = Stage::new();
    let run = stage.plan("pull_request_target", "mallory/devices");
    run.expect("failure");
    assert_eq!(run.step("Refuse other events").outcome, "failure");
    let others = run.steps.iter().filter(|step| step.outcome == "success");
    assert_eq!(others.count(), 0, "{run:#?}");
}

#[test]
fn apply_writes_the_plan_that_was_looked_at_and_records_the_commit() {
    let stage = Stage::new();
    let jobs = stage.dispatch("apply", json!({}));
    jobs["apply"].expect("success");
    jobs["applied"].expect("success");
    let commit = git(&stage.runner.clone, &["rev-parse", "HEAD"]);
    assert_eq!(stage.forge.state().refs["refs/moorline/applied/contoso"], commit);
    let state = std::fs::read_to_string(stage.state()).expect("the tenant");
    assert!(state.contains("\"pinMinimumLength\": 6"), "{state}");
    assert!(jobs["plan"].summary.contains("1 to create"), "{}", jobs["plan"].summary);
    assert!(
        jobs["apply"].summary.contains("windowsIdentityProtectionConfiguration/hello"),
        "{}",
        jobs["apply"].summary
    );

    // Run again, there is nothing to do, and the ref moves on.
    let commit = stage.commit("Change nothing in the tenant");
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    assert_eq!(stage.forge.state().refs["refs/moorline/applied/contoso"], commit);
}

#[test]
fn apply_of_a_part_does_not_move_the_ref() {
    let stage = Stage::new();
    let jobs = stage.dispatch("apply", json!({ "only": "windowsIdentity*/*" }));
    jobs["apply"].expect("success");
    assert_eq!(jobs["applied"].result, "skipped");
    assert!(stage.forge.state().refs.is_empty());
}

#[test]
fn apply_runs_on_the_default_branch_alone() {
    let stage = Stage::new();
    let tag = Event {
        name: "workflow_dispatch",
        payload: json!({ "repository": { "default_branch": "main" } }),
        reference: "refs/tags/main".to_owned(),
        base: String::new(),
        inputs: json!({ "run": "4711" }),
    };
    for what in ["apply", "rollback"] {
        let jobs = stage.run(what, &tag);
        let log = &jobs["plan"].expect("failure").step("Refuse other branches").log;
        assert!(log.contains("Not the default branch"), "{log}");
    }
    let jobs = stage.dispatch_on("apply", "feature", json!({}));
    jobs["plan"].expect("failure");
    assert_eq!(jobs["apply"].result, "skipped");
    assert!(!stage.state().exists(), "nothing was written");
}

#[test]
fn input_that_is_shell_is_an_argument_and_nothing_else() {
    let stage = Stage::new();
    let mark = stage.runner.home.file("mark").display().to_string();
    let hostile = format!("$(touch {mark}) ; touch {mark} #");
    for input in ["only", "allow", "justification", "resume"] {
        let jobs = stage.dispatch("apply", json!({ input: hostile }));
        assert!(!Path::new(&mark).exists(), "{input}: {jobs:#?}");
    }
}

#[test]
fn rollback_takes_back_what_the_apply_of_a_run_wrote() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["apply"].expect("success");
    stage.write(HELLO, &pin(8));
    stage.commit("Raise the length");
    stage.dispatch("apply", json!({}))["apply"].expect("success");
    // A journal of any other run is not believed.
    let head = git(&stage.runner.clone, &["rev-parse", "HEAD"]);
    // A tag with the name of the branch, at a commit with a workflow of that path.
    let stray = git(&stage.runner.clone, &["commit-tree", "HEAD^{tree}", "-m", "Forge a journal"]);
    let unknown = "1".repeat(40);
    for (commit, event, branch, workflow) in [
        (&head, "push", "main", "contoso-apply"),
        (&head, "workflow_dispatch", "feature", "contoso-apply"),
        (&head, "workflow_dispatch", "main", "contoso-plan"),
        (&stray, "workflow_dispatch", "main", "contoso-apply"),
        (&unknown, "workflow_dispatch", "main", "contoso-apply"),
    ] {
        stage.know_run_of(commit, event, branch, workflow);
        for (what, inputs) in
            [("rollback", json!({ "run": "4711" })), ("apply", json!({ "resume": "4711" }))]
        {
            let jobs = stage.dispatch(what, inputs);
            let run = jobs["plan"].expect("failure");
            let log = &run.step("Check the run of the journal").log;
            assert!(log.contains("its journal is not used"), "{log}");
            let fetched = run.steps.iter().find(|step| step.name.starts_with("Fetch the journal"));
            assert_eq!(fetched.map(|step| step.outcome), Some("skipped"));
        }
    }
    for run in ["12", "4711/../1", "$(id)"] {
        stage.dispatch("rollback", json!({ "run": run }))["plan"].expect("failure");
    }
    stage.know_run("workflow_dispatch", "main", "contoso-apply");
    let jobs = stage.dispatch("rollback", json!({ "run": "4711" }));
    jobs["rollback"].expect("success");
    let summary = &jobs["plan"].summary;
    assert!(summary.contains("pinMinimumLength"), "{summary}");
    let state = std::fs::read_to_string(stage.state()).expect("the tenant");
    assert!(state.contains("\"pinMinimumLength\": 6"), "{state}");
}

#[test]
fn resumed_apply_writes_the_plan_that_was_looked_at() {
    let stage = Stage::new();
    stage.write(HELLO, &MANIFEST.replace("spec: {", "spec: { pinMaximumLength: 20,"));
    stage.commit("Limit the length");
    stage.dispatch("apply", json!({}))["apply"].expect("success");
    // Each job has a clone of its own, and each run artifacts.
    for folder in [stage.runner.clone.join(JOURNALS), stage.runner.home.file("artifacts")] {
        std::fs::remove_dir_all(folder).expect("journals");
    }
    stage.write(HELLO, &pin(8).replace("spec: {", "spec: { pinMaximumLength: 20,"));
    stage.commit("Raise the length");
    stage.break_calls("apply", &json!({ "method": "PATCH" }));
    stage.dispatch("apply", json!({}))["apply"].expect("failure");
    std::fs::remove_dir_all(stage.runner.clone.join(JOURNALS)).expect("a journal");
    stage.know_run("workflow_dispatch", "main", "contoso-apply");
    // What is merged since is no part of it.
    stage.write("tenants/contoso/policies/other.yaml", &MANIFEST.replace("ello", "ola"));
    stage.commit("Declare more");

    // A person edits the object after the plan was looked at.
    let edit = [
        env!("CARGO_BIN_EXE_moorline"),
        "sandbox edit",
        &stage.state().display().to_string(),
        "windowsIdentityProtectionConfiguration/Hello",
        "--set pinMaximumLength=30 --as alice@contoso.com\n",
    ];
    stage.before("apply", &edit.join(" "));
    let jobs = stage.dispatch("apply", json!({ "resume": "4711" }));
    let shown = &jobs["plan"].expect("success").summary;
    assert!(shown.contains("pinMinimumLength") && !shown.contains("hola"), "{shown}");
    assert!(!shown.contains("pinMaximumLength"), "{shown}");
    let log = &jobs["apply"].expect("failure").step("Apply").log;
    assert!(log.contains("another digest"), "{log}");
    let tenant = || std::fs::read_to_string(stage.state()).expect("the tenant");
    assert!(tenant().contains("\"pinMaximumLength\": 30"), "{}", tenant());
    assert!(tenant().contains("\"pinMinimumLength\": 6"), "{}", tenant());

    // Looked at again, it is written.
    stage.as_is("apply");
    let jobs = stage.dispatch("apply", json!({ "resume": "4711" }));
    let shown = &jobs["plan"].expect("success").summary;
    assert!(shown.contains("pinMaximumLength"), "{shown}");
    jobs["apply"].expect("success");
    assert_eq!(jobs["applied"].result, "skipped");
    assert!(tenant().contains("\"pinMaximumLength\": 20"), "{}", tenant());
    assert!(tenant().contains("\"pinMinimumLength\": 8"), "{}", tenant());
    assert!(!tenant().contains("Hola"), "{}", tenant());
}

#[test]
fn drift_opens_one_issue_and_closes_it_when_it_is_mended() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    let jobs = stage.dispatch("drift", json!({}));
    let drift = jobs["drift"].expect("failure");
    assert_eq!(drift.outputs["drifted"], "true", "{drift:#?}");
    assert!(drift.summary.contains("pinMinimumLength"), "{}", drift.summary);
    let issues = || stage.forge.state().issues.clone();
    assert_eq!(issues().len(), 1);
    assert_eq!(issues()[0]["state"], "open");

    stage.dispatch("drift", json!({}))["drift"].expect("failure");
    assert_eq!(issues().len(), 1, "the same issue");

    stage.edit("pinMinimumLength=6");
    let jobs = stage.dispatch("drift", json!({}));
    assert_eq!(jobs["drift"].expect("success").outputs["drifted"], "false");
    assert_eq!(issues()[0]["state"], "closed");
}

#[test]
fn whether_something_drifted_is_empty_where_it_is_unknown() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    stage.break_calls("drift", &json!({ "method": "GET", "path": "/**/deviceConfigurations/*" }));
    let jobs = stage.dispatch("drift", json!({}));
    let drift = jobs["drift"].expect("failure");
    assert!(drift.step("Look for drift").log.contains("cannot be read"), "{drift:#?}");
    assert_eq!(drift.outputs["drifted"], "", "{drift:#?}");
}

#[test]
fn merged_and_not_applied_is_no_drift() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.write(HELLO, &pin(8));
    stage.commit("Raise the length");
    let jobs = stage.dispatch("drift", json!({}));
    assert_eq!(jobs["drift"].expect("success").outputs["drifted"], "false");
    assert_eq!(stage.forge.state().issues, Vec::<Value>::new());
}

#[test]
fn adopted_drift_is_a_pull_request_of_the_app() {
    let stage = Stage::new();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    stage.adopt();
    let jobs = stage.dispatch("drift", json!({}));
    let adopt = jobs["adopt"].expect("success");
    assert!(adopt.summary.contains("The pull request is #"), "{}", adopt.summary);
    let pulls = stage.forge.state().opened.clone();
    assert_eq!(pulls[0]["head"], "moorline/adopt-contoso");
    assert_eq!(pulls[0]["base"], "main");
    let adopted = stage.pushed(HELLO);
    assert!(adopted.contains("pinMinimumLength: 4"), "{adopted}");
}

#[test]
fn what_is_merged_and_not_applied_is_not_taken_back_by_an_adoption() {
    let stage = Stage::new();
    stage.adopt();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    let merged = MANIFEST.replace("Length: 6", "Length: 6, pinMaximumLength: 99");
    stage.write(HELLO, &merged);
    stage.write("tenants/contoso/policies/other.yaml", &merged.replace("ello", "ola"));
    stage.commit("Declare more");
    let jobs = stage.dispatch("drift", json!({}));
    jobs["adopt"].expect("success");
    let adopted = stage.pushed(HELLO);
    assert!(adopted.contains("pinMinimumLength: 4, pinMaximumLength: 99"), "{adopted}");
    let other = stage.pushed("tenants/contoso/policies/other.yaml");
    assert!(other.contains("pinMinimumLength: 6, pinMaximumLength: 99"), "{other}");
}

#[test]
fn nothing_is_adopted_before_it_is_known_what_was_applied() {
    let stage = Stage::new();
    stage.adopt();
    stage.dispatch("apply", json!({}))["apply"].expect("success");
    stage.forge.state().refs.clear();
    stage.edit("pinMinimumLength=4");
    let jobs = stage.dispatch("drift", json!({}));
    let adopt = jobs["adopt"].expect("success");
    assert!(adopt.summary.contains("Nothing was adopted"), "{}", adopt.summary);
    assert!(stage.forge.state().opened.is_empty());
}

#[test]
fn adoption_replaces_its_own_commit_and_no_one_elses() {
    let stage = Stage::new();
    stage.adopt();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    stage.dispatch("drift", json!({}))["adopt"].expect("success");
    stage.back_to_main();
    stage.edit("pinMinimumLength=5");
    stage.forge.state().opened[0]["body"] = json!("An earlier text");
    let jobs = stage.dispatch("drift", json!({}));
    let summary = &jobs["adopt"].expect("success").summary;
    assert!(summary.contains("The pull request #71 is brought up to date"), "{summary}");
    assert!(stage.pushed(HELLO).contains("pinMinimumLength: 5"));
    // Its text is the one of this run.
    let text = stage.forge.state().opened[0]["body"].as_str().expect("a text").to_owned();
    assert!(text.contains("pinMinimumLength"), "{text}");

    // A person goes on with the branch.
    let clone = &stage.runner.clone;
    git(clone, &["commit", "--quiet", "--allow-empty", "--message", "Explain why"]);
    git(clone, &["push", "--quiet", "origin", "HEAD:refs/heads/moorline/adopt-contoso"]);
    let theirs = git(clone, &["rev-parse", "HEAD"]);
    stage.back_to_main();
    stage.edit("pinMinimumLength=7");
    let jobs = stage.dispatch("drift", json!({}));
    let log = &jobs["adopt"].expect("failure").step("Open the pull request").log;
    assert!(log.contains("not by the app"), "{log}");
    git(clone, &["fetch", "--quiet", "origin", "moorline/adopt-contoso"]);
    assert_eq!(git(clone, &["rev-parse", "FETCH_HEAD"]), theirs);
}

#[test]
fn refused_pull_request_is_no_success() {
    let stage = Stage::new();
    stage.adopt();
    stage.dispatch("apply", json!({}))["applied"].expect("success");
    stage.edit("pinMinimumLength=4");
    stage.forge.state().refuses_pulls = true;
    let jobs = stage.dispatch("drift", json!({}));
    let log = &jobs["adopt"].expect("failure").step("Open the pull request").log;
    assert!(log.contains("Validation Failed"), "{log}");
}

#[test]
fn variables_of_a_secret_reach_the_program_and_no_log() {
    let mut stage = Stage::new();
    let wifi = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec:\n  displayName: Wi-Fi\n  wifiSecurityType: wpa2Personal\n  networkName: Office\n  ssid: office\n  preSharedKey: { $env: WIFI_PSK }\n";
    stage.write("tenants/contoso/policies/wifi.yaml", wifi);
    stage.commit("Declare the Wi-Fi");
    stage.runner.secrets =
        json!({ "MOORLINE_VARIABLES": "# the key\nWIFI_PSK=canary of = the 100%25 office\n" });
    let jobs = stage.dispatch("apply", json!({}));
    jobs["apply"].expect("success");
    stage.runner.secrets = json!({});
    let jobs = stage.dispatch("apply", json!({ "only": "windowsWifi*/*" }));
    jobs["apply"].expect("success");
}

/// A repository with the example tenant and its workflows, as they are in this one.
fn example() -> Stage {
    let stage = Stage::new();
    let clone = &stage.runner.clone;
    copy(&repository().join("examples/contoso"), &clone.join("examples/contoso"));
    for name in ["plan", "drift", "apply"] {
        let path = format!(".github/workflows/example-{name}.yml");
        std::fs::copy(repository().join(&path), clone.join(&path)).expect("it can be copied");
    }
    stage.commit("Declare the example");
    git(clone, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    git(clone, &["fetch", "--quiet"]);
    // Without a tenant in a file: the workflows ask for the sandbox themselves.
    let program = format!("#!/bin/sh\nexec {:?} \"$@\"\n", env!("CARGO_BIN_EXE_moorline"));
    stage.runner.home.write("bin/moorline", program);
    let mut stage = stage;
    stage.runner.environments = json!({ "example": {} });
    stage
}

#[test]
fn workflows_of_this_repository_run_on_the_example() {
    let stage = example();
    let event = |name| Event {
        name,
        payload: json!({
            "repository": { "default_branch": "main" },
            "pull_request": { "head": { "repo": { "full_name": REPOSITORY } }, "user": { "login": "alice" } },
        }),
        reference: "refs/heads/main".to_owned(),
        base: "main".to_owned(),
        inputs: json!({}),
    };
    let run = |name: &str, event: &Event| {
        stage.runner.run(&format!(".github/workflows/example-{name}.yml"), event)
    };
    let jobs = run("plan", &event("pull_request"));
    let summary = &jobs["plan"].expect("success").summary;
    assert!(summary.contains("6 to create"), "{summary}");
    assert!(summary.contains("windowsIdentityProtectionConfiguration/windows-hello"), "{summary}");
    let jobs = run("drift", &event("schedule"));
    let summary = &jobs["drift"].expect("success").summary;
    assert!(summary.contains("No drift"), "{summary}");
    let jobs = run("apply", &event("workflow_dispatch"));
    assert!(jobs["apply"].expect("success").summary.contains("windows-hello"));
    assert_eq!(jobs["applied"].result, "skipped", "the sandbox is no tenant");
    assert_eq!(stage.forge.take_writes(), Vec::<String>::new());
}

#[test]
fn workflows_of_this_repository_call_with_the_inputs_that_there_are() {
    // The example's own workflows run on GitHub alone: here, that what they pass is declared.
    for name in ["plan", "drift", "apply"] {
        let path = repository().join(format!(".github/workflows/example-{name}.yml"));
        let caller = crate::support::yaml(&path);
        let called =
            crate::support::yaml(&repository().join(format!(".github/workflows/{name}.yml")));
        let inputs = called["on"]["workflow_call"]["inputs"].as_object().expect("inputs");
        for (input, _) in caller["jobs"][name]["with"].as_object().expect("inputs") {
            assert!(inputs.contains_key(input), "{name}: {input}");
        }
        for (id, job) in called["jobs"].as_object().expect("jobs") {
            crate::support::actions::expect_granted(
                &caller["jobs"][name]["permissions"],
                &job["permissions"],
                id,
            );
        }
    }
}
