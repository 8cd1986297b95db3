//! `moorline comment`: the one comment of a tenant on a pull request, as its author and its marker tell it.

use insta::assert_snapshot;

use crate::support::forge::{ALICE, Forge, REPOSITORY, WORKFLOW};
use crate::support::{Run, Workspace};

/// A pull request with a workflow that comments on it.
struct Commenting {
    forge: Forge,
    workspace: Workspace,
}

impl Commenting {
    fn new() -> Self {
        let commenting = Self { forge: Forge::start(), workspace: Workspace::tenant(&[]) };
        commenting.says("### Plan: 1 to create.\n");
        commenting
    }

    /// Sets the text of the next run.
    fn says(&self, text: &str) {
        self.workspace.write("plan.md", text);
    }

    /// Pushes a commit, and returns it.
    fn push(&self, short: &str) -> String {
        let commit = short.to_owned() + &"0".repeat(33);
        self.forge.push(7, &commit);
        commit
    }

    /// Comments from the repository's own branch.
    #[track_caller]
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.run_from(REPOSITORY, arguments, variables)
    }

    /// Comments from a branch of a repository, with further arguments and variables.
    #[track_caller]
    fn run_from(&self, head: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.workspace.write("event.json", self.forge.event(7, head).to_string());
        let event = self.workspace.file("event.json").display().to_string();
        let of_step = self.forge.variables(&event);
        let body = if arguments.contains(&"--outdated") { &[][..] } else { &["--body", "plan.md"] };
        let arguments = [&["comment"], body, arguments].concat();
        self.workspace.run_with(&arguments, &[&of_step[..], variables].concat())
    }

    /// Returns the text of the one comment.
    #[track_caller]
    fn text(&self) -> String {
        let texts = self.forge.texts(7);
        assert_eq!(texts.len(), 1, "{texts:#?}");
        texts.into_iter().next().expect("one")
    }
}

#[test]
fn first_push_creates_the_comment_and_the_next_one_replaces_its_text() {
    let pull = Commenting::new();
    let run = pull.run(&[], &[]).expect(0);
    assert_snapshot!(run.stdout, @"Created the comment of contoso on pull request 7 of contoso/devices: https://github.com/contoso/devices/pull/7#issuecomment-1001");
    assert_snapshot!(pull.text(), @"
    <!-- moorline:comment tenant=contoso commit=c0ffee2000000000000000000000000000000000 run=100.1 -->
    ### Plan: 1 to create.
    ");

    pull.push("c0ffee3");
    pull.says("### Plan: 2 to create.\n");
    let run = pull.run(&[], &[]).expect(0);
    assert_snapshot!(run.stdout, @"Updated the comment of contoso on pull request 7 of contoso/devices: https://github.com/contoso/devices/pull/7#issuecomment-1001");
    let text = pull.text();
    assert!(
        text.contains("commit=c0ffee3") && text.ends_with("### Plan: 2 to create.\n"),
        "{text}"
    );
}

#[test]
fn same_text_is_not_written_again() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    pull.forge.take_writes();
    let run = pull.run(&[], &[]).expect(0);
    assert_snapshot!(run.stdout, @"Nothing changed in the comment of contoso on pull request 7 of contoso/devices: https://github.com/contoso/devices/pull/7#issuecomment-1001");
    assert_eq!(pull.forge.take_writes(), [""; 0]);
}

#[test]
fn later_run_with_the_same_text_is_the_one_that_an_earlier_run_leaves_alone() {
    let pull = Commenting::new();
    let attempt = |number| [("GITHUB_RUN_ATTEMPT", number)];
    pull.run(&[], &attempt("1")).expect(0);
    pull.push("c0ffee3");
    let run = pull.run(&[], &attempt("3")).expect(0);
    assert!(run.stdout.starts_with("Nothing changed"), "{}", run.stdout);
    let text = pull.text();
    assert!(text.contains("commit=c0ffee3") && text.contains("run=100.3"), "{text}");
    pull.says("### Plan of an earlier run that ends late\n");
    pull.run(&[], &attempt("2")).expect(0);
    assert_eq!(pull.text(), text);

    pull.run(&["--outdated"], &attempt("4")).expect(0);
    pull.push("c0ffee4");
    let run = pull.run(&["--outdated"], &attempt("6")).expect(0);
    assert!(run.stdout.starts_with("Nothing changed"), "{}", run.stdout);
    let text = pull.text();
    assert!(text.contains("commit=c0ffee4") && text.matches("<details>").count() == 1, "{text}");
}

