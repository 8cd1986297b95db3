//! Reading the definitions of settings and the templates of policies, which are the same in every tenant of a cloud.

use std::collections::BTreeSet;

use crate::definitions::CatalogueWriter;
use crate::graph::Part;
use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::graph::request::Request;
use crate::http::odata;
use crate::schema::types::GraphVersion;

/// The list of definitions.
pub const SETTINGS: &str = "/deviceManagement/configurationSettings";
const CATEGORIES: &str = "/deviceManagement/configurationCategories";
const TEMPLATES: &str = "/deviceManagement/configurationPolicyTemplates";

/// The most rounds in which categories are asked for by themselves: a category may name one above it that did not come.
const ROUNDS: usize = 4;

/// Reads all definitions, categories and templates into a catalogue, page by page. Returns the ids of the templates whose
/// settings cannot be read.
///
/// The types of definitions have properties of their own, so no `$select` fits (FACTS 11.1).
///
/// # Errors
/// When a list cannot be read. A category that cannot be read by itself is left without a name.
pub async fn read(graph: &Graph, writer: &mut CatalogueWriter) -> Result<Vec<String>, GraphError> {
    let get = |path: String| Request::get(GraphVersion::Beta, path);
    graph
        .list_by_pages(&get(SETTINGS.to_owned()), |part| match part {
            Part::Page(page) => {
                page.iter().for_each(|item| writer.add(&item.value().unwrap_or_default()));
            }
            Part::Anew => writer.clear(),
        })
        .await?;
    for category in graph.list(&get(CATEGORIES.to_owned())).await? {
        writer.add_category(&category);
    }
    // The list lacks some categories that definitions name.
    let mut tried = BTreeSet::new();
    for _ in 0..ROUNDS {
        let missing: Vec<String> =
            writer.missing_categories().into_iter().filter(|id| tried.insert(id.clone())).collect();
        let request = |id: &String| get(format!("{CATEGORIES}/{}", odata::segment(id)));
        let requests: Vec<Request> = missing.iter().map(request).collect();
        if requests.is_empty() {
            break;
        }
        for answer in graph.batch(GraphVersion::Beta, &requests).await {
            match answer {
                Ok(answer) => writer.add_category(&answer.body),
                Err(error) if error.ends_run() => return Err(error),
                Err(_) => {}
            }
        }
    }
    let templates = graph.list(&get(TEMPLATES.to_owned())).await?;
    let ids = templates.iter().filter_map(|template| template.get("id")?.as_str());
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    let request = |id: &String| get(format!("{TEMPLATES}/{}/settingTemplates", odata::segment(id)));
    let requests: Vec<Request> = ids.iter().map(request).collect();
    let mut unread = Vec::new();
    for (id, settings) in ids.into_iter().zip(graph.lists(GraphVersion::Beta, &requests).await) {
        match settings {
            Ok(settings) => writer.add_template(&id, &settings),
            Err(error) if error.ends_run() => return Err(error),
            Err(_) => unread.push(id),
        }
    }
    Ok(unread)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use serde_json::{Value, json};

    use super::*;
    use crate::definitions::SettingCatalogue;
    use crate::graph::testing::{Reply, Seen, Server, graph, reply};

    fn answer(seen: &Seen, url: &str, settings: &dyn Fn(&str) -> Reply) -> Reply {
        let path = seen.line.trim_start_matches("GET /beta/deviceManagement/");
        let category = |id: &str, above: &str| json!({ "id": id, "displayName": id.to_uppercase(), "parentCategoryId": above });
        match path {
            "configurationPolicyTemplates" => {
                reply(200, &json!({ "value": [{ "id": "known_1" }, { "id": "lost_1" }] }))
            }
            "configurationCategories" => reply(200, &json!({ "value": [category("a", "top")] })),
            "POST /beta/$batch" => {
                let requests = seen.json()["requests"].as_array().cloned().unwrap_or_default();
                let responses = requests.iter().map(|request| {
                    let id = request["url"].as_str().and_then(|url| url.rsplit('/').next());
                    let template = json!({ "value": [{ "settingInstanceTemplate": {
                        "settingDefinitionId": "One", "settingInstanceTemplateId": "i",
                        "simpleSettingValueTemplate": { "settingValueTemplateId": "v" },
                    }}]});
                    let is_known =
                        request["url"].as_str().is_some_and(|url| url.contains("known_1"));
                    let body = match id {
                        Some("settingTemplates") if is_known => template,
                        Some("top") => category("top", "00000000-0000-0000-0000-000000000000"),
                        Some("b") => category("b", "a"),
                        _ => Value::Null,
                    };
                    let status = if body.is_null() { 404 } else { 200 };
                    json!({ "id": request["id"], "status": status, "body": body })
                });
                reply(200, &json!({ "responses": responses.collect::<Vec<_>>() }))
            }
            _ => settings(url),
        }
    }

    async fn read_from(server: &Server) -> Result<SettingCatalogue, GraphError> {
        let mut writer = CatalogueWriter::default();
        assert_eq!(read(&graph(&server.url), &mut writer).await?, ["lost_1"]);
        let bytes = writer.finish("today", "a test").expect("definitions came");
        Ok(SettingCatalogue::read(Cursor::new(bytes)).expect("a catalogue"))
    }

    fn setting(id: &str, category: &str) -> Value {
        json!({ "id": id, "displayName": id, "categoryId": category })
    }

    #[tokio::test]
    async fn pages_are_followed_and_categories_that_the_list_lacks_are_asked_for() {
        let server = Server::start(|seen, _, url| {
            answer(seen, url, &|url| {
                if seen.line.contains("skiptoken") {
                    let last = [setting("three", "gone"), setting("four", "a")];
                    return reply(200, &json!({ "value": last }));
                }
                let next =
                    format!("{url}/beta/deviceManagement/configurationSettings?$skiptoken=2");
                let first = [setting("one", "a"), setting("two", "b")];
                reply(200, &json!({ "value": first, "@odata.nextLink": next }))
            })
        })
        .await;
        let catalogue = read_from(&server).await.expect("read");
        let category = |id: &str| {
            let definition = catalogue.get(id).expect("readable").expect(id);
            catalogue.text(&definition).expect("readable").category.join(" / ")
        };
        assert_eq!(["one", "two", "three"].map(category), ["TOP / A", "TOP / A / B", ""]);
        assert_eq!(catalogue.info().definitions, 4);
        let template = catalogue.template("known_1").expect("readable").expect("there");
        let ids = &template.settings["one"];
        assert_eq!((ids.id.as_deref(), ids.value.as_deref()), (Some("i"), Some("v")));
        assert_eq!(
            server.lines(),
            [
                "GET /beta/deviceManagement/configurationSettings",
                "GET /beta/deviceManagement/configurationSettings?$skiptoken=2",
                "GET /beta/deviceManagement/configurationCategories",
                "POST /beta/$batch",
                "GET /beta/deviceManagement/configurationPolicyTemplates",
                "POST /beta/$batch",
            ]
        );
    }

    #[tokio::test]
    async fn list_that_is_read_anew_counts_once() {
        let server = Server::start(|seen, number, url| {
            answer(seen, url, &|url| {
                let of_size = seen.line.contains("$top=100");
                match number {
                    0 => {
                        let next = format!(
                            "{url}/beta/deviceManagement/configurationSettings?$skiptoken=2"
                        );
                        let value = [setting("gone meanwhile", "a")];
                        reply(200, &json!({ "value": value, "@odata.nextLink": next }))
                    }
                    _ if of_size => reply(200, &json!({ "value": [setting("one", "a")] })),
                    _ => reply(503, &Value::Null),
                }
            })
        })
        .await;
        let catalogue = read_from(&server).await.expect("read");
        assert_eq!(catalogue.ids().expect("readable"), ["one"]);
    }

    #[tokio::test]
    async fn refusal_is_an_error() {
        let server = Server::start(|_, _, _| {
            reply(403, &json!({ "error": { "code": "Forbidden", "message": "no" } }))
        })
        .await;
        let mut writer = CatalogueWriter::default();
        let error = read(&graph(&server.url), &mut writer).await.expect_err("refused");
        assert_eq!(error.status(), Some(403));
    }
}
