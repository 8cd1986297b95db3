//! Completions, in the shells that are installed: each reads the script, and asks the binary.

use std::path::Path;
use std::process::Command;

use crate::support::{Run, Workspace};

/// Runs a script in a shell, with the binary in the PATH; `None` where the shell is missing.
fn in_shell(workspace: &Workspace, shell: &[&str], script: &str) -> Option<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_moorline"));
    let folder = binary.parent().expect("the binary is in a folder").display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(shell[0])
        .args(&shell[1..])
        .arg(script)
        .current_dir(workspace.path())
        .env_clear()
        .env("PATH", path)
        .env("HOME", workspace.path())
        .output();
    match output {
        Ok(output) => Some(Run::from(output).expect(0).stdout),
        Err(_) => {
            eprintln!("skipped: there is no {}", shell[0]);
            None
        }
    }
}

/// Returns what bash offers for the last of these words.
fn in_bash(workspace: &Workspace, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source <(moorline completions bash)
COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9
# The function that bash itself would call.
function=$(complete -p moorline | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
$function moorline \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"
printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
    );
    let offered = in_shell(workspace, &["bash", "--norc", "-c"], &script).expect("there is a bash");
    offered.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_kinds() {
    let workspace = Workspace::empty();
    for command in ["schema", "new"] {
        let kinds = in_bash(&workspace, &["moorline", command, "windowsIdentity"]);
        assert_eq!(kinds, ["windowsIdentityProtectionConfiguration"], "{command}");
    }
    let kinds = in_bash(&workspace, &["moorline", "import", "--kind", "windowsWifi"]);
    assert_eq!(kinds, ["windowsWifiConfiguration", "windowsWifiEnterpriseEAPConfiguration"]);
}

#[test]
fn bash_completes_the_names_of_the_tenants_manifests() {
    let workspace = Workspace::example("contoso");
    let names = [
        "windowsWifiConfiguration/office-wifi",
        "windowsWifiEnterpriseEAPConfiguration/corporate-wifi",
    ];
    assert_eq!(in_bash(&workspace, &["moorline", "plan", "--only", "windowsWifi"]), names);
    assert_eq!(in_bash(&workspace, &["moorline", "drift", "--adopt", "windowsWifiC"]), names[..1]);
}

#[test]
fn bash_completes_the_channels_of_the_tenant_file() {
    let workspace = Workspace::example("contoso");
    let channels =
        "  notify:\n    ops: { kind: teams, env: OPS }\n    siem: { kind: json, env: SIEM }\n";
    workspace.edit("moorline.yaml", "spec:\n", &format!("spec:\n{channels}"));
    assert_eq!(in_bash(&workspace, &["moorline", "drift", "--notify", ""]), ["ops", "siem"]);
}

#[test]
fn a_path_before_the_name_says_whose_manifests_are_offered() {
    let workspace = Workspace::empty();
    crate::support::copy(Workspace::example("contoso").path(), &workspace.file("tenants/contoso"));
    let words = ["moorline", "render", "tenants/contoso", "--only", "macOSEndpoint"];
    assert_eq!(
        in_bash(&workspace, &words),
        ["macOSEndpointProtectionConfiguration/macos-protection"]
    );
    assert_eq!(in_bash(&workspace, &["moorline", "render", "--only", "macOSEndpoint"]), [""; 0]);
}

#[test]
fn bash_completes_codes_documents_commands_and_paths() {
    let workspace = Workspace::tenant(&[]);
    let codes = in_bash(&workspace, &["moorline", "explain", "tenant/missing"]);
    assert!(codes.contains(&"tenant/missing-path".to_owned()), "{codes:?}");
    let documents = in_bash(&workspace, &["moorline", "schema", "--document", "sandbox-s"]);
    assert_eq!(documents, ["sandbox-state"]);
    assert_eq!(in_bash(&workspace, &["moorline", "roll"]), ["rollback"]);
    assert_eq!(in_bash(&workspace, &["moorline", "validate", "moor"]), ["moorline.yaml"]);
    let sorts = in_bash(&workspace, &["moorline", "sandbox", "add", "s.json", "gr"]);
    assert_eq!(sorts, ["group"], "a sort of object is no kind");
}

#[test]
fn a_tenant_that_cannot_be_read_has_no_names_and_no_message() {
    let workspace = Workspace::tenant(&[("broken.yaml", "kind: [")]);
    workspace.write("moorline.yaml", "kind: [");
    let command = |words: &[&str]| {
        let mut command = workspace.command(&[]);
        command
            .arg("--")
            .args(words)
            .env("MOORLINE_COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", "3");
        Run::from(command.output().expect("the binary runs"))
    };
    let run = command(&["moorline", "plan", "--only", "windows"]).expect(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn an_unknown_shell_gets_no_answer_and_no_message() {
    let workspace = Workspace::empty();
    for (shell, arguments) in [("tcsh", &["--", "moorline", ""][..]), ("bash", &["plan"])] {
        let run = workspace.run_with(arguments, &[("MOORLINE_COMPLETE", shell)]).expect(1);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{shell}");
    }
    let run = workspace.run_with(&["--version"], &[("MOORLINE_COMPLETE", "")]).expect(0);
    assert!(run.stdout.starts_with("moorline "), "{}", run.stdout);
}

#[test]
fn zsh_completes_from_a_folder_of_its_functions() {
    let workspace = Workspace::example("contoso");
    // `_describe` is what shows candidates; here it prints them.
    let script = "mkdir functions && moorline completions zsh > functions/_moorline
fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D
_describe() { print -l -- ${(P)3} }
for words in 'moorline plan --only windowsWifiC' 'moorline schema windows81Wifi'; do
    words=(${=words}); CURRENT=$#words
    ${_comps[moorline]}
done";
    if let Some(offered) = in_shell(&workspace, &["zsh", "-f", "-c"], script) {
        let offered: Vec<&str> = offered.lines().collect();
        assert_eq!(offered[0], "windowsWifiConfiguration/office-wifi");
        // With the name in Microsoft's console.
        assert!(
            offered[1].starts_with("windows81WifiImportConfiguration:Wi-Fi import"),
            "{offered:?}"
        );
        assert_eq!(offered.len(), 2, "{offered:?}");
    }
}

#[test]
fn fish_completes_kinds_with_their_names_and_manifests() {
    let workspace = Workspace::example("contoso");
    let script = "moorline completions fish | source
complete --do-complete 'moorline schema windows81Wifi'
complete --do-complete 'moorline drift --only windowsWifiC'";
    if let Some(offered) = in_shell(&workspace, &["fish", "--no-config", "-c"], script) {
        let offered: Vec<&str> = offered.lines().collect();
        assert!(
            offered[0].starts_with("windows81WifiImportConfiguration\tWi-Fi import"),
            "{offered:?}"
        );
        assert_eq!(offered[1..], ["windowsWifiConfiguration/office-wifi"]);
    }
}
