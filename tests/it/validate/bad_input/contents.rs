//! Files whose content is not what their property takes, and files that are not to be read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{findings, hello, manifest, refused, refuses, validate};
use crate::support::{Run, Workspace, repository};

fn root_certificate(value: &str) -> String {
    let spec = format!("  certFileName: root.cer\n  trustedRootCertificate: {value}\n");
    manifest("macOSTrustedRootCertificate", "root", &spec)
}

fn profile(value: &str) -> String {
    let spec = format!("  payloadName: p\n  payloadFileName: p.mobileconfig\n  payload: {value}\n");
    manifest("iosCustomConfiguration", "profile", &spec)
}

fn oma(kind: &str, value: &str) -> String {
    let spec = format!(
        "  omaSettings:\n    - \"@odata.type\": \"#microsoft.graph.{kind}\"\n      displayName: it\n      omaUri: ./Device/Vendor/MSFT/Policy/Config/A/B\n      value: {value}\n"
    );
    manifest("windows10CustomConfiguration", "oma", &spec)
}

fn certificate() -> Vec<u8> {
    let path = repository().join("examples/contoso/payloads/contoso-root-ca.cer");
    std::fs::read(path).expect("the example has a certificate")
}

/// Validates a manifest with a file beside it, and returns the findings.
#[track_caller]
fn found(code: i32, text: &str, file: &[u8]) -> (Vec<String>, Run) {
    let workspace = Workspace::tenant(&[("a.yaml", text)]);
    workspace.write("file", file);
    let run = workspace.run(&["validate", "--format", "json"]).expect(code);
    (findings(&run.json()), workspace.run(&["validate"]).expect(code))
}

#[test]
fn a_private_key_is_not_published() {
    let pem = |label: &str| format!("-----BEGIN {label}-----\nY2FuYXJ5\n-----END {label}-----\n");
    let with_certificate = pem("CERTIFICATE") + &pem("RSA PRIVATE KEY");
    let pkcs8 = [&[0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x0d][..], b"canary"].concat();
    let pfx = [&[0x30, 0x82, 0x0a, 0x00, 0x02, 0x01, 0x03, 0x30, 0x82][..], b"canary"].concat();
    for file in [with_certificate.as_bytes(), pem("ENCRYPTED PRIVATE KEY").as_bytes(), &pkcs8, &pfx]
    {
        let (found, run) = found(3, &root_certificate("{ $file: ./file }"), file);
        assert_eq!(found, ["secret/private-key a.yaml:7:27"]);
        assert!(run.stdout.contains("openssl x509"), "{}", run.stdout);
    }
    let (list, run) =
        found(3, &oma("omaSettingString", "{ $file: ./file }"), with_certificate.as_bytes());
    assert_eq!(list, ["secret/private-key a.yaml:10:14"]);
    assert!(run.stdout.contains("{ $env: NAME }"), "{}", run.stdout);
    // The remedies are taken.
    found(0, &root_certificate("{ $file: ./file }"), &certificate());
    found(0, &oma("omaSettingString", "{ $env: NAME }"), b"");
}

