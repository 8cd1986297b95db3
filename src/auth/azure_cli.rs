//! Gets tokens of the account that is signed in to the Azure CLI.

use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::caller::SignInClient;
use super::lookup::CredentialLookup;
use super::token::HandedToken;
use super::{AuthError, FoundTokens, TokenFuture, TokenSource};

/// The time that the CLI may take: it starts slowly, and asks Entra over the network.
const PATIENCE: Duration = Duration::from_secs(120);

/// The names of the CLI, in the order in which the system looks for them.
#[cfg(windows)]
const NAMES: [&str; 2] = ["az.exe", "az.cmd"];
#[cfg(not(windows))]
const NAMES: [&str; 1] = ["az"];

/// The installed CLI.
#[derive(Debug)]
struct AzureCli {
    program: PathBuf,
    tenant: String,
    caller: SignInClient,
}

/// Looks for the CLI, without asking whether an account is signed in to it.
pub(super) fn find(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let path = lookup.variable("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    let program = lookup.required(program, "`az` on the PATH")?;
    lookup.found(program.display().to_string());
    Some(Box::new(AzureCli {
        program,
        tenant: lookup.context.tenant.to_owned(),
        caller: lookup.context.caller.clone(),
    }))
}

impl AzureCli {
    async fn run(&self) -> io::Result<Output> {
        Command::new(&self.program)
            .args(["account", "get-access-token", "--output", "json"])
            .args(["--scope", &self.caller.http.endpoints.cloud().scope()])
            .args(["--tenant", &self.tenant])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
    }
}

impl TokenSource for AzureCli {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let patience =
                self.caller.http.deadline.left().map_or(PATIENCE, |left| left.min(PATIENCE));
            let output = tokio::select! {
                output = self.run() => output
                    .map_err(|source| AuthError::file("the Azure CLI", &self.program, source))?,
                () = self.caller.http.clock.sleep(patience) => {
                    return Err(AuthError::AzureCli("it did not answer in time".to_owned()));
                }
            };
            if !output.status.success() {
                return Err(AuthError::AzureCli(complaint(&output.stderr)));
            }
            // The error of the parser is not shown: it may quote the token.
            let answer: HandedToken = serde_json::from_slice(&output.stdout)
                .map_err(|_| AuthError::AzureCli("its answer holds no token".to_owned()))?;
            Ok(answer.received(&self.caller))
        })
    }
}

/// Returns the first error that the CLI reports, without the warnings around it.
fn complaint(stderr: &[u8]) -> String {
    let stderr = String::from_utf8_lossy(stderr);
    let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find_map(|line| line.strip_prefix("ERROR: "));
    let line = error.or_else(|| lines.next()).unwrap_or("it failed");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn first_error_of_the_cli_is_reported() {
        let stderr =
            b"WARNING: a new version\n\nERROR: Please run 'az login' to setup account.\nmore\n";
        assert_eq!(complaint(stderr), "Please run 'az login' to setup account.");
        assert_eq!(complaint(b"\xff oh\n"), "\u{fffd} oh");
        assert_eq!(complaint(b""), "it failed");
    }
}