#[test]
fn text_that_was_edited_is_written_again() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    let comment = |body: &str| pull.forge.state().comments[0]["body"] = body.into();
    let text = pull.text();
    let (marker, _) = text.split_once('\n').expect("a marker");
    comment(&format!("{marker}\nNo changes."));
    let run = pull.run(&[], &[]).expect(0);
    assert!(run.stdout.starts_with("Updated"), "{}", run.stdout);
    assert_eq!(pull.text(), text);
    // A service may keep other line ends, and no blanks at the end.
    comment(text.trim_end().replace('\n', "\r\n").as_str());
    pull.forge.take_writes();
    pull.run(&[], &[]).expect(0);
    assert_eq!(pull.forge.take_writes(), [""; 0]);
}

#[test]
fn run_of_an_older_commit_writes_nothing() {
    let pull = Commenting::new();
    let event = pull.forge.event(7, REPOSITORY);
    let old = event["pull_request"]["head"]["sha"].as_str().expect("a commit").to_owned();
    let new = pull.push("c0ffee3");
    pull.run(&["--commit", &new], &[]).expect(0);
    let before = pull.text();

    pull.says("### Plan of the older commit\n");
    let run = pull.run(&["--commit", &old], &[]).expect(0);
    assert_snapshot!(run.stdout, @"Left the comment of contoso on pull request 7 of contoso/devices alone: a later run writes it, or has written it, for commit c0ffee3000000000000000000000000000000000.");
    assert_eq!(pull.text(), before);
    // Nor does it say of a later plan that it is outdated.
    pull.run(&["--outdated", "--commit", &old], &[]).expect(0);
    assert_eq!(pull.text(), before);
    // A commit that was pushed away is no later one either.
    pull.run(&["--commit", &"d".repeat(40)], &[]).expect(0);
    assert_eq!(pull.text(), before);
}

#[test]
fn commit_that_the_service_has_not_noticed_yet_is_a_later_one() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    let head = pull.forge.event(7, REPOSITORY)["pull_request"]["head"]["sha"].clone();
    let new = pull.push("c0ffee3");
    pull.forge.push(7, head.as_str().expect("a commit"));
    pull.says("### Plan of the later commit\n");
    pull.run(&["--commit", &new], &[]).expect(0);
    assert!(pull.text().ends_with("### Plan of the later commit\n"));
}

#[test]
fn earlier_run_for_the_same_commit_writes_nothing() {
    let pull = Commenting::new();
    let attempt = |number| [("GITHUB_RUN_ATTEMPT", number)];
    pull.run(&[], &attempt("2")).expect(0);
    let before = pull.text();
    pull.says("### Plan of the first attempt\n");
    pull.run(&[], &attempt("1")).expect(0);
    assert_eq!(pull.text(), before);
    pull.run(&[], &attempt("3")).expect(0);
    assert!(pull.text().ends_with("### Plan of the first attempt\n"));
}

#[test]
fn run_on_the_commit_of_the_merge_is_of_the_pull_request() {
    let pull = Commenting::new();
    let merge = "e".repeat(40);
    pull.forge.state().pulls.get_mut(&7).expect("there")["merge_commit_sha"] = merge.clone().into();
    pull.run(&["--commit", &merge], &[]).expect(0);
    assert_eq!(pull.forge.texts(7).len(), 1);
}

