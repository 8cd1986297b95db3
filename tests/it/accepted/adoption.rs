//! Adopting what is accepted removes its entry; what is not named stays accepted.

use super::{HELLO, accept, drift, workspace};

#[test]
fn adopted_value_loses_its_entry() {
    let workspace = workspace();
    let path = format!("{HELLO}/pinMinimumLength");
    accept(&workspace, &[&path]).expect(0);
    let all = workspace.run(&["drift", "--sandbox=s.json", "--adopt"]).expect(0).stdout;
    assert!(all.contains("it is accepted until"), "{all}");
    let hello = || std::fs::read_to_string(workspace.file("hello.yaml")).expect("it is there");
    assert!(hello().contains("pinMinimumLength: 6"));
    workspace.run(&["drift", "--sandbox=s.json", "--adopt", &path]).expect(0);
    assert!(hello().contains("pinMinimumLength: 4"));
    let accepted = std::fs::read_to_string(workspace.file("accepted-drift.yaml")).expect("there");
    assert!(!accepted.contains("pinMinimumLength"), "{accepted}");
    let clean = drift(&workspace).expect(0).stdout;
    assert!(!clean.contains("accepted"), "{clean}");
}