#[test]
fn content_that_no_device_takes_is_refused() {
    let certificate = certificate();
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(&certificate)
    );
    let twice = STANDARD.encode(&certificate);
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    let page = "\n<!DOCTYPE html><html><body>404</body></html>";
    for (file, words) in [
        (pem.as_bytes(), "a certificate in PEM"),
        (twice.as_bytes(), "base64 twice"),
        (lfs.as_bytes(), "Git LFS"),
        (page.as_bytes(), "a web page"),
        (b"", "empty"),
    ] {
        let (list, run) = found(3, &root_certificate("{ $file: file }"), file);
        assert_eq!(list, ["value/content a.yaml:7:27"]);
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    let plist = "<?xml version=\"1.0\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"x\">\n<plist version=\"1.0\"><dict/></plist>\n";
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(plist.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (file, words) in [
        (STANDARD.encode(plist).as_bytes(), "base64 twice"),
        (&utf16[..], "UTF-16"),
        (page.as_bytes(), "a web page"),
        (lfs.as_bytes(), "Git LFS"),
    ] {
        let (list, run) = found(3, &profile("{ $file: file }"), file);
        assert_eq!(list, ["value/content a.yaml:8:12"]);
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    // What is not known to be wrong is a warning.
    let (list, _) = found(0, &profile("{ $file: file }"), b"<?xml version=\"1.0\"?><dict/>");
    assert_eq!(list, ["value/content a.yaml:8:12"]);
    let signed = [
        &[0x30, 0x82, 0x01, 0x00, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]
            [..],
        &[0],
    ]
    .concat();
    for file in [plist.as_bytes(), b"bplist00\x00", &signed] {
        assert_eq!(found(0, &profile("{ $file: file }"), file).0, Vec::<String>::new());
    }
    let (list, _) = found(3, &oma("omaSettingString", "{ $file: file }"), lfs.as_bytes());
    assert_eq!(list, ["value/content a.yaml:10:14"]);
}

#[test]
fn a_secret_in_a_payload_is_warned_of_with_a_remedy_that_is_taken() {
    let wlan = b"<WLANProfile>\n<sharedKey>\n<keyMaterial>canary-key</keyMaterial>\n</sharedKey></WLANProfile>";
    let (list, run) = found(0, &oma("omaSettingStringXml", "{ $file: file }"), wlan);
    assert_eq!(list, ["secret/in-payload a.yaml:10:14"]);
    assert!(run.stdout.contains("in line 3 of its text"), "{}", run.stdout);
    let list = found(0, &oma("omaSettingStringXml", "{ $env: PROFILE }"), b"").0;
    assert_eq!(list, Vec::<String>::new());
    let plist = b"<plist><dict><key>Password</key><string>canary-key</string></dict></plist>";
    let (list, run) = found(0, &profile("{ $file: file }"), plist);
    assert_eq!(list, ["secret/in-payload a.yaml:8:12"]);
    assert!(run.stdout.contains("take it out of the text"), "{}", run.stdout);
    // One that stands in the manifest itself is shown in no excerpt.
    let text =
        oma("omaSettingString", "|\n        $Password = 'canary-key'\n        Start-Setup\n");
    let (list, _) = found(0, &text, b"");
    assert_eq!(list, ["secret/in-payload a.yaml:11:9"]);
    let named = oma("omaSettingString", "canary-psk").replace("A/B", "WiFi/PreSharedKey");
    assert_eq!(found(0, &named, b"").0, ["secret/in-payload a.yaml:10:14"]);
}

#[test]
fn byte_order_marks_and_carriage_returns_of_a_text_are_warned_of() {
    for (file, words) in [
        ("\u{feff}<enabled/>", "a byte-order mark (U+FEFF)"),
        ("<enabled/>\r\n<data id=\"x\"/>\r\n", "carriage returns (CRLF)"),
        ("\u{feff}<enabled/>\r\n", "and holds carriage returns (CRLF)"),
    ] {
        for kind in ["omaSettingString", "omaSettingStringXml"] {
            let (list, run) = found(0, &oma(kind, "{ $file: file }"), file.as_bytes());
            assert_eq!(list, ["value/line-ends a.yaml:10:14"], "{file:?}");
            assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
        }
    }
    assert_eq!(
        found(0, &oma("omaSettingString", "{ $file: file }"), b"<enabled/>\n").0,
        Vec::<String>::new()
    );
}

#[test]
fn hidden_and_ignored_files_are_not_read() {
    let workspace = Workspace::tenant(&[("a.yaml", "")]);
    for path in
        [".env", ".git/config", ".moorline/journal.txt", "local/.hidden/file", "keys/root.key"]
    {
        workspace.write(path, "canary");
        workspace.write("a.yaml", root_certificate(&format!("{{ $file: ./{path} }}")));
        workspace.write(".gitignore", "*.key\n");
        refused(&workspace, ".", &["file/hidden a.yaml:7:36"]);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".env", workspace.file("link")).expect("a link can be made");
        workspace.write("a.yaml", root_certificate("{ $file: ./link }"));
        refused(&workspace, ".", &["file/hidden a.yaml:7:36"]);
    }
    workspace.write("a.yaml", hello(""));
    for (entry, code) in [
        ("../elsewhere", "tenant/outside"),
        ("/etc/shadow", "tenant/outside"),
        ("/etc/*.conf", "tenant/outside"),
        (".env", "tenant/hidden"),
        (".git", "tenant/hidden"),
        (".git/*", "tenant/hidden"),
        ("keys/root.key", "tenant/hidden"),
    ] {
        workspace.write("moorline.yaml", format!("apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec:\n  tenantId: contoso.com\n  manifests: [\"{entry}\"]\n"));
        refused(&workspace, ".", &[&format!("{code} moorline.yaml:6:15")]);
    }
}

#[test]
fn nothing_is_shown_of_a_file_that_is_no_manifest() {
    let shadow = "root:$6$canary-hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n";
    let variables = "DB_PASSWORD: canary-db\nDB_PASSWORD: canary-db\n  API: [canary\n";
    let secret = "apiVersion: v1\nkind: Secret\ndata:\n  key: [canary-value\n";
    for text in [shadow, variables, secret, "- canary\n- b: canary\n", "canary: canary\n"] {
        let workspace = Workspace::tenant(&[("a.yaml", text)]);
        for arguments in [
            &["validate"][..],
            &["validate", "a.yaml", "-vv"],
            &["plan", "--sandbox", "--format", "json"],
        ] {
            let run = workspace.run(arguments).expect(3);
            assert!(!run.stdout.contains("DB_") && !run.stdout.contains("19000"), "{}", run.stdout);
        }
    }
}

#[test]
fn a_path_of_windows_is_written_anew() {
    let workspace = Workspace::tenant(&[("a.yaml", &profile("{ $file: ..\\p\\a.mobileconfig }"))]);
    let run = workspace.run(&["validate"]).expect(3);
    assert!(run.stdout.contains("error[file/backslash]"), "{}", run.stdout);
    assert!(
        run.stdout.contains("write the path with `/`: `../p/a.mobileconfig`"),
        "{}",
        run.stdout
    );
    workspace.write("a.yaml", profile("{ $file: 'p\\a.mobileconfig' }"));
    refused(&workspace, ".", &["file/backslash a.yaml:8:21"]);
    workspace.write("p/a.mobileconfig", "<plist/>");
    workspace.write("a.yaml", profile("{ $file: p/a.mobileconfig }"));
    workspace.run(&["validate"]).expect(0);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: ['policies\\windows']\n");
    refused(&workspace, ".", &["file/backslash moorline.yaml:5:15"]);
}

#[test]
fn files_that_look_like_manifests_and_are_not_read_are_named() {
    let workspace = Workspace::tenant(&[
        ("a.yaml", &hello("")),
        ("b.YAML", &hello("").replace("hello", "b")),
        ("c.json", "{ \"apiVersion\": \"graph.microsoft.com/beta\" }"),
        ("d.json", "{ \"@odata.type\": \"#microsoft.graph.iosCustomConfiguration\" }"),
        ("other.json", "{ \"name\": \"no manifest\" }"),
        ("plan.json", "{ \"formatVersion\": \"1.0\", \"type\": \"#microsoft.graph.x\" }"),
    ]);
    let mut expected = vec!["file/skipped b.YAML", "file/skipped c.json", "file/skipped d.json"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a.yaml", workspace.file("link.yaml"))
            .expect("a link can be made");
        expected.push("file/skipped link.yaml");
    }
    let run = workspace.run(&["validate", "--format", "json"]).expect(0);
    assert_eq!(findings(&run.json()), expected);
}

#[cfg(unix)]
#[test]
fn a_linked_folder_is_named_where_folders_are_read() {
    let workspace = Workspace::tenant(&[("policies/a.yaml", &hello(""))]);
    std::fs::create_dir(workspace.file("shared")).expect("a folder can be made");
    for name in ["linked", "policies/linked"] {
        let link = workspace.file(name);
        std::os::unix::fs::symlink(workspace.file("shared"), link).expect("a link can be made");
    }
    let found = |workspace: &Workspace| {
        findings(&workspace.run(&["validate", "--format", "json"]).expect(0).json())
    };
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies]\n");
    assert_eq!(found(&workspace), ["file/skipped policies/linked"]);
    // Of a tenant file without `manifests`, the files beside it alone are read.
    workspace.edit("moorline.yaml", "  manifests: [policies]\n", "");
    workspace.write("b.yaml", hello(""));
    assert_eq!(found(&workspace), Vec::<String>::new());
}

