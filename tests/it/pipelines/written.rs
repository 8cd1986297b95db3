//! `init --github` and `--azure-devops`: the pipelines of a tenant, which nothing has to be filled into.

use std::process::Command;

use crate::support::{Workspace, repository, yaml};

/// A repository, with an empty folder for a tenant in it.
fn in_git() -> Workspace {
    let workspace = Workspace::empty();
    std::fs::create_dir_all(workspace.file("tenants/contoso")).expect("a folder");
    let made = Command::new("git").args(["init", "--quiet"]).current_dir(workspace.path()).status();
    assert!(made.expect("Git runs").success());
    workspace
}

#[test]
fn workflows_stand_at_the_root_of_the_repository_and_name_the_folder_of_the_tenant() {
    let workspace = in_git();
    let arguments = ["init", "tenants/contoso", "--tenant-id", "contoso.com", "--github"];
    let run = workspace.run(&arguments).expect(0);
    for name in ["plan", "drift", "apply", "rollback"] {
        let line = format!("made  ../../.github/workflows/contoso-{name}.yml\n");
        assert!(run.stdout.contains(&line), "{}", run.stdout);
        let workflow = yaml(&workspace.file(&format!(".github/workflows/contoso-{name}.yml")));
        let job = &workflow["jobs"][name];
        assert_eq!(job["with"]["tenant"], "tenants/contoso");
        assert_eq!(job["with"]["client-id"], "${{ vars.AZURE_CLIENT_ID_CONTOSO }}");
        let version = env!("CARGO_PKG_VERSION");
        let uses = format!("moorline/moorline/.github/workflows/{name}.yml@action-v{version}");
        assert_eq!(job["uses"], uses);
    }
    assert!(run.stderr.contains("moorline permissions --github OWNER/REPO"), "{}", run.stderr);
}

#[test]
fn several_tenants_of_a_repository_have_pipelines_of_their_own() {
    let workspace = in_git();
    for name in ["contoso", "fabrikam"] {
        let folder = format!("tenants/{name}");
        let id = format!("{name}.com");
        workspace.run(&["init", &folder, "--tenant-id", &id, "--azure-devops"]).expect(0);
    }
    let found = std::fs::read_dir(workspace.file(".azure-pipelines")).expect("the folder");
    assert_eq!(found.count(), 6);
    let plan = yaml(&workspace.file(".azure-pipelines/fabrikam-plan.yml"));
    let parameters = &plan["jobs"][0]["parameters"];
    assert_eq!(parameters["serviceConnection"], "moorline-fabrikam-read");
}

#[test]
fn tenant_that_is_there_gets_pipelines_and_a_changed_one_is_kept() {
    let workspace = Workspace::tenant(&[]);
    let commit = "0123456789ABCDEF0123456789abcdef01234567";
    workspace.run(&["init", "--github", "--pin", commit]).expect(0);
    let path = ".github/workflows/contoso-plan.yml";
    let workflow = yaml(&workspace.file(path));
    let uses = workflow["jobs"]["plan"]["uses"].as_str().expect("a workflow");
    assert!(uses.ends_with(&format!("@{}", commit.to_lowercase())), "{uses}");
    assert_eq!(workflow["jobs"]["plan"]["with"]["tenant"], ".");
    workspace.write(path, "name: mine\n");
    let run = workspace.run(&["init", "--github"]).expect(0);
    let line = format!("kept  {path}, which lacks what this version writes: ");
    assert!(run.stdout.contains(&line), "{}", run.stdout);
    assert_eq!(std::fs::read_to_string(workspace.file(path)).expect("text"), "name: mine\n");
}

#[test]
fn tenant_file_that_cannot_be_used_gets_no_pipelines() {
    let workspace = Workspace::empty();
    workspace.write("moorline.yaml", "kind: Tenant\n");
    let run = workspace.run(&["init", "--github"]).expect(64);
    assert!(run.stderr.contains("moorline validate"), "{}", run.stderr);
    assert!(!workspace.file(".github").exists());
    workspace.run(&["init", "--github", "--pin", "v1.2.3"]).expect(64);
    workspace.run(&["init", "--pin", "0123456789abcdef0123456789abcdef01234567"]).expect(64);
}

#[test]
fn repository_among_the_examples_has_the_pipelines_that_are_written_now_and_is_valid() {
    let workspace = Workspace::example("repository");
    for tenant in ["tenants/contoso", "tenants/contoso-test"] {
        workspace.run(&["validate", tenant]).expect(0);
        workspace.run(&["plan", tenant, "--sandbox"]).expect(0);
    }
    for folder in [".github/workflows", ".azure-pipelines"] {
        std::fs::remove_dir_all(workspace.file(folder)).expect("the pipelines were there");
    }
    std::fs::create_dir(workspace.file(".git")).expect("the root of a repository");
    for tenant in ["tenants/contoso", "tenants/contoso-test"] {
        workspace.run(&["init", tenant, "--github", "--azure-devops"]).expect(0);
    }
    for folder in [".github/workflows", ".azure-pipelines"] {
        let example = repository().join("examples/repository").join(folder);
        let written = std::fs::read_dir(workspace.file(folder)).expect("the folder");
        let mut count = 0;
        for entry in written {
            let path = entry.expect("a file").path();
            let there = std::fs::read_to_string(example.join(path.file_name().expect("a name")));
            let text = std::fs::read_to_string(&path).expect("text");
            assert_eq!(there.ok(), Some(text), "{}", path.display());
            count += 1;
        }
        assert_eq!(std::fs::read_dir(example).expect("the folder").count(), count);
    }
}
