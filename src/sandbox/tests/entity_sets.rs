//! The entity sets that are only shown, row by row.

use super::*;
use crate::sandbox::entity_sets::ENTITY_SETS;

#[tokio::test]
async fn every_row_is_listed_in_its_versions_alone() {
    let client = Client::of(json!({})).await;
    for set in ENTITY_SETS {
        for version in GraphVersion::ALL {
            let answer = client.call("GET", &format!("/{version}/{}", set.path), None).await;
            let expected = if set.versions.contains(&version) { 200 } else { 400 };
            assert_eq!(answer.status, expected, "{version} {}: {}", set.path, answer.body);
        }
    }
}

#[tokio::test]
async fn every_row_is_filtered_by_its_own_properties_alone() {
    let client = Client::of(json!({})).await;
    for set in ENTITY_SETS.iter().filter(|set| !set.is_single) {
        let mut uses: Vec<(String, u16)> = vec![("createdBy eq 'x'".to_owned(), 501)];
        for known in set.filterable {
            let condition = match known.split_once(' ') {
                Some((property, "ne")) => format!("{property} ne 'x'"),
                Some((property, operator)) => format!("{property} {operator} 2026-01-01T00:00:00Z"),
                None if known.ends_with(')') => known.replace(')', ",'x')"),
                None => format!("{known} eq 'x'"),
            };
            uses.push((condition, 200));
        }
        for (condition, expected) in uses {
            let path = format!("/beta/{}?$filter={condition}", set.path);
            let answer = client.call("GET", &path, None).await;
            assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn every_row_requires_one_of_its_permissions() {
    for set in ENTITY_SETS {
        let path = format!("/beta/{}", set.path);
        let with = |role: &str| json!([{ "clientId": "me", "secret": "it", "roles": [role] }]);
        let without = Client::of(json!({ "apps": with("Mail.Read") })).await;
        assert_eq!(without.call("GET", &path, None).await.status, 403, "{path}");
        for role in set.read {
            let client = Client::of(json!({ "apps": with(role) })).await;
            assert_eq!(client.call("GET", &path, None).await.status, 200, "{path} with {role}");
        }
    }
}