#[test]
fn yaml_that_gives_another_value_than_it_seems_to_is_warned_of() {
    let text = |spec: &str| manifest("windows10GeneralConfiguration", "it", spec);
    for (spec, code) in [
        ("  description: Ring #1\n", "yaml/comment a.yaml:6:21"),
        ("  description: #1 of the rings\n", "yaml/comment a.yaml:6:16"),
        ("  edgeEnterpriseModeSiteListLocation: \"C:\\temp\\new\"\n", "yaml/escape a.yaml:6:42"),
        ("  description: >\n    <a>\n    <b/>\n", "yaml/folded a.yaml:6:16"),
    ] {
        let run = Workspace::tenant(&[("a.yaml", &text(spec))])
            .run(&["validate", "--format", "json"])
            .expect(0);
        assert_eq!(findings(&run.json()), [code], "{spec}");
    }
    for spec in [
        "  description: Ring 1 # the first\n",
        "  description: 'Ring #1'\n",
        "  description: Ring#1\n",
        "  description: \"a\\tb\"\n",
        "  edgeEnterpriseModeSiteListLocation: 'C:\\temp\\new'\n",
        "  description: >\n    words that\n    go on\n",
    ] {
        let run = validate(&[("a.yaml", &text(spec))]).expect(0);
        assert!(run.stdout.starts_with("Valid"), "{spec}{}", run.stdout);
    }
}

