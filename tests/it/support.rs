//! A folder of one's own, and the binary in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[cfg(unix)]
pub mod actions;
#[cfg(unix)]
pub mod azure;
pub mod create_defaults;
pub mod echo;
pub mod forge;
pub mod hostile;
pub mod runners;
pub mod secrets;
pub mod snapshots;

/// The repository, for its examples and schemas.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of YAML.
#[track_caller]
pub fn yaml(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    moorline::yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A temporary folder with files of a test.
pub struct Workspace {
    folder: tempfile::TempDir,
}

/// What a run gave. It can only be made of what gives no secret away.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Workspace {
    /// Makes an empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Makes a folder with a tenant file and these files beside it.
    pub fn tenant(files: &[(&str, &str)]) -> Self {
        let workspace = Self::empty();
        workspace.write(
            "moorline.yaml",
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec:\n  tenantId: contoso.onmicrosoft.com\n  sandbox: { seed: sandbox.json }\n",
        );
        workspace.seed(&serde_json::json!({}));
        for (path, text) in files {
            workspace.write(path, text);
        }
        workspace
    }

    /// Writes the sandbox seed: these sections beside what every seed has.
    pub fn seed(&self, sections: &Value) {
        let mut seed = serde_json::json!({
            "kind": "sandbox-state",
            "formatVersion": "1.0",
            "tenant": {
                "id": "8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11",
                "displayName": "Contoso",
                "domain": "contoso.onmicrosoft.com",
            },
        });
        for (name, section) in sections.as_object().into_iter().flatten() {
            seed[name] = section.clone();
        }
        self.write("sandbox.json", seed.to_string());
    }

    /// Copies an example of the repository into a folder.
    pub fn example(name: &str) -> Self {
        let workspace = Self::empty();
        copy(&repository().join("examples").join(name), workspace.path());
        workspace
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a path in the folder.
    pub fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// Writes a file, with its folders.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.file(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// Reads a JSON file.
    pub fn json(&self, path: &str) -> Value {
        let text = std::fs::read_to_string(self.file(path)).expect("the file can be read");
        serde_json::from_str(&text).expect("the file is JSON")
    }

    /// Replaces a piece of text in a file; it must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file(path)).expect("the file can be read");
        assert!(text.contains(from), "{path} holds {from:?}");
        self.write(path, text.replace(from, to));
    }

    /// Runs the binary in the folder.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    /// Runs the binary in the folder with environment variables.
    #[track_caller]
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(arguments);
        for (name, value) in variables {
            secrets::is_marked(name, value);
            command.env(name, value);
        }
        let before = secrets::Files::of(self.path());
        let run = Run::from(command.output().expect("the binary runs"));
        before.keep_secrets_since(self.path());
        run
    }

    /// Runs the binary in the folder with a text on stdin.
    #[track_caller]
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // The program may end before it has read everything.
        let _ = stdin.write_all(input);
        drop(stdin);
        Run::from(child.wait_with_output().expect("the binary ends"))
    }

    /// Returns the binary's command in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moorline"));
        command
            .current_dir(self.path())
            .args(arguments)
            .env_clear()
            .env("MOORLINE_TEST_CLOCK", "100")
            .env("MOORLINE_STATE_DIR", self.file(".state"));
        command
    }
}

impl From<Output> for Run {
    #[track_caller]
    fn from(output: Output) -> Self {
        Self::new(
            output.status.code().unwrap_or(-1),
            String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        )
    }
}

impl Run {
    /// Makes what a run gave, and makes sure that no secret is in it.
    #[track_caller]
    pub fn new(code: i32, stdout: String, stderr: String) -> Self {
        secrets::are_kept("stdout", &stdout);
        secrets::are_kept("stderr", &stderr);
        Self { code, stdout, stderr }
    }

    /// Expects an exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Returns stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not JSON ({error}):\n{}\n{}", self.stdout, self.stderr),
        }
    }
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the example can be read") {
        let entry = entry.expect("the example can be read");
        // The journals and the definitions of a person who tried the example.
        if [".moorline", "moorline.catalog"].iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// Runs Git in a folder and returns what it prints.
#[track_caller]
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Alice", "-c", "user.email=alice@contoso.com"])
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("Git runs");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}
