//! The files of package managers, filled in from made-up checksums.

use std::path::Path;

use jsonschema::Validator;
use moorline::diagnostic::Sources;
use moorline::yaml::parse::parse;
use serde_json::Value;

use crate::packages::{REPOSITORY, ReleaseTarget, Sums, filled, targets};
use crate::support::repository;

fn release_targets() -> Vec<ReleaseTarget> {
    targets(&repository().join("packaging")).expect("the table can be read")
}

/// Returns a made-up digest, another one for each target.
fn digest(at: usize) -> String {
    format!("{at:x}").repeat(64)
}

/// Returns the SHA256SUMS of a release.
fn sums(version: &str) -> String {
    let archives = release_targets().into_iter().enumerate().map(|(at, it)| {
        format!("{}  moorline-{version}-{}.{}\n", digest(at + 10), it.target, it.archive)
    });
    archives.chain([format!("{}  moorline-{version}.cdx.json\n", digest(1))]).collect()
}

/// Returns a filled file.
fn file(version: &str, path: &str) -> String {
    let files = filled(&repository().join("packaging"), &sums(version)).expect("it is filled in");
    let found = files.into_iter().find(|(place, _)| place == Path::new(path));
    found.unwrap_or_else(|| panic!("{path} is written")).1
}

/// Returns a file of winget as JSON.
fn winget(part: &str) -> Value {
    let folder = "winget/manifests/m/Moorline/Moorline/1.2.3";
    let text = file("1.2.3", &format!("{folder}/Moorline.Moorline{part}.yaml"));
    let parsed = parse(&text, Sources::default().next_id());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    parsed.documents[0].as_written()
}