#[test]
fn push_without_changes_marks_the_comment_as_outdated_and_the_next_one_renews_it() {
    let pull = Commenting::new();
    let run = pull.run(&["--outdated"], &[]).expect(0);
    assert_snapshot!(run.stdout, @"There is no comment of contoso on pull request 7 of contoso/devices that could be outdated.");
    assert_eq!(pull.forge.texts(7), [""; 0]);

    pull.run(&[], &[]).expect(0);
    pull.push("c0ffee3");
    let run = pull.run(&["--outdated"], &[]).expect(0);
    assert_snapshot!(run.stdout, @"Marked the comment of contoso on pull request 7 of contoso/devices as outdated: https://github.com/contoso/devices/pull/7#issuecomment-1001");
    assert_snapshot!(pull.text(), @"
    <!-- moorline:comment tenant=contoso commit=c0ffee3000000000000000000000000000000000 run=100.1 outdated -->
    **Outdated:** commit `c0ffee3` changes nothing for contoso.

    <details>
    <summary>For commit c0ffee2</summary>

    ### Plan: 1 to create.

    </details>
    ");
    pull.forge.take_writes();
    pull.run(&["--outdated"], &[]).expect(0);
    assert_eq!(pull.forge.take_writes(), [""; 0]);

    pull.push("c0ffee4");
    pull.run(&[], &[]).expect(0);
    assert!(
        pull.text().ends_with("-->\n### Plan: 1 to create.\n")
            || pull.text().ends_with("### Plan: 1 to create.\n")
    );
    pull.says("### No changes.\n");
    pull.run(&["--outdated", "--body", "plan.md"], &[]).expect(0);
    assert!(
        pull.text().ends_with("changes nothing for contoso.\n\n### No changes.\n\n"),
        "{}",
        pull.text()
    );
}

#[test]
fn comment_is_found_on_the_last_of_many_pages() {
    let pull = Commenting::new();
    for number in 0..250 {
        pull.forge.comment_as("bob", 7, &format!("remark {number}"));
    }
    pull.run(&[], &[]).expect(0);
    pull.push("c0ffee3");
    pull.says("### Plan: 2 to create.\n");
    pull.run(&[], &[]).expect(0);
    let texts = pull.forge.texts(7);
    assert_eq!(texts.len(), 251);
    assert!(texts[250].ends_with("### Plan: 2 to create.\n"));
}

#[test]
fn same_marker_by_another_author_is_left_alone() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    let copied = pull.text();
    pull.forge.comment_as("mallory", 7, &copied);
    pull.forge.comment_as("github-actions", 7, &copied);
    pull.push("c0ffee3");
    pull.says("### Plan: 2 to create.\n");
    pull.run(&[], &[]).expect(0);
    let texts = pull.forge.texts(7);
    assert!(texts[0].ends_with("### Plan: 2 to create.\n"));
    assert_eq!(texts[1..], [copied.clone(), copied]);
}

#[test]
fn person_and_workflow_have_a_comment_each() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    let variables = [("GITHUB_TOKEN", ALICE.0)];
    let run = pull.run(&[], &variables).expect(0);
    assert!(run.stdout.starts_with("Created"), "{}", run.stdout);
    let run = pull.run(&[], &variables).expect(0);
    assert!(run.stdout.starts_with("Nothing changed"), "{}", run.stdout);
    assert_eq!(pull.forge.texts(7).len(), 2);
}

#[test]
fn each_tenant_has_a_comment_of_its_own() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    pull.workspace.edit("moorline.yaml", "name: contoso", "name: contoso-test");
    pull.run(&[], &[]).expect(0);
    assert_eq!(pull.forge.texts(7).len(), 2);
}

#[test]
fn tenant_file_that_cannot_be_used_still_names_the_tenant() {
    let pull = Commenting::new();
    pull.workspace.edit("moorline.yaml", "spec:", "spec:\n  tenantID: wrong");
    pull.workspace.run(&["validate"]).expect(3);
    pull.run(&[], &[]).expect(0);
    assert!(pull.text().contains("tenant=contoso "));
}

#[test]
fn second_comment_of_two_runs_at_once_is_removed() {
    let pull = Commenting::new();
    pull.run(&[], &[]).expect(0);
    let copied = pull.text();
    pull.forge.comment_as(WORKFLOW.1, 7, &copied);
    pull.says("### Plan: 2 to create.\n");
    pull.run(&[], &[]).expect(0);
    assert!(pull.text().ends_with("### Plan: 2 to create.\n"));
}

