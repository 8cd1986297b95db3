//! Replaces the placeholders of a planned request by ids that are known during the run, and by addresses on the run's
//! host.

use serde_json::{Map, Value};

use crate::graph::Request;
use crate::http::Endpoints;
use crate::http::odata::{literal, segment};
use crate::plan::PlannedRequest;
use crate::plan::requests::{ID, NEW_ID, OBJECT, bound_by};

/// A placeholder of a request that has no value yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotKnown(pub(super) String);

/// An object that a request refers to.
#[derive(Clone, Copy, Debug)]
pub(super) enum ReferenceTarget<'a> {
    /// The object of the manifest with this address.
    Manifest(&'a str),
    /// An object that this navigation property refers to.
    Property(&'a str),
}

/// Replaces the placeholders of requests.
pub(super) struct Filler<'a> {
    /// The endpoints of the run.
    pub(super) endpoints: &'a Endpoints,
    /// Returns the path of the collection that has an object that is referred to.
    pub(super) path_of: &'a dyn Fn(ReferenceTarget<'_>) -> Option<&'static str>,
    /// Returns the id of a manifest's object, once it exists.
    pub(super) id_of: &'a dyn Fn(&str) -> Option<String>,
    /// The object that the change created.
    pub(super) created: Option<&'a str>,
}

impl Filler<'_> {
    /// Returns a request with its placeholders replaced.
    pub(super) fn fill(&self, planned: &PlannedRequest) -> Result<Request, NotKnown> {
        let mut request = planned.request.clone();
        if request.path.contains(NEW_ID) {
            let id = self.created.ok_or_else(|| NotKnown(request.path.clone()))?;
            request.path = request.path.replace(NEW_ID, &segment(id));
        }
        if let Some(body) = request.body.take() {
            request.body = Some(self.value(&request, planned.links(), body)?);
        }
        Ok(request)
    }

    /// Returns a value with its placeholders replaced. `property` is the navigation property that it belongs to.
    fn value(
        &self,
        request: &Request,
        property: Option<&str>,
        value: Value,
    ) -> Result<Value, NotKnown> {
        Ok(match value {
            Value::Object(members) => match placeholder(&members) {
                Some((ID, Value::String(address))) => self.id(address)?.into(),
                Some((OBJECT, of)) => self.address(request, property, of)?.into(),
                _ => {
                    let filled = members.into_iter().map(|(name, value)| {
                        let value = self.value(request, bound_by(&name).or(property), value)?;
                        Ok((name, value))
                    });
                    Value::Object(filled.collect::<Result<_, _>>()?)
                }
            },
            Value::Array(items) => {
                let filled = items.into_iter().map(|item| self.value(request, property, item));
                filled.collect::<Result<_, _>>()?
            }
            other => other,
        })
    }

    fn id(&self, address: &str) -> Result<String, NotKnown> {
        (self.id_of)(address).ok_or_else(|| NotKnown(address.to_owned()))
    }

    /// Returns the URL of an object on the run's host.
    fn address(
        &self,
        request: &Request,
        property: Option<&str>,
        of: &Value,
    ) -> Result<String, NotKnown> {
        let unknown = || NotKnown(of.to_string());
        let (id, target) = match of {
            Value::String(id) => {
                (id.clone(), ReferenceTarget::Property(property.ok_or_else(unknown)?))
            }
            Value::Object(members) => match placeholder(members) {
                Some((ID, Value::String(address))) => {
                    (self.id(address)?, ReferenceTarget::Manifest(address))
                }
                _ => return Err(unknown()),
            },
            _ => return Err(unknown()),
        };
        let collection = (self.path_of)(target).ok_or_else(unknown)?;
        let path = format!("{collection}({})", literal(&id));
        let url = self.endpoints.url(request.version, &path);
        url.map(String::from).map_err(|_| NotKnown(path))
    }
}

