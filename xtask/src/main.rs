//! Tasks of developers: `cargo xtask --help` lists them.

mod lines;
mod packages;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Tasks of Moorline's developers")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Regenerate `schemas/` from the type documents, the facts and the types of documents
    Schemas,
    /// Accept the current output of the tests as their snapshots (needs cargo-insta); read the diff before you commit
    Snapshots,
    /// Regenerate the output that README.md shows
    Readme,
    /// Count executable lines of `src`: no tests, comments or blank lines
    Lines {
        /// A commit to compare with, formatted by the present rustfmt.toml
        #[arg(long, value_name = "COMMIT")]
        base: Option<String>,
    },
    /// Run the tests that read backups made by IntuneCD
    Intunecd {
        /// A Python that has the package IntuneCD
        #[arg(value_name = "PYTHON")]
        python: String,
    },
    /// Fill in the Homebrew, Scoop and winget files of `packaging/` for a release
    Packages {
        /// The release's SHA256SUMS
        #[arg(value_name = "SHA256SUMS")]
        sums: PathBuf,
        /// Folder to write them into, at the places where the package managers look for them
        #[arg(long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    match task {
        Task::Schemas => {
            // The first run writes what the type documents give; the second one is built with it.
            test(root, "schemas", ("UPDATE_SCHEMAS", "1"))?;
            test(root, "schemas", ("UPDATE_SCHEMAS", "1"))
        }
        Task::Snapshots => accept_snapshots(root),
        Task::Readme => test(root, "readme", ("UPDATE_SCHEMAS", "1")),
        Task::Lines { base } => lines::print(root, base.as_deref()),
        Task::Packages { sums, output } => write_packages(root, sums, output),
        Task::Intunecd { python } => test(root, "intunecd", ("MOORLINE_TEST_PYTHON", python)),
    }
}

/// Runs the black-box tests whose names contain a text, with a variable set.
fn test(root: &Path, filter: &str, variable: (&str, &str)) -> Result<()> {
    let arguments = ["test", "--locked", "--package", "moorline", "--test", "it", "--", filter];
    command(Command::new("cargo").args(arguments).env(variable.0, variable.1).current_dir(root))
}

/// Writes the snapshots into the sources of the tests.
fn accept_snapshots(root: &Path) -> Result<()> {
    let is_installed =
        Command::new("cargo").args(["insta", "--version"]).output()?.status.success();
    if !is_installed {
        return Err(
            "cargo-insta is missing: `cargo install --locked cargo-insta` installs it".into()
        );
    }
    let arguments = ["insta", "test", "--accept", "--package", "moorline", "--test", "it"];
    command(Command::new("cargo").args(arguments).current_dir(root))
}

/// Writes the files of package managers for a release.
fn write_packages(root: &Path, sums: &Path, output: &Path) -> Result<()> {
    let text =
        std::fs::read_to_string(sums).map_err(|error| format!("{}: {error}", sums.display()))?;
    for (place, text) in packages::filled(&root.join("packaging"), &text)? {
        let file = output.join(place);
        std::fs::create_dir_all(file.parent().ok_or("a file has no folder")?)?;
        std::fs::write(&file, text)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// Runs a command.
fn command(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed: {status}").into()) }
}