fn schema(name: &str) -> Validator {
    let path = repository().join("tests/it/fixtures/packages").join(name);
    let text = std::fs::read_to_string(path).expect("the schema can be read");
    let schema: Value = serde_json::from_str(&text).expect("it is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("it is a schema")
}

#[track_caller]
fn fits(schema: &Validator, document: &Value) {
    let errors: Vec<String> = schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[test]
fn winget_takes_its_manifests() {
    for (part, name) in
        [("", "version"), (".installer", "installer"), (".locale.en-US", "locale.en-US")]
    {
        let schema = schema(&format!("winget.{name}.json"));
        let mut manifest = winget(part);
        fits(&schema, &manifest);
        manifest["PackageIdentifier"] = "Moorline".into();
        assert!(!schema.is_valid(&manifest), "{name} has to have a publisher");
    }
    let manifest = winget(".installer");
    let installers = manifest["Installers"].as_array().expect("a list");
    let told: Vec<_> =
        installers.iter().map(|it| [&it["Architecture"], &it["InstallerSha256"]]).collect();
    assert_eq!(
        told,
        [[&"x64".into(), &Value::from(digest(14))], [&"arm64".into(), &digest(15).into()]]
    );
}

#[test]
fn scoop_takes_its_manifest() {
    let text = file("1.2.3", "bucket/moorline.json");
    let mut manifest: Value = serde_json::from_str(&text).expect("it is JSON");
    let schema = schema("scoop.json");
    fits(&schema, &manifest);
    let archive = &manifest["architecture"]["arm64"];
    assert_eq!(archive["hash"], digest(15));
    let place =
        format!("{REPOSITORY}/releases/download/v1.2.3/moorline-1.2.3-aarch64-pc-windows-msvc.zip");
    assert_eq!(archive["url"], place);
    // What Scoop makes of the next version is the name that the next release has.
    let next = manifest["autoupdate"]["architecture"]["arm64"]["url"].as_str().expect("a text");
    assert_eq!(next.replace("$version", "1.2.3"), place);
    manifest["architecture"]["arm64"]["hash"] = "0".into();
    assert!(!schema.is_valid(&manifest), "a digest has 64 digits");
}

#[test]
fn homebrew_installs_the_archive_of_each_of_its_platforms() {
    let formula = file("1.2.3", "HomebrewFormula/moorline.rb");
    let found: Vec<&str> = formula.lines().map(str::trim).collect();
    for (at, ReleaseTarget { target, archive, .. }) in release_targets().iter().enumerate() {
        let url = format!(
            "url \"{REPOSITORY}/releases/download/v1.2.3/moorline-1.2.3-{target}.{archive}\""
        );
        let place = found.iter().position(|line| **line == url);
        assert_eq!(place.is_some(), archive == "tar.gz", "{target}\n{formula}");
        if let Some(place) = place {
            assert_eq!(found[place + 1], format!("sha256 \"{}\"", digest(at + 10)));
        }
    }
    assert!(found.contains(&"version \"1.2.3\""), "{formula}");
    let folders = found.iter().filter(|line| line.contains(".install"));
    assert_eq!(folders.count(), 5, "binary, manual pages and three completions");
}

#[test]
fn a_prerelease_keeps_its_whole_version() {
    let formula = file("2.0.0-rc.1", "HomebrewFormula/moorline.rb");
    assert!(formula.contains("version \"2.0.0-rc.1\""), "{formula}");
    assert!(
        formula.contains("v2.0.0-rc.1/moorline-2.0.0-rc.1-x86_64-apple-darwin.tar.gz"),
        "{formula}"
    );
}

#[test]
fn checksums_that_are_no_releases_are_refused() {
    let whole = sums("1.2.3");
    let of = |text: &str| Sums::of(text, &release_targets()).expect_err("it is refused");
    let without = |word: &str| {
        whole
            .lines()
            .filter(|line| !line.contains(word))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    assert_eq!(of(""), "there is no moorline-VERSION-x86_64-unknown-linux-musl.tar.gz");
    assert_eq!(
        of(&without("aarch64-apple-darwin")),
        "there is no moorline-VERSION-aarch64-apple-darwin.tar.gz"
    );
    assert_eq!(
        of(&(whole.clone() + &sums("1.2.4"))),
        "there are several archives for x86_64-unknown-linux-musl"
    );
    let mixed = without("aarch64-apple-darwin")
        + &sums("1.2.4")
            .lines()
            .filter(|line| line.contains("aarch64-apple-darwin"))
            .collect::<String>();
    assert!(of(&mixed).contains("another version"), "{}", of(&mixed));
    assert!(of(&whole.replace(&digest(12), "beef")).contains("which is no SHA-256"));
    assert!(of(&sums("$(reboot)")).contains("another version"), "a version is no command");
}

#[test]
fn a_placeholder_without_a_value_is_refused() {
    let sums = Sums::of(&sums("1.2.3"), &release_targets()).expect("a release");
    let fill = |text: &str| sums.fill(text).expect_err("it is refused");
    assert_eq!(fill("@VERSIO@"), "`@VERSIO@` stands for nothing");
    assert_eq!(
        fill("@URL x86_64-unknown-linux-gnu@"),
        "`@URL x86_64-unknown-linux-gnu@` stands for nothing"
    );
    assert!(fill("a lone @ here").contains("stands for nothing"));
}

#[test]
fn cargo_binstall_finds_the_archive_of_each_platform() {
    let manifest =
        std::fs::read_to_string(repository().join("Cargo.toml")).expect("it can be read");
    assert!(manifest.contains(&format!("repository = \"{REPOSITORY}\"")), "{manifest}");
    let section = |name: &str| {
        let (_, rest) = manifest.split_once(&format!("\n[package.metadata.binstall{name}]\n"))?;
        Some(rest.split("\n[").next().unwrap_or_default())
    };
    for ReleaseTarget { target, archive, .. } in release_targets() {
        let section =
            section(&format!(".overrides.{target}")).or_else(|| section("")).expect("a section");
        let value = |key: &str| {
            let line = section.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
            line.expect("the key is there").trim_matches('"').to_owned()
        };
        let url =
            [("repo", REPOSITORY), ("version", "1.2.3"), ("name", "moorline"), ("target", &target)]
                .iter()
                .fold(value("pkg-url"), |url, (name, value)| {
                    url.replace(&format!("{{ {name} }}"), value)
                });
        assert_eq!(
            url,
            format!("{REPOSITORY}/releases/download/v1.2.3/moorline-1.2.3-{target}.{archive}")
        );
        assert_eq!(value("pkg-fmt"), if archive == "zip" { "zip" } else { "tgz" });
    }
}

#[test]
fn licences_are_checked_for_each_platform() {
    let checked = std::fs::read_to_string(repository().join("deny.toml")).expect("it can be read");
    for ReleaseTarget { target, .. } in release_targets() {
        assert!(checked.contains(&format!("    \"{target}\",\n")), "{target} is in deny.toml");
    }
}