#[test]
fn fork_gets_the_summary_of_the_step() {
    let pull = Commenting::new();
    let summary = pull.workspace.file("summary.md").display().to_string();
    pull.workspace.write("summary.md", "before\n");
    let variables = [("GITHUB_STEP_SUMMARY", summary.as_str()), ("GITHUB_TOKEN", "")];
    let run = pull.run_from("alice/devices", &[], &variables).expect(0);
    assert_snapshot!(run.stdout, @"Wrote the text into the summary of the step: pull request 7 comes from a fork, whose runs may not comment.");
    let text = std::fs::read_to_string(&summary).expect("a summary");
    assert_eq!(text, "before\n### Plan: 1 to create.\n");
    assert_eq!(pull.forge.state().calls, [""; 0]);
    let run = pull.run_from("alice/devices", &[], &[("GITHUB_TOKEN", "")]).expect(0);
    assert_eq!(run.stdout, "### Plan: 1 to create.\n");
}

#[test]
fn token_that_only_reads_gets_the_summary_and_a_warning() {
    let pull = Commenting::new();
    pull.forge.state().read_only = true;
    let summary = pull.workspace.file("summary.md").display().to_string();
    let run = pull.run(&[], &[("GITHUB_STEP_SUMMARY", &summary)]).expect(0);
    assert_snapshot!(run.stderr, @"warning: POST /repos/contoso/devices/issues/7/comments of GitHub was answered with status 403 (Resource not accessible by integration, request C0DE:1A2B). Give the job the permission: `permissions: { pull-requests: write }`, for an issue `issues: write`. Pull requests of forks and of Dependabot get a token that only reads.");
    assert_snapshot!(run.stdout, @"Wrote the text into the summary of the step: the token may not comment on pull request 7 of contoso/devices.");
    assert_eq!(std::fs::read_to_string(&summary).expect("a summary"), "### Plan: 1 to create.\n");
}

#[test]
fn closed_pull_request_gets_no_comment() {
    let pull = Commenting::new();
    pull.forge.state().pulls.get_mut(&7).expect("there")["state"] = "closed".into();
    let run = pull.run(&[], &[]).expect(0);
    assert_snapshot!(run.stdout, @"Wrote no comment of contoso on pull request 7 of contoso/devices: it is closed.");
    assert_eq!(pull.forge.texts(7), [""; 0]);
}

#[test]
fn limits_are_waited_for_and_a_lost_answer_creates_no_second_comment() {
    let pull = Commenting::new();
    pull.forge.state().limited = 2;
    pull.forge.state().lost = 1;
    let run = pull.run(&[], &[]).expect(0);
    assert!(run.stdout.starts_with("Created"), "{}", run.stdout);
    assert_eq!(pull.forge.texts(7).len(), 1);
}

