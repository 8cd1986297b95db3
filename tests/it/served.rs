//! A tenant that a sandbox in the test plays, and the binary that talks to it over HTTP: it outlives every run.

#[cfg(debug_assertions)]
use std::process::{Child, Stdio};

use moorline::sandbox::Sandbox;
use moorline::sandbox::state::State;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Run, Workspace};

/// A folder of manifests, and the tenant that they are about.
pub struct Served {
    /// The folder.
    pub workspace: Workspace,
    /// The sandbox.
    pub running: Sandbox,
    /// What it runs on.
    _runtime: Runtime,
    url: String,
}

impl Served {
    /// Plays the tenant of a workspace's seed under these conditions.
    pub fn new(workspace: Workspace, conditions: Value) -> Self {
        let state = State::load(&workspace.file("sandbox.json"), Default::default())
            .expect("the seed is a state");
        let conditions = serde_json::from_value(conditions).expect("the conditions make sense");
        let runtime = Runtime::new().expect("a runtime starts");
        let address = ([127, 0, 0, 1], 0).into();
        let running = runtime
            .block_on(Sandbox::start(state, None, conditions, address))
            .expect("the sandbox starts");
        Self { url: running.url(), workspace, running, _runtime: runtime }
    }

    /// Runs the binary against the tenant.
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.run_on(&self.workspace, arguments, variables)
    }

    /// Runs the binary on other manifests of the tenant.
    pub fn run_on(
        &self,
        workspace: &Workspace,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Run {
        let (arguments, variables) = self.of(arguments, variables);
        workspace.run_with(&arguments, &variables)
    }

    /// Starts the binary, for a test that does not let it end.
    #[cfg(debug_assertions)]
    pub fn start(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
        let (arguments, variables) = self.of(arguments, variables);
        let mut command = self.workspace.command(&arguments);
        command.envs(variables).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the binary runs")
    }

    /// Returns the tenant as it is now.
    pub fn tenant(&self) -> Value {
        let text = self.running.state().to_json().expect("a state is JSON");
        serde_json::from_str(&text).expect("a state is JSON")
    }

    fn of<'a>(
        &'a self,
        arguments: &[&'a str],
        variables: &[(&'a str, &'a str)],
    ) -> (Vec<&'a str>, Vec<(&'a str, &'a str)>) {
        let hosts = ["--graph-url", &self.url, "--login-url", &self.url];
        let app = [("AZURE_CLIENT_ID", "tests"), ("AZURE_CLIENT_SECRET", "canary")];
        ([arguments, &hosts].concat(), [&app, variables].concat())
    }
}
