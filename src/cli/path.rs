//! PATH: what a command is told to read.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind};

/// Refuses a PATH that leads nowhere: that is a slip on the command line, not one in a manifest.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    readable(path).map_err(|source| {
        let usage = |message| Error::new(ErrorKind::Usage, "usage/path", message);
        if source.kind() == io::ErrorKind::NotFound {
            return usage(format!("there is no folder or file `{}`", path.display()))
                .hint("Check the spelling; PATH is relative to the current folder.");
        }
        usage(format!("`{}` cannot be read", path.display())).because(source)
    })
}

fn readable(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        fs::read_dir(path)?;
    } else if metadata.is_file() {
        // A pipe would not survive a look into it.
        File::open(path)?;
    }
    Ok(())
}
