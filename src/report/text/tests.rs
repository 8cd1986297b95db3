//! Every text, whole.

use insta::assert_snapshot;

use super::*;
use crate::report::fixture;
use crate::ui::style::Palette;

#[test]
fn a_plan_with_every_mark() {
    assert_snapshot!(plan(&fixture::plan(), Palette::Plain, Verbosity::Normal), @"");
}

#[test]
fn a_plan_in_full() {
    assert_snapshot!(plan(&fixture::plan(), Palette::Plain, Verbosity::Verbose), @"");
}

#[test]
fn a_plan_with_nothing_to_do() {
    assert_snapshot!(plan(&fixture::settled(), Palette::Plain, Verbosity::Normal), @"");
}

#[test]
fn drifted_objects() {
    assert_snapshot!(drift(&fixture::drift_report(), Palette::Plain, Verbosity::Normal), @"");
}

#[test]
fn an_outcome() {
    assert_snapshot!(outcome(&fixture::outcome(), Palette::Plain, Verbosity::Normal), @"");
}
