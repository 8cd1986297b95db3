//! Earlier drift reports: how far a tenant was from its manifests over time.

use std::path::Path;

use serde::Deserialize;

use super::{DriftReport, DriftSummary};
use crate::diagnostic::json::FormatVersion;
use crate::disk;
use crate::plan::TenantRef;

/// The most bytes of a report that are read.
const LARGEST: u64 = 64 << 20;

/// The beginning of the names of files that are no reports, but keep what people were told.
pub const MEMORY_PREFIX: &str = "notified-";

/// The counts of one report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftPoint {
    /// When the tenant was read, RFC 3339.
    pub checked_at: String,
    /// The counts.
    pub counts: DriftCounts,
}

/// The counts of a report, as far as a chart shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftCounts {
    /// Objects that match their manifest.
    pub in_sync: usize,
    /// Objects that differ.
    pub drifted: usize,
    /// Objects that do not exist.
    pub missing: usize,
    /// Objects with values that cannot be compared.
    pub unverifiable: usize,
    /// Objects whose status cannot be determined.
    pub unknown: usize,
}

/// The reports of a folder, the earliest first, and a warning for each file that is no report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftHistory {
    /// The reports.
    pub points: Vec<DriftPoint>,
    /// The warnings.
    pub warnings: Vec<String>,
}

/// A report, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EarlierReport {
    kind: String,
    #[serde(rename = "formatVersion")]
    _format_version: FormatVersion,
    tenant: TenantRef,
    checked_at: String,
    only: Vec<String>,
    summary: DriftCounts,
}

impl DriftPoint {
    /// Returns the number of objects that drifted or are missing.
    pub fn out_of_sync(&self) -> usize {
        self.counts.drifted + self.counts.missing
    }
}

impl From<&DriftReport> for DriftPoint {
    fn from(report: &DriftReport) -> Self {
        let DriftSummary { in_sync, drifted, missing, unverifiable, unknown, .. } = report.summary;
        let counts = DriftCounts { in_sync, drifted, missing, unverifiable, unknown };
        Self { checked_at: report.checked_at.clone(), counts }
    }
}

impl DriftHistory {
    /// Reads the `*.json` files of a folder that are reports of a tenant with the same `--only` globs.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read(folder: &Path, tenant: &TenantRef, only: &[String]) -> std::io::Result<Self> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let is_memory = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(MEMORY_PREFIX));
            if path.extension().is_some_and(|end| end == "json") && !is_memory {
                paths.push(path);
            }
        }
        paths.sort();
        let mut history = Self::default();
        for path in paths {
            let text = disk::read(&path, LARGEST).map_err(|error| error.to_string());
            match text.and_then(|text| point(&text, tenant, only)) {
                Ok(point) => history.points.extend(point),
                Err(why) => {
                    history.warnings.push(format!("`{}` is passed over: {why}", path.display()))
                }
            }
        }
        history.points.sort_by(|a, b| a.checked_at.cmp(&b.checked_at));
        history.points.dedup();
        Ok(history)
    }
}

/// Reads one report; `None` where it is of another tenant, or of other `--only` globs, so that its counts mean other objects.
fn point(text: &[u8], tenant: &TenantRef, only: &[String]) -> Result<Option<DriftPoint>, String> {
    let report: EarlierReport = serde_json::from_slice(text)
        .map_err(|error| format!("it is no drift report of a known form ({error})"))?;
    if report.kind != "drift" {
        return Err(format!("it is a document of the kind `{}`, not `drift`", report.kind));
    }
    if report.checked_at.parse::<jiff::Timestamp>().is_err() {
        return Err("its `checkedAt` is no instant".to_owned());
    }
    let is_of_tenant =
        report.tenant.tenant_id == tenant.tenant_id && report.tenant.cloud == tenant.cloud;
    let point = DriftPoint { checked_at: report.checked_at, counts: report.summary };
    Ok(Some(point).filter(|_| is_of_tenant && report.only == only))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn tenant() -> TenantRef {
        let [name, tenant_id, cloud] =
            ["contoso", "contoso.onmicrosoft.com", "global"].map(str::to_owned);
        TenantRef { name, tenant_id, cloud }
    }

    fn report(at: &str, drifted: usize) -> Json {
        json!({
            "kind": "drift", "formatVersion": "1.0", "tenant": tenant(), "checkedAt": at, "only": [], "items": [],
            "summary": { "inSync": 1, "drifted": drifted, "missing": 0, "unverifiable": 0, "unknown": 0 },
        })
    }

    #[test]
    fn reports_are_sorted_by_time_and_other_files_are_passed_over_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = |member: &str, value: Json| {
            let mut report = report("2026-11-03T02:00:00Z", 1);
            report[member] = value;
            report.to_string()
        };
        let elsewhere =
            json!({ "name": "b", "tenantId": "fabrikam.onmicrosoft.com", "cloud": "global" });
        let files = [
            ("1.json", report("2026-11-02T02:00:00Z", 2).to_string()),
            ("2.json", report("2026-11-01T02:00:00Z", 1).to_string()),
            ("3-again.json", report("2026-11-01T02:00:00Z", 1).to_string()),
            ("4.json", other("kind", "plan".into())),
            ("5.json", other("formatVersion", "2.0".into())),
            ("6.json", other("tenant", elsewhere)),
            ("7.json", other("only", json!(["ios*/*"]))),
            ("8.json", other("checkedAt", "yesterday".into())),
            ("9.json", "{".to_owned()),
            ("notes.txt", "no report".to_owned()),
        ];
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let history = DriftHistory::read(folder.path(), &tenant(), &[]).expect("a history");
        let points = history.points.iter();
        let points: Vec<(&str, usize)> =
            points.map(|point| (point.checked_at.as_str(), point.out_of_sync())).collect();
        assert_eq!(points, [("2026-11-01T02:00:00Z", 1), ("2026-11-02T02:00:00Z", 2)]);
        let reasons = history.warnings.iter().filter_map(|warning| warning.split_once(": "));
        let reasons: Vec<&str> = reasons.map(|(_, why)| why).collect();
        // Reports of another tenant and of other globs are expected beside one another.
        assert_eq!(reasons.len(), 4, "{reasons:#?}");
        assert_eq!(reasons[0], "it is a document of the kind `plan`, not `drift`");
        assert!(
            reasons[1].starts_with("it is no drift report of a known form (unknown variant `2.0`")
        );
        assert_eq!(reasons[2], "its `checkedAt` is no instant");
    }
}
