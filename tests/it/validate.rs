//! `validate`: what is right passes.

use crate::support::Workspace;

#[test]
fn the_example_tenant_is_valid() {
    let run = Workspace::example("contoso").run(&["validate"]).expect(0);
    assert_eq!(run.stdout, "Valid: 25 manifests.\n");
}