/// Returns the only member of an object, which may be a placeholder.
fn placeholder(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Some((name.as_str(), value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::{Cloud, Method};
    use crate::kinds;
    use crate::plan::Step;
    use crate::schema::types::GraphVersion;

    fn fill(path: &str, body: Value, created: Option<&str>) -> Result<(String, Value), NotKnown> {
        let filler = Filler {
            endpoints: &Endpoints::new(Cloud::UsGovL4, None, None).expect("a cloud's own"),
            path_of: &|_| kinds::family_of("windows81TrustedRootCertificate").map(|it| it.path),
            id_of: &|address| (address == "k/root").then(|| "8d2ac1f8".to_owned()),
            created,
        };
        let request = Request::with_body(Method::Post, GraphVersion::Beta, path, body);
        let planned = PlannedRequest { step: Step::Create, property: None, request };
        let filled = filler.fill(&planned)?;
        Ok((filled.path, filled.body.unwrap_or_default()))
    }

    #[test]
    fn path_without_placeholder_needs_no_id() {
        let assign = "/deviceManagement/deviceConfigurations/{id}/assign";
        let path = |path, id| fill(path, Value::Null, id).map(|(path, _)| path);
        assert_eq!(
            path(assign, Some("8d2ac1f8")).as_deref(),
            Ok("/deviceManagement/deviceConfigurations/8d2ac1f8/assign")
        );
        assert!(path(assign, None).is_err());
        assert_eq!(path("/policies/x", None).as_deref(), Ok("/policies/x"));
        assert_eq!(
            path("/a/{id}/assign", Some("../b?c")).as_deref(),
            Ok("/a/..%2Fb%3Fc/assign"),
            "an id cannot lead elsewhere"
        );
    }

    #[test]
    fn reference_is_a_url_on_the_host_of_the_run() {
        let root = "https://graph.microsoft.us/beta/deviceManagement/deviceConfigurations";
        let body = json!({
            "rootCertificate@odata.bind": { "$object": { "$id": "k/root" } },
            "others@odata.bind": [{ "$object": "1" }, { "$object": "a'b/../c" }],
            "left": { "alone": { "$secret": "env:X" } },
        });
        let (_, filled) = fill("/x", body, None).expect("all is known");
        let expected = json!({
            "rootCertificate@odata.bind": format!("{root}('8d2ac1f8')"),
            "others@odata.bind": [format!("{root}('1')"), format!("{root}('a''b%2F..%2Fc')")],
            "left": { "alone": { "$secret": "env:X" } },
        });
        assert_eq!(filled, expected);
        let unknown = fill("/x", json!({ "@odata.id": { "$object": { "$id": "k/other" } } }), None);
        assert_eq!(unknown, Err(NotKnown("k/other".to_owned())));
    }

    #[test]
    fn referenced_id_has_the_path_of_its_navigation_property() {
        let path = |kind| kinds::family_of(kind).map(|family| family.path);
        let path_of = |target: ReferenceTarget<'_>| match target {
            ReferenceTarget::Property("root") => path("windows81TrustedRootCertificate"),
            ReferenceTarget::Property("label") => path("roleScopeTag"),
            ReferenceTarget::Property(_) | ReferenceTarget::Manifest(_) => None,
        };
        let filler = Filler {
            endpoints: &Endpoints::new(Cloud::Global, None, None).expect("a cloud's own"),
            path_of: &path_of,
            id_of: &|_| None,
            created: None,
        };
        let fill = |step, property: Option<&str>, body| {
            let request = Request::with_body(Method::Post, GraphVersion::Beta, "/x", body);
            let property = property.map(str::to_owned);
            let filled = filler.fill(&PlannedRequest { step, property, request });
            filled.map(|filled| filled.body.unwrap_or_default())
        };
        let url = |family: &str| {
            format!("https://graph.microsoft.com/beta/deviceManagement/{family}('1')")
        };
        let object = json!({ "$object": "1" });
        let both = json!({ "root@odata.bind": object, "label@odata.bind": [object] });
        let filled = fill(Step::Create, None, both).expect("both are known");
        let expected = json!({
            "root@odata.bind": url("deviceConfigurations"), "label@odata.bind": [url("testLabels")],
        });
        assert_eq!(filled, expected);
        let linked = fill(Step::Link, Some("label"), json!({ "@odata.id": object }));
        assert_eq!(linked, Ok(json!({ "@odata.id": url("testLabels") })));
        assert!(fill(Step::Link, Some("other"), json!({ "@odata.id": object })).is_err());
    }
}
