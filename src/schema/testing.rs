//! Types of tests alone: an entity that contains others, which are created inline.

use std::sync::LazyLock;

use serde_json::Value;

use super::generate::{Root, generate};
use super::model::Model;
use super::semantics::Semantics;
use super::types::{GraphVersion, Types};
use super::{csdl, validate};

/// A work order contains its tasks, which contain their steps, and a seal. Its log is contained as well, and is
/// not created with it.
pub(crate) const CSDL: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
  <Schema Namespace="microsoft.graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <EntityType Name="entity" Abstract="true"><Property Name="id" Type="Edm.String" Nullable="false"/></EntityType>
    <EntityType Name="workOrder" BaseType="graph.entity">
      <Property Name="displayName" Type="Edm.String" Nullable="false"/>
      <NavigationProperty Name="tasks" Type="Collection(graph.workTask)" ContainsTarget="true"/>
      <NavigationProperty Name="seal" Type="graph.workSeal" ContainsTarget="true"/>
      <NavigationProperty Name="log" Type="Collection(graph.workLog)" ContainsTarget="true"/>
      <NavigationProperty Name="successor" Type="graph.workOrder"/>
    </EntityType>
    <EntityType Name="workTask" BaseType="graph.entity">
      <Property Name="label" Type="Edm.String"/>
      <NavigationProperty Name="steps" Type="Collection(graph.workStep)" ContainsTarget="true"/>
    </EntityType>
    <EntityType Name="workStep" BaseType="graph.entity">
      <Property Name="action" Type="graph.workAction" Nullable="false"/>
      <Property Name="hours" Type="Edm.Int32" Nullable="false"/>
      <Property Name="template" Type="Edm.String"/>
      <Property Name="copies" Type="Collection(Edm.String)"/>
      <Property Name="pin" Type="Edm.String"/>
    </EntityType>
    <EntityType Name="timedStep" BaseType="graph.workStep"><Property Name="at" Type="Edm.TimeOfDay"/></EntityType>
    <EntityType Name="workSeal" BaseType="graph.entity">
      <Property Name="color" Type="Edm.String"/>
      <Property Name="size" Type="Edm.Int32"/>
    </EntityType>
    <EntityType Name="workLog" BaseType="graph.entity"/>
    <EnumType Name="workAction"><Member Name="none" Value="0"/><Member Name="mail" Value="1"/><Member Name="block" Value="2"/></EnumType>
  </Schema></edmx:DataServices></edmx:Edmx>"#;

const FACTS: &str = r#"
formatVersion: "1.0"
properties:
  - { on: [entity.id], computed: true, why: The service gives ids. }
  - { on: [workOrder.tasks, workTask.steps, workOrder.seal], inline: true, why: They are created with it. }
  - { on: [workTask.label], volatile: true, why: The service answers null. }
  - { on: [workStep.template], unset: ["", "00000000-0000-0000-0000-000000000000"], why: Both stand for none. }
  - { on: [workStep.pin], sensitive: true, why: A secret. }
  - { on: [workOrder.tasks], required: true, why: There is no order without a task. }
oneElement:
  - { code: rule/one-block-action, on: workOrder, elements: [tasks, steps], having: { action: block }, example: '[{ steps: [{ action: block }] }]', why: One blocks. }
"#;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let facts: &'static Semantics =
        Box::leak(Box::new(Semantics::parse(FACTS).expect("the facts are well-formed")));
    let document: &'static str = document(facts).to_string().leak();
    let types = Types::read(GraphVersion::Beta, document);
    Model::new(Box::leak(Box::new(types)), facts)
});

fn document(facts: &Semantics) -> Value {
    let types = csdl::read(CSDL).expect("the document is well-formed");
    let roots = [Root { name: "workOrder", navigations: vec!["log"] }];
    generate(GraphVersion::Beta, &types, &facts.constraints, &roots).expect("it is complete")
}

/// Returns the types with their facts; `workOrder` is the one to begin with.
pub(crate) fn model() -> &'static Model {
    &MODEL
}

/// Returns what is wrong with the body of a work order.
pub(crate) fn violations(body: &Value) -> Vec<validate::Violation> {
    let schema = validate::document_of(model().types, "workOrder").expect("it is a type");
    validate::violations_under(&validate::validator_of(&schema).expect("it is a schema"), body)
}
