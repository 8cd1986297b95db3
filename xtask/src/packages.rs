//! The files of package managers, filled in for a release from its SHA256SUMS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The repository whose releases are downloaded.
pub const REPOSITORY: &str = "https://github.com/moorline/moorline";

/// A platform that releases have an archive for: an entry of `packaging/targets.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseTarget {
    /// The name that rustc has for it.
    pub target: String,
    /// The label of the machine that builds for it, and runs what it built.
    #[serde(rename = "runner")]
    pub _runner: String,
    /// The ending of its archive.
    pub archive: String,
    /// The platform of the container image that has its binary, if any.
    #[serde(rename = "platform")]
    pub _platform: Option<String>,
}

/// The archives of a release.
#[derive(Clone, Debug)]
pub struct Sums {
    version: String,
    /// The name and the SHA-256 of each target's archive.
    archives: BTreeMap<String, (String, String)>,
}

/// A template below `packaging`, and the place of the filled file, in which `VERSION` stands for the version.
const TEMPLATES: [(&str, &str); 5] = [
    ("homebrew/moorline.rb", "HomebrewFormula/moorline.rb"),
    ("scoop/moorline.json", "bucket/moorline.json"),
    ("winget/Moorline.Moorline.yaml", "winget/manifests/m/Moorline/Moorline/VERSION"),
    ("winget/Moorline.Moorline.installer.yaml", "winget/manifests/m/Moorline/Moorline/VERSION"),
    ("winget/Moorline.Moorline.locale.en-US.yaml", "winget/manifests/m/Moorline/Moorline/VERSION"),
];

/// Reads the platforms of releases.
pub fn targets(packaging: &Path) -> Result<Vec<ReleaseTarget>, String> {
    let text = read(&packaging.join("targets.json"))?;
    serde_json::from_str(&text).map_err(|error| format!("packaging/targets.json: {error}"))
}

/// Returns the files of package managers for the release that a SHA256SUMS describes, each with its path.
pub fn filled(packaging: &Path, sums: &str) -> Result<Vec<(PathBuf, String)>, String> {
    let sums = Sums::of(sums, &targets(packaging)?)?;
    let fill = |(template, place): &(&str, &str)| {
        let file = packaging.join(template);
        let text = sums.fill(&read(&file)?).map_err(|error| format!("{template}: {error}"))?;
        let mut place = PathBuf::from(place.replace("VERSION", &sums.version));
        if place.extension() != file.extension() {
            place.push(file.file_name().unwrap_or_default());
        }
        Ok((place, text))
    };
    TEMPLATES.iter().map(fill).collect()
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

impl Sums {
    /// Reads the lines of `sha256sum`. Every target has one archive, and all have one version; other files may stand there too.
    pub fn of(text: &str, targets: &[ReleaseTarget]) -> Result<Self, String> {
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let lines: Vec<(&str, &str)> =
            lines.map(|(digest, name)| (name.trim_start_matches([' ', '*']), digest)).collect();
        let mut archives = BTreeMap::new();
        let mut version: Option<&str> = None;
        for ReleaseTarget { target, archive, .. } in targets {
            let end = format!("-{target}.{archive}");
            let version_of = |name| str::strip_suffix(name, &end)?.strip_prefix("moorline-");
            let mut found =
                lines.iter().filter_map(|(name, digest)| Some((version_of(name)?, *name, *digest)));
            let (of_archive, name, digest) =
                found.next().ok_or_else(|| format!("there is no moorline-VERSION{end}"))?;
            if found.next().is_some() {
                return Err(format!("there are several archives for {target}"));
            }
            if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(format!("{name} has `{digest}`, which is no SHA-256"));
            }
            let is_version = |text: &str| {
                text.starts_with(|first: char| first.is_ascii_digit())
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
            };
            if !is_version(of_archive) || version.is_some_and(|version| version != of_archive) {
                return Err(format!(
                    "{name} is of another version than the archives before it, or of none"
                ));
            }
            version = Some(of_archive);
            archives.insert(target.clone(), (name.to_owned(), digest.to_ascii_lowercase()));
        }
        let version = version.ok_or("no platform has releases")?.to_owned();
        Ok(Self { version, archives })
    }

    /// Fills in a template: `@VERSION@`, `@REPOSITORY@`, `@URL TARGET@` and `@SHA256 TARGET@`.
    pub fn fill(&self, template: &str) -> Result<String, String> {
        let mut text = String::with_capacity(template.len());
        for (at, piece) in template.split('@').enumerate() {
            text += &if at % 2 == 0 { piece.to_owned() } else { self.value(piece)? };
        }
        Ok(text)
    }

    fn value(&self, placeholder: &str) -> Result<String, String> {
        let version = &self.version;
        let archive = |target| self.archives.get(target);
        let value = match placeholder.split_once(' ') {
            None if placeholder == "VERSION" => Some(version.clone()),
            None if placeholder == "REPOSITORY" => Some(REPOSITORY.to_owned()),
            Some(("URL", target)) => archive(target)
                .map(|(name, _)| format!("{REPOSITORY}/releases/download/v{version}/{name}")),
            Some(("SHA256", target)) => archive(target).map(|(_, digest)| digest.clone()),
            _ => None,
        };
        value.ok_or_else(|| format!("`@{placeholder}@` stands for nothing"))
    }
}