#[test]
fn yaml_faults_are_told_where_they_are() {
    for (spec, place, words) in [
        ("  description: [Pilot] all\n", "yaml/syntax a.yaml:6:16", "begins with `[`"),
        ("  description: {a} all\n", "yaml/syntax a.yaml:6:16", "begins with `{`"),
        ("  description: >90 days\n", "yaml/syntax a.yaml:6:16", "quote a value"),
        ("\u{a0} description: x\n  roleScopeTagIds: [\"0\"]\n", "yaml/blank a.yaml:6:1", "U+00A0"),
    ] {
        let text = hello(spec);
        refuses(&[("a.yaml", &text)], &[place]);
        let run = validate(&[("a.yaml", &text)]).expect(3);
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
}

#[test]
fn a_wireless_network_with_a_key_is_warned_of_without_one() {
    for (kind, property) in [
        ("macOSWiFiConfiguration", "wiFiSecurityType"),
        ("windowsWifiConfiguration", "wifiSecurityType"),
    ] {
        let text = |security: &str, rest: &str| {
            manifest(
                kind,
                "wifi",
                &format!("  networkName: n\n  ssid: s\n  {property}: {security}\n{rest}"),
            )
        };
        let found = |text: &str| {
            let workspace = Workspace::tenant(&[("a.yaml", text)]);
            findings(&workspace.run(&["validate", "--format", "json"]).expect(0).json())
        };
        let column = 5 + property.len();
        let warned = format!("rule/key-missing a.yaml:8:{column}");
        assert_eq!(found(&text("wpaPersonal", "")), [warned]);
        assert_eq!(
            found(&text("wpaPersonal", "  preSharedKey: { $env: KEY }\n")),
            Vec::<String>::new()
        );
        assert_eq!(found(&text("open", "")), Vec::<String>::new());
    }
}
