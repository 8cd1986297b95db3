//! `moorline man`.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::exit_codes;
use super::output::{save, unwritable};
use super::{Done, Result};
use crate::report::phrases::count;
use crate::ui::Ui;

/// Write the manual pages into a folder, one for each command.
///
/// `man` finds them in a folder man1 below one that MANPATH names: `moorline man ~/.local/share/man/man1`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder for the pages; it is made if it is not there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run<C: CommandFactory>(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder).map_err(|source| unwritable(folder, source))?;
    // The page has a section of its own for what stands at the end of the help.
    let mut program = C::command().disable_help_subcommand(true).after_help(None);
    program.build();
    let mut pages = pages(&program);
    pages[0].1 += &exit_codes::page();
    for (name, page) in &pages {
        save(ui, &folder.join(name), page)?;
    }
    ui.status(&format!("Wrote {} to {}.", count(pages.len(), "page"), folder.display()));
    Ok(Done::Quietly)
}

/// Returns the pages of a command and of the commands below it, each with the name of its file.
fn pages(command: &Command) -> Vec<(String, String)> {
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    // Memory takes every text.
    let _ = page.render(&mut text);
    let text = titled(command, &String::from_utf8_lossy(&text));
    let mut all = vec![(page.get_filename(), text)];
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    all.extend(shown.flat_map(pages));
    all
}

/// Replaces the title of a page, in which an empty date would let the version take its place.
fn titled(command: &Command, text: &str) -> String {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let version = env!("CARGO_PKG_VERSION");
    let title = format!(".TH {name} 1 \"\" \"Moorline {version}\" \"Moorline\"");
    let lines = text.lines().map(|line| if line.starts_with(".TH ") { &title } else { line });
    lines.flat_map(|line| [line, "\n"]).collect()
}
