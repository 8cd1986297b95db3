//! How much validating many manifests costs beyond reading their YAML, and what one manifest costs.
//!
//! `cargo bench --bench validate` prints divan's table and, above it, the ratio that is to stay at or
//! below [`TARGET`].

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use moorline::diagnostic::Sources;
use moorline::manifest::load;
use moorline::yaml;

/// How many manifests the tenant has.
const MANIFESTS: usize = 10_000;

/// The most that a whole `validate` may take, as a multiple of parsing alone.
const TARGET: f64 = 2.0;

/// How often each side of the ratio is measured; the best of them counts.
const ROUNDS: usize = 7;

static TENANT: LazyLock<Tenant> = LazyLock::new(Tenant::write);

/// A tenant folder and the texts in it.
struct Tenant {
    folder: tempfile::TempDir,
    texts: Vec<String>,
}

impl Tenant {
    fn write() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let write = |path: &str, text: &str| {
            std::fs::write(folder.path().join(path), text).expect("the file can be written");
        };
        write(
            "moorline.yaml",
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com }\n",
        );
        let texts: Vec<String> = (0..MANIFESTS).map(manifest).collect();
        for (number, text) in texts.iter().enumerate() {
            write(&format!("{number:05}.yaml"), text);
        }
        Self { folder, texts }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Returns a manifest of 30 keys and 1.3 KB, of one of three kinds in turn.
fn manifest(number: usize) -> String {
    let (kind, body): (&str, fn(&mut String)) = match number % 3 {
        0 => ("windowsIdentityProtectionConfiguration", windows_hello),
        1 => ("windows10CustomConfiguration", custom_settings),
        _ => ("iosGeneralDeviceConfiguration", restrictions),
    };
    let mut text = format!(
        "# Managed by the endpoint team.\napiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata:\n  name: policy-{number}\nspec:\n  displayName: Policy number {number}\n"
    );
    body(&mut text);
    text.push_str("assignments:\n  - group: Windows laptops\n    filter: { include: Corporate owned }\n  - excludeGroup: Break-glass devices\n");
    text
}

fn windows_hello(text: &mut String) {
    text.push_str(
        "  description: PIN rules and biometrics for sign-in on Windows, as the handbook describes them.
  deviceManagementApplicabilityRuleOsVersion:
    name: Supported releases
    minOSVersion: 10.0.22631.0
    maxOSVersion: 10.0.26200.9999
    ruleType: include
  windowsHelloForBusinessBlocked: false
  securityDeviceRequired: true
  useSecurityKeyForSignin: true
  useCertificatesForOnPremisesAuthEnabled: false
  pinMinimumLength: 6
  pinMaximumLength: 64
  pinUppercaseCharactersUsage: allowed
  pinLowercaseCharactersUsage: allowed
  pinSpecialCharactersUsage: allowed
  pinExpirationInDays: 0
  pinPreviousBlockCount: 5
  pinRecoveryEnabled: true
  unlockWithBiometricsEnabled: true
  enhancedAntiSpoofingForFacialFeaturesEnabled: true
  # The paragraphs of the handbook that ask for this; change them together, and tell the service
  # desk a week before, because it has to answer whoever calls about a longer PIN.
",
    );
}

fn custom_settings(text: &mut String) {
    text.push_str("  description: Settings that no template has yet.\n  omaSettings:\n");
    for (name, path) in [
        ("Wake timeout", "Power/StandbyTimeoutOnBattery"),
        ("Update source", "Update/UpdateServiceUrl"),
        ("Time zone", "TimeLanguageSettings/ConfigureTimeZone"),
        ("Web sign-in", "Authentication/EnableWebSignIn"),
    ] {
        let _ = write!(
            text,
            "    - \"@odata.type\": \"#microsoft.graph.omaSettingString\"
      displayName: {name}
      description: Asked for by the endpoint team
      omaUri: ./Device/Vendor/MSFT/Policy/Config/{path}
      value: \"1\"\n"
        );
    }
}

fn restrictions(text: &mut String) {
    text.push_str(
        "  description: Restrictions for supervised phones.
  accountBlockModification: false
  activationLockAllowWhenSupervised: true
  airDropBlocked: true
  airDropForceUnmanagedDropTarget: true
  airPlayForcePairingPasswordForOutgoingRequests: true
  airPrintBlockCredentialsStorage: true
  airPrintBlockiBeaconDiscovery: true
  appStoreBlockAutomaticDownloads: false
  appStoreBlockInAppPurchases: true
  appStoreRequirePassword: true
  appleNewsBlocked: false
  appleWatchForceWristDetection: true
  appsVisibilityListType: appsInListCompliant
  appsVisibilityList:
    - name: Authenticator
      publisher: Microsoft
      appId: com.microsoft.azureauthenticator
  bluetoothBlockModification: false
  cellularBlockDataRoaming: true
  certificatesBlockUntrustedTlsCertificates: true
  definitionLookupBlocked: false
  deviceBlockEraseContentAndSettings: true
  # Reviewed with the works council; the minutes are in the wiki, under mobile phones, and the next review
  # is due before the new release of the operating system comes out.
",
    );
}

fn parse_alone(tenant: &Tenant) -> usize {
    let file = Sources::default().next_id();
    let documents = tenant.texts.iter().map(|text| yaml::parse::parse(text, file).documents.len());
    documents.sum()
}

fn load(tenant: &Tenant) -> usize {
    let loaded = load::load(tenant.path());
    assert!(loaded.findings.is_empty(), "the manifests are valid");
    loaded.manifests.len()
}

#[divan::bench(sample_count = 5)]
fn parsing_alone(bencher: divan::Bencher) {
    let tenant = &*TENANT;
    bencher.counter(divan::counter::BytesCount::new(tenant.bytes())).bench(|| parse_alone(tenant));
}

#[divan::bench(sample_count = 5)]
fn validating(bencher: divan::Bencher) {
    let tenant = &*TENANT;
    bencher.counter(divan::counter::BytesCount::new(tenant.bytes())).bench(|| load(tenant));
}

#[divan::bench]
fn validating_one_file_warm(bencher: divan::Bencher) {
    let file = [TENANT.path().join("00000.yaml")];
    bencher.bench(|| load::load_files(&file).manifests.len());
}

fn best(mut run: impl FnMut() -> usize) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(divan::black_box(run()), MANIFESTS);
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn main() {
    let tenant = &*TENANT;
    let (parsing, validating) = (best(|| parse_alone(tenant)), best(|| load(tenant)));
    let ratio = validating.as_secs_f64() / parsing.as_secs_f64();
    let size = tenant.bytes() / MANIFESTS;
    let report = format!(
        "{MANIFESTS} manifests of {size} bytes: validating {validating:.0?}, parsing alone {parsing:.0?}: {ratio:.2} times as long (target: at most {TARGET})\n"
    );
    print(&report);
    divan::main();
}

#[expect(clippy::print_stdout, reason = "a bench talks to whoever runs it")]
fn print(text: &str) {
    println!("{text}");
}