#[test]
fn text_over_the_limit_is_refused_before_it_is_sent() {
    let pull = Commenting::new();
    pull.says(&"é".repeat(65_536));
    let run = pull.run(&[], &[]).expect(1);
    assert_snapshot!(run.stderr, @"
    error[forge/too-long]: the text has 65635 characters, and GitHub takes at most 65536

    hint: Give the Markdown of `plan` or `drift`, which is kept below the limit, and keep the whole as an artifact.
    ");
    assert_eq!(pull.forge.state().calls, [""; 0]);
    pull.says(&"é".repeat(65_400));
    pull.run(&[], &[]).expect(0);
    // There is no room for the text beside the note that it is outdated.
    pull.push("c0ffee3");
    pull.run(&["--outdated"], &[]).expect(0);
    assert!(pull.text().ends_with("changes nothing for contoso.\n\n\n"), "{}", pull.text());
}

#[test]
fn server_of_ones_own_has_its_interface_below_a_path() {
    let pull = Commenting::new();
    let url = format!("{}/api/v3/", pull.forge.url);
    pull.run(&["--api-url", &url], &[]).expect(0);
    assert_eq!(pull.forge.texts(7).len(), 1);
    let calls = pull.forge.state().calls.join("\n");
    assert!(calls.contains("POST /api/graphql") && calls.contains("GET /api/v3/repos/"), "{calls}");
}

#[test]
fn place_comes_from_arguments_outside_of_a_pipeline() {
    let pull = Commenting::new();
    let commit = pull.push("c0ffee3");
    let place = ["comment", "--body", "plan.md", "--forge", "github", "--repository", REPOSITORY];
    let of_pull = ["--pull-request", "7", "--commit", &commit[..9], "--api-url", &pull.forge.url];
    let token = [("GITHUB_TOKEN", ALICE.0)];
    pull.workspace.run_with(&[&place[..], &of_pull].concat(), &token).expect(0);
    assert_eq!(pull.forge.texts(7).len(), 1);
}

#[test]
fn text_comes_from_stdin_or_is_asked_for() {
    let pull = Commenting::new();
    let place = ["comment", "--body", "-", "--forge", "github", "--repository", REPOSITORY];
    let run = pull.workspace.run_with_input(&place, b"").expect(64);
    assert!(run.stderr.contains("`-` has no text"), "{}", run.stderr);
    let run = pull.workspace.run_with_input(&place, b"### Plan\n").expect(64);
    assert!(run.stderr.contains("this run is of no pull request"), "{}", run.stderr);

    let run = pull.workspace.run(&["comment", "."]).expect(64);
    assert!(
        run.stderr.contains("--body <FILE>") && run.stderr.contains("--outdated"),
        "{}",
        run.stderr
    );
}

#[test]
fn text_goes_into_the_summary_where_there_is_no_token() {
    let pull = Commenting::new();
    let summary = pull.workspace.file("summary.md").display().to_string();
    let without = [("GITHUB_TOKEN", ""), ("GITHUB_STEP_SUMMARY", &summary)];
    let run = pull.run(&[], &without).expect(1);
    assert!(run.stderr.contains("error[forge/token]"), "{}", run.stderr);
    let text = std::fs::read_to_string(&summary).expect("written");
    assert_eq!(text, "### Plan: 1 to create.\n");
}

#[test]
fn what_is_missing_is_named() {
    let pull = Commenting::new();
    let errors = |arguments: &[&str], variables: &[(&str, &str)]| {
        let run = pull.run(arguments, variables);
        assert!(run.code > 0, "{}", run.stdout);
        format!("{} {}", run.code, run.stderr)
    };
    let all = [
        errors(&[], &[("GITHUB_TOKEN", "")]),
        errors(&[], &[("GITHUB_TOKEN", "canary-unknown")]),
        errors(&[], &[("GITHUB_ACTIONS", "")]),
        errors(&[], &[("GITHUB_EVENT_PATH", "")]),
        errors(&["--pull-request", "8"], &[]),
        errors(&["--commit", "main"], &[]),
        errors(&["--api-url", "http://github.contoso.com"], &[]),
        errors(&["--repository", "contoso"], &[]),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    1 error[forge/token]: there is no token for GitHub: GITHUB_TOKEN or GH_TOKEN is not set

    hint: Give the step the token: `env: { GITHUB_TOKEN: "${{ github.token }}" }`.

    1 error[forge/refused]: GET /repos/contoso/devices/pulls/7 of GitHub was answered with status 401 (Bad credentials, request C0DE:1A2B)

    hint: Give the step the token: `env: { GITHUB_TOKEN: "${{ github.token }}" }`.

    64 error[forge/unknown]: this run is in no pipeline of GitHub, GitLab or Azure DevOps, so its repository is not known

    hint: Name it: `--forge github --repository OWNER/NAME --pull-request N --commit SHA`, with the token in GITHUB_TOKEN.

    64 error[forge/unknown]: this run is of no pull request

    hint: Run it where a pull request is planned, or name one: `--pull-request N`.

    1 error[forge/refused]: GET /repos/contoso/devices/pulls/8 of GitHub was answered with status 404 (Not Found, request C0DE:1A2B)

    hint: Check the repository and the number, and that the token may read the repository.

    64 error[forge/unknown]: `main` is no id of a commit

    hint: Give its hexadecimal digits: `--commit "$(git rev-parse HEAD)"`.

    64 error[forge/unknown]: --api-url, or the variable of the pipeline in its place, must be https; http is for this machine alone (127.0.0.1, ::1, localhost)

    hint: Name the URL of the REST interface, such as `https://github.contoso.com/api/v3`.

    64 error[forge/unknown]: the repository on GitHub is not known

    hint: Name it: `--repository OWNER/NAME`.
    "#);
}
