//! Reads an OData CSDL document: the `$metadata` of Graph, whole or a subset.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::constraints::Constraints;
use super::types::Category;

/// A structured or enum type as the document declares it, before inheritance is applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CsdlType {
    /// Whether it is an entity, a complex type or an enum.
    pub category: Category,
    /// The base type's name without namespace.
    pub base: Option<String>,
    /// `Abstract="true"`.
    pub is_abstract: bool,
    /// Own properties in document order.
    pub properties: Vec<CsdlProperty>,
    /// An enum's members and their numbers.
    pub members: Vec<(String, i64)>,
    /// `IsFlags="true"`.
    pub flags: bool,
}

/// A property as declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CsdlProperty {
    /// Its name.
    pub name: String,
    /// The `Type` attribute, verbatim but for the namespace: `Edm.Int32`, `Collection(graph.x)`.
    pub type_expr: String,
    /// `Nullable`, true where absent.
    pub nullable: bool,
    /// Declared by `NavigationProperty`.
    pub navigation: bool,
    /// `ContainsTarget="true"`.
    pub contained: bool,
    /// The constraints that annotations declare.
    pub constraints: Constraints,
}

/// Why a document could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CsdlError {
    /// The text is not XML.
    #[error("the metadata document is not well-formed XML: {0}")]
    Xml(#[from] roxmltree::Error),
    /// There is no `Schema` of the namespace in it.
    #[error("the metadata document declares no schema with namespace `microsoft.graph`")]
    NoSchema,
    /// A type that the schemas start from is not declared.
    #[error(
        "the metadata document does not declare `microsoft.graph.{0}`, which the schemas start from"
    )]
    MissingRoot(String),
    /// A property names a type that is not declared.
    #[error("`{property}` has type `{type_expr}`, which the metadata document does not declare")]
    UnknownType {
        /// The property, after the type that declares it.
        property: String,
        /// Its `Type` attribute.
        type_expr: String,
    },
    /// A property is curated as created inline and does not contain its target.
    #[error("`{0}` is no contained navigation, so schemas/semantics.yaml cannot call it inline")]
    NotContained(String),
}

const NAMESPACE: &str = "microsoft.graph";

/// Reads every type of the `microsoft.graph` namespace.
///
/// Annotations are honoured both inside a property and in `Annotations Target="…"` elements, as
/// Graph's own full document has them.
///
/// # Errors
/// When the text is not XML or declares no such namespace.
pub fn read(text: &str) -> Result<BTreeMap<String, CsdlType>, CsdlError> {
    // Microsoft's files start with a byte order mark, which roxmltree does not skip.
    let options = roxmltree::ParsingOptions { allow_dtd: false, ..Default::default() };
    let document = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options)?;
    let mut types = BTreeMap::new();
    let mut outside: BTreeMap<(String, String), Constraints> = BTreeMap::new();
    let mut schemas = document.descendants().filter(|node| {
        is_element(node, "Schema") && node.attribute("Namespace") == Some(NAMESPACE)
    });
    let first = schemas.next().ok_or(CsdlError::NoSchema)?;
    let nodes = std::iter::once(first).chain(schemas).flat_map(|schema| schema.children());
    for node in nodes.filter(Node::is_element) {
        let name = text_of(node, "Name");
        match node.tag_name().name() {
            "EntityType" => drop(types.insert(name, declared(node, Category::Entity))),
            "ComplexType" => drop(types.insert(name, declared(node, Category::Complex))),
            "EnumType" => drop(types.insert(name, declared(node, Category::Enum))),
            "Annotations" => {
                let target = node.attribute("Target").unwrap_or_default().split_once('/');
                outside.extend(target.map(|(owner, property)| {
                    ((local(owner).to_owned(), property.to_owned()), constraints(node))
                }));
            }
            _ => {}
        }
    }
    for ((owner, name), said) in outside {
        let property =
            types.get_mut(&owner).and_then(|t| t.properties.iter_mut().find(|p| p.name == name));
        if let Some(property) = property {
            property.constraints = property.constraints.or(said);
        }
    }
    Ok(types)
}

fn is_element(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn local(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn text_of(node: Node<'_, '_>, attribute: &str) -> String {
    node.attribute(attribute).unwrap_or_default().to_owned()
}

fn is_true(node: Node<'_, '_>, attribute: &str) -> bool {
    node.attribute(attribute) == Some("true")
}

fn declared(node: Node<'_, '_>, category: Category) -> CsdlType {
    let properties = node
        .children()
        .filter(|child| is_element(child, "Property") || is_element(child, "NavigationProperty"))
        .map(|child| CsdlProperty {
            name: text_of(child, "Name"),
            type_expr: text_of(child, "Type").replace("microsoft.graph.", "graph."),
            nullable: child.attribute("Nullable") != Some("false"),
            navigation: is_element(&child, "NavigationProperty"),
            contained: is_true(child, "ContainsTarget"),
            constraints: constraints(child),
        });
    let members = node.children().filter(|child| is_element(child, "Member")).enumerate();
    let members = members.map(|(at, member)| {
        let number = member.attribute("Value").and_then(|value| value.parse().ok());
        (text_of(member, "Name"), number.unwrap_or(at as i64))
    });
    CsdlType {
        category,
        base: node.attribute("BaseType").map(|base| local(base).to_owned()),
        is_abstract: is_true(node, "Abstract"),
        properties: properties.collect(),
        members: members.collect(),
        flags: is_true(node, "IsFlags"),
    }
}

fn constraints(node: Node<'_, '_>) -> Constraints {
    let mut said = Constraints::default();
    for annotation in node.children().filter(|child| is_element(child, "Annotation")) {
        let term = annotation.attribute("Term").unwrap_or_default();
        let number = annotation.attribute("Int").or(annotation.attribute("Decimal"));
        match local(term) {
            "Computed" => said.computed = annotation.attribute("Bool") != Some("false"),
            "Minimum" => said.minimum = number.and_then(|n| n.parse().ok()),
            "Maximum" => said.maximum = number.and_then(|n| n.parse().ok()),
            "MaxItems" => said.max_items = number.and_then(|n| n.parse().ok()),
            _ => {}
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTSIDE: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
      <Schema Namespace="microsoft.graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <ComplexType Name="window"><Property Name="days" Type="Edm.Int32" Nullable="false"/></ComplexType>
        <Annotations Target="microsoft.graph.window/days"><Annotation Term="Org.OData.Validation.V1.Maximum" Int="7"/></Annotations>
      </Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn annotations_outside_a_type_apply_to_it() {
        let types = read(OUTSIDE).expect("the document is well-formed");
        let days = &types["window"].properties[0];
        assert_eq!(days.constraints.maximum, Some(7));
        assert!(!days.nullable);
    }

    #[test]
    fn a_document_of_another_namespace_is_refused() {
        let other = OUTSIDE.replace("Namespace=\"microsoft.graph\"", "Namespace=\"contoso\"");
        assert!(matches!(read(&other), Err(CsdlError::NoSchema)));
        assert!(matches!(read("no xml"), Err(CsdlError::Xml(_))));
    }
}
